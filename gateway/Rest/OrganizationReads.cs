using DirectorySync.Gateway.Calls;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Rest;

/// <summary>Reads organizations, as far as the caller sees them.</summary>
internal sealed class OrganizationReads(OrganizationService.OrganizationServiceClient organizations, ServiceCalls calls)
{
    private const string Thing = "organization";

    /// <summary>Somebody else's is as absent as one that does not exist.</summary>
    public Task<Organization> GetAsync(HttpContext http, string id) => RestCaller.Of(http).Sees(id)
        ? GetAsync(http, new GetOrganizationRequest { Id = id }) : throw RestErrors.NotFound(Thing);

    public async Task<Organization> GetAsync(HttpContext http, GetOrganizationRequest request)
    {
        var answer = await calls.SendAsync(http, call => organizations.GetOrganizationAsync(request, call).ResponseAsync);
        return RestCaller.Of(http).Sees(answer.Organization.Id) ? answer.Organization : throw RestErrors.NotFound(Thing);
    }

    /// <summary>A caller of one organization sees a list of one.</summary>
    public async Task<ListOrganizationsResponse> ListAsync(HttpContext http, ListOrganizationsRequest request)
    {
        if (RestCaller.Of(http).OrganizationId is not { } only)
        {
            return await calls.SendAsync(http, call => organizations.ListOrganizationsAsync(request, call).ResponseAsync);
        }

        var own = await GetAsync(http, new GetOrganizationRequest { Id = only });
        return Matches(own, request) ? new() { Organizations = { own } } : new();
    }

    /// <summary>Whether the list of the one organization that a limited key sees has it.</summary>
    private static bool Matches(Organization organization, ListOrganizationsRequest request)
    {
        var (page, comparison) = (request.Page, StringComparison.OrdinalIgnoreCase);
        bool Follows(string id) => string.CompareOrdinal(organization.Id, id) * (page.Ascending ? 1 : -1) > 0;
        bool Precedes(string id) => string.CompareOrdinal(organization.Id, id) * (page.Ascending ? 1 : -1) < 0;
        return organization.Name.Contains(request.Search, comparison)
            && (request.Domains.Count == 0 || organization.Domains.Any(own => request.Domains.Any(name => own.Domain.Equals(name, comparison))))
            && (page.After.Length == 0 || Follows(page.After))
            && (page.Before.Length == 0 || Precedes(page.Before));
    }
}
