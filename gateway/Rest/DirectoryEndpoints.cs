using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Hosting;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using Grpc.Core;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Rest;

/// <summary>/directories</summary>
internal sealed class DirectoryEndpoints(
    DirectoryService.DirectoryServiceClient directories,
    GroupService.GroupServiceClient groups,
    DirectoryAccess access,
    PublicAddress address,
    ServiceCalls calls,
    ILogger<DirectoryEndpoints> logger)
{
    // Counts of groups are nice to have: a directory can be read, and stopped, while group-membership is away.
    private static readonly TimeSpan CountPatience = TimeSpan.FromSeconds(1);

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

        var counts = await CountGroupsAsync(http, answer.Directories.Select(directory => directory.Id));
        var (before, after) = query.Neighbours(answer.Page);
        await RestResponse.WriteListAsync(
            http,
            answer.Directories,
            (json, directory) => DirectoryJson.Write(json, directory, BaseUrl(http, directory), Count(counts, directory)),
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
        var counts = await CountGroupsAsync(http, [directory.Id]);
        await RestResponse.WriteAsync(
            http, status, json => DirectoryJson.Write(json, directory, BaseUrl(http, directory), Count(counts, directory)));
    }

    private string BaseUrl(HttpContext http, Directory directory) =>
        address.ScimBaseUrl(http.Request, directory.EndpointLabel.Length > 0 ? directory.EndpointLabel : directory.EndpointKey);

    private async Task<CountGroupsResponse?> CountGroupsAsync(HttpContext http, IEnumerable<string> ids)
    {
        var request = new CountGroupsRequest { DirectoryIds = { ids } };
        if (request.DirectoryIds.Count == 0)
        {
            return null;
        }

        try
        {
            return await calls.TryAsync(http, call => groups.CountGroupsAsync(request, call).ResponseAsync, CountPatience);
        }
        catch (RpcException e) when (ServiceCalls.IsAway(e) && !http.RequestAborted.IsCancellationRequested)
        {
            logger.CountsAway(e.StatusCode);
            return null;
        }
    }

    private static long? Count(CountGroupsResponse? counts, Directory directory) =>
        counts is null ? null : counts.GroupCounts.TryGetValue(directory.Id, out var count) ? count : 0;
}
