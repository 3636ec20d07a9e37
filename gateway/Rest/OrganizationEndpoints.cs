using DirectorySync.Gateway.Calls;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Rest;

/// <summary>/organizations: the vendor's customers.</summary>
internal sealed class OrganizationEndpoints(OrganizationService.OrganizationServiceClient organizations, ServiceCalls calls)
{
    public async Task ListAsync(HttpContext http)
    {
        var (page, isReversed) = RestList.ReadPage(http.Request);
        var domains = http.Request.Query["domains"]
            .SelectMany(value => (value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        var request = new ListOrganizationsRequest { Page = page, Domains = { domains }, Search = http.Request.Query["search"].ToString() };
        if (Caller.Of(http).OrganizationId is { Length: > 0 } only)
        {
            var own = await FindAsync(http, new() { Id = only });
            await RestResponse.OkAsync(http, RestList.Write(Matches(own, request) ? [OrganizationJson.Write(own)] : []));
        }

        var found = await calls.SendAsync(http, call => organizations.ListOrganizationsAsync(request, call).ResponseAsync);
        await RestResponse.OkAsync(http, RestList.Write(found.Organizations.Select(OrganizationJson.Write), found.Page, isReversed));
    }

    public async Task GetAsync(HttpContext http, string id) =>
        await RestResponse.OkAsync(http, OrganizationJson.Write(await FindAsync(http, new() { Id = id })));

    public async Task GetByExternalIdAsync(HttpContext http, string externalId) =>
        await RestResponse.OkAsync(http, OrganizationJson.Write(await FindAsync(http, new() { ExternalId = externalId })));

    public async Task CreateAsync(HttpContext http)
    {
        Caller.Of(http).RequireAllOrganizations();
        var body = await RestBody.ReadAsync(http);
        var organization = new Organization();
        body.RequiredText("name");
        OrganizationJson.Read(body, organization);
        var request = new CreateOrganizationRequest { Organization = organization, RequestId = Guid.CreateVersion7().ToString() };
        var created = await calls.SendAsync(http, call => organizations.CreateOrganizationAsync(request, call).ResponseAsync);
        await RestResponse.CreatedAsync(http, OrganizationJson.Write(created.Organization));
    }

    public async Task UpdateAsync(HttpContext http, string id)
    {
        Check(http, id, id);
        var request = new UpdateOrganizationRequest { Organization = new() { Id = id } };
        request.UpdateMask.Add(OrganizationJson.Read(await RestBody.ReadAsync(http), request.Organization));
        var updated = await calls.SendAsync(http, call => organizations.UpdateOrganizationAsync(request, call).ResponseAsync);
        await RestResponse.OkAsync(http, OrganizationJson.Write(updated.Organization));
    }

    public async Task DeleteAsync(HttpContext http, string id)
    {
        Caller.Of(http).RequireAllOrganizations();
        var request = new DeleteOrganizationRequest { Id = id };
        await Deletion.SendAsync(calls, http, call => organizations.DeleteOrganizationAsync(request, call).ResponseAsync);
        http.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    private async Task<Organization> FindAsync(HttpContext http, GetOrganizationRequest request)
    {
        var wanted = request.KeyCase == GetOrganizationRequest.KeyOneofCase.Id ? request.Id : request.ExternalId;
        var found = (await calls.SendAsync(http, call => organizations.GetOrganizationAsync(request, call).ResponseAsync)).Organization;
        Check(http, found.Id, wanted);
        return found;
    }

    private static void Check(HttpContext http, string organizationId, string wanted)
    {
        if (!Caller.Of(http).MaySee(organizationId))
        {
            throw RestFailure.NotFound("Organization", wanted);
        }
    }

    private static bool Matches(Organization organization, ListOrganizationsRequest request) =>
        organization.Name.Contains(request.Search, StringComparison.OrdinalIgnoreCase)
        && (request.Domains.Count == 0
            || organization.Domains.Any(own => request.Domains.Contains(own.Domain, StringComparer.OrdinalIgnoreCase)));
}
