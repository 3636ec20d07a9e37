using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Hosting;
using DirectorySync.Identity.V1;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Rest;

/// <summary>/directories</summary>
internal sealed class DirectoryEndpoints(
    DirectoryService.DirectoryServiceClient directories,
    GroupCounts counts,
    DirectoryAccess access,
    PublicAddress address,
    ServiceCalls calls)
{
    public async Task ListAsync(HttpContext http)
    {
        var query = RestQuery.OfPages(http, "organization_id", "search", "domain");
        var request = new ListDirectoriesRequest
        {
            OrganizationId = query.FindText("organization_id") ?? "",
            Search = query.FindText("search") ?? "",
            Domain = query.FindText("domain") ?? "",
            Page = query.Page(),
        };
        var answer = new ListDirectoriesResponse();
        var only = RestCaller.Of(http).OrganizationId;
        if (only is null || request.OrganizationId.Length == 0 || request.OrganizationId == only)
        {
            request.OrganizationId = only ?? request.OrganizationId;
            answer = await calls.SendAsync(http, call => directories.ListDirectoriesAsync(request, call).ResponseAsync);
        }

        var groups = await counts.CountAsync(http, answer.Directories.Select(directory => directory.Id));
        var (before, after) = query.Neighbours(answer.Page);
        await RestResponse.WriteListAsync(
            http,
            answer.Directories,
            (json, directory) => DirectoryJson.Write(json, directory, BaseUrl(http, directory), GroupCounts.Of(groups, directory)),
            before,
            after);
    }

    public async Task CreateAsync(HttpContext http)
    {
        var body = await RestBody.ReadAsync(http, optional: false, "organization_id", "name", "type", "endpoint_label", "policies");
        var wanted = new Directory
        {
            OrganizationId = body.RequireText("organization_id"),
            Name = body.RequireText("name"),
            Provider = body.FindChoice("type", DirectoryJson.Types) ?? default,
            EndpointLabel = body.FindText("endpoint_label", nullable: true) ?? "",
            Policies = new(),
        };
        if (!body.Has("type"))
        {
            _ = body.RequireText("type");
        }

        PolicyJson.Read(body, wanted.Policies, []);
        body.Check();
        if (!RestCaller.Of(http).Sees(wanted.OrganizationId))
        {
            throw RestErrors.NotFound("organization");
        }

        var request = new CreateDirectoryRequest { Directory = wanted, RequestId = RestCaller.Of(http).RequestId(http) };
        var answer = await calls.SendAsync(http, call => directories.CreateDirectoryAsync(request, call).ResponseAsync);
        await AnswerAsync(http, StatusCodes.Status201Created, answer.Directory);
    }

    public async Task GetAsync(HttpContext http) => await AnswerAsync(http, StatusCodes.Status200OK, await access.GetAsync(http));

    public async Task UpdateAsync(HttpContext http)
    {
        var directory = await access.GetAsync(http);
        var body = await RestBody.ReadAsync(http, optional: false, "name", "type", "delivery", "endpoint_label", "policies");
        var wanted = new Directory { Id = directory.Id, Policies = new() };
        var mask = Read(body, wanted);
        body.Check();
        if (mask.Count > 0)
        {
            var request = new UpdateDirectoryRequest { Directory = wanted, UpdateMask = { mask } };
            directory = (await calls.SendAsync(http, call => directories.UpdateDirectoryAsync(request, call).ResponseAsync)).Directory;
        }

        await AnswerAsync(http, StatusCodes.Status200OK, directory);
    }

    public async Task DeleteAsync(HttpContext http)
    {
        var request = new DeleteDirectoryRequest { Id = (await access.GetAsync(http)).Id };
        await calls.SendAsync(http, call => directories.DeleteDirectoryAsync(request, call).ResponseAsync);
        http.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    private static List<string> Read(RestBody body, Directory wanted)
    {
        var mask = new List<string>();
        if (body.FindText("name") is { } name)
        {
            wanted.Name = name;
            mask.Add("name");
        }

        if (body.FindChoice("type", DirectoryJson.Types) is { } provider)
        {
            wanted.Provider = provider;
            mask.Add("provider");
        }

        if (body.FindChoice("delivery", DirectoryJson.Deliveries) is { } state)
        {
            wanted.State = state;
            mask.Add("state");
        }

        if (body.Has("endpoint_label"))
        {
            wanted.EndpointLabel = body.FindText("endpoint_label", nullable: true) ?? "";
            mask.Add("endpoint_label");
        }

        PolicyJson.Read(body, wanted.Policies, mask);
        return mask;
    }

    private async Task AnswerAsync(HttpContext http, int status, Directory directory)
    {
        var groups = await counts.CountAsync(http, [directory.Id]);
        await RestResponse.WriteAsync(
            http, status, json => DirectoryJson.Write(json, directory, BaseUrl(http, directory), GroupCounts.Of(groups, directory)));
    }

    private string BaseUrl(HttpContext http, Directory directory) =>
        address.ScimBaseUrl(http.Request, directory.EndpointLabel.Length > 0 ? directory.EndpointLabel : directory.EndpointKey);
}
