using DirectorySync.Gateway.Calls;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Rest;

/// <summary>/organizations</summary>
internal sealed class OrganizationEndpoints(
    OrganizationService.OrganizationServiceClient organizations, OrganizationReads reads, ServiceCalls calls)
{
    private const string Thing = "organization";

    public async Task ListAsync(HttpContext http)
    {
        var query = RestQuery.OfPages(http, "domains", "domains[]", "search");
        var request = new ListOrganizationsRequest
        {
            Domains = { query.FindTexts("domains") },
            Search = query.FindText("search") ?? "",
            Page = query.Page(),
        };
        var answer = await reads.ListAsync(http, request);
        var (before, after) = query.Neighbours(answer.Page);
        await RestResponse.WriteListAsync(http, answer.Organizations, OrganizationJson.Write, before, after);
    }

    public async Task CreateAsync(HttpContext http)
    {
        var body = await RestBody.ReadAsync(http, optional: false, OrganizationJson.Fields);
        var wanted = new Organization { Name = body.RequireText("name") };
        OrganizationJson.Read(body, wanted);
        body.Check();
        var request = new CreateOrganizationRequest { Organization = wanted, RequestId = RestCaller.Of(http).RequestId(http) };
        var answer = await calls.SendAsync(http, call => organizations.CreateOrganizationAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status201Created, json => OrganizationJson.Write(json, answer.Organization));
    }

    public Task GetAsync(HttpContext http) => AnswerAsync(http, new() { Id = RequireVisible(http) });

    public Task GetByExternalIdAsync(HttpContext http) =>
        AnswerAsync(http, new() { ExternalId = (string)http.Request.RouteValues["external_id"]! });

    public async Task UpdateAsync(HttpContext http)
    {
        var wanted = new Organization { Id = RequireVisible(http) };
        var body = await RestBody.ReadAsync(http, optional: false, OrganizationJson.Fields);
        var mask = OrganizationJson.Read(body, wanted);
        body.Check();
        if (mask.Count == 0)
        {
            await AnswerAsync(http, new() { Id = wanted.Id });
            return;
        }

        if (body.Has("domains"))
        {
            await KeepVerifiedAsync(http, wanted);
        }

        var request = new UpdateOrganizationRequest { Organization = wanted, UpdateMask = { mask } };
        var answer = await calls.SendAsync(http, call => organizations.UpdateOrganizationAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => OrganizationJson.Write(json, answer.Organization));
    }

    public async Task DeleteAsync(HttpContext http)
    {
        var request = new DeleteOrganizationRequest { Id = RequireVisible(http) };
        await Deletion.SendAsync(calls, http, call => organizations.DeleteOrganizationAsync(request, call).ResponseAsync);
        http.Response.StatusCode = StatusCodes.Status200OK;
    }

    // A list of names says nothing about which of them are verified.
    private async Task KeepVerifiedAsync(HttpContext http, Organization wanted)
    {
        var current = await reads.GetAsync(http, wanted.Id);
        foreach (var domain in wanted.Domains)
        {
            domain.Verified = current.Domains.Any(known =>
                known.Verified && known.Domain.Equals(domain.Domain.Trim(), StringComparison.OrdinalIgnoreCase));
        }
    }

    private async Task AnswerAsync(HttpContext http, GetOrganizationRequest request)
    {
        var organization = await reads.GetAsync(http, request);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => OrganizationJson.Write(json, organization));
    }

    private static string RequireVisible(HttpContext http)
    {
        var id = (string)http.Request.RouteValues["id"]!;
        return RestCaller.Of(http).Sees(id) ? id : throw RestErrors.NotFound(Thing);
    }
}
