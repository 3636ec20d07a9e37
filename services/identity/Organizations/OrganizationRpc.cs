using Grpc.Core;

namespace DirectorySync.Identity.Organizations;

/// <summary>Serves OrganizationService.</summary>
internal sealed class OrganizationRpc(OrganizationStore organizations) : OrganizationService.OrganizationServiceBase
{
    public override async Task<CreateOrganizationResponse> CreateOrganization(CreateOrganizationRequest request, ServerCallContext context)
    {
        var created = await organizations.CreateAsync(
            request.Organization ?? new(), Inputs.RequestId(request.RequestId), context.CancellationToken);
        return new() { Organization = created };
    }

    public override async Task<GetOrganizationResponse> GetOrganization(GetOrganizationRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var found = request.KeyCase switch
        {
            GetOrganizationRequest.KeyOneofCase.Id when Inputs.IsId(request.Id) => await organizations.FindAsync(request.Id, ct),
            GetOrganizationRequest.KeyOneofCase.ExternalId when Inputs.IsId(request.ExternalId)
                => await organizations.FindByExternalIdAsync(request.ExternalId, ct),
            _ => null,
        };
        return new() { Organization = found ?? throw Inputs.NotFound("organization") };
    }

    public override async Task<ListOrganizationsResponse> ListOrganizations(ListOrganizationsRequest request, ServerCallContext context)
    {
        var page = ListPage.Of(request.Page);
        var domains = request.Domains.Select(domain => Inputs.OptionalText("domains", domain.ToLowerInvariant())).ToArray();
        var rows = await organizations.ListAsync(page, domains, Inputs.OptionalText("search", request.Search), context.CancellationToken);
        var (listed, metadata) = page.Cut(rows, organization => organization.Id);
        return new() { Organizations = { listed }, Page = metadata };
    }

    public override async Task<UpdateOrganizationResponse> UpdateOrganization(UpdateOrganizationRequest request, ServerCallContext context)
    {
        var wanted = request.Organization ?? new();
        Inputs.RequireId(wanted.Id, "organization");
        var updated = await organizations.UpdateAsync(wanted, request.UpdateMask, context.CancellationToken);
        return new() { Organization = updated };
    }

    public override async Task<DeleteOrganizationResponse> DeleteOrganization(DeleteOrganizationRequest request, ServerCallContext context)
    {
        Inputs.RequireId(request.Id, "organization");
        await organizations.DeleteAsync(request.Id, context.CancellationToken);
        return new();
    }
}
