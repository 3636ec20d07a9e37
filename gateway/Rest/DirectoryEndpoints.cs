using DirectorySync.Gateway.Calls;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Rest;

/// <summary>/directories: each customer's connection.</summary>
internal sealed class DirectoryEndpoints(
    DirectoryService.DirectoryServiceClient directories, DirectoryLookup lookup, DirectoryJson json, ServiceCalls calls)
{
    public async Task ListAsync(HttpContext http)
    {
        var (page, isReversed) = RestList.ReadPage(http.Request);
        var query = http.Request.Query;
        var organizationId = query["organization_id"].ToString();
        var caller = Caller.Of(http);
        if (organizationId.Length > 0 && !caller.MaySee(organizationId))
        {
            await RestResponse.OkAsync(http, RestList.Write([]));
            return;
        }

        var request = new ListDirectoriesRequest
        {
            Page = page,
            OrganizationId = organizationId.Length > 0 ? organizationId : caller.OrganizationId,
            Search = query["search"].ToString(),
            Domain = query["domain"].ToString(),
        };
        var found = await calls.SendAsync(http, call => directories.ListDirectoriesAsync(request, call).ResponseAsync);
        await RestResponse.OkAsync(http, RestList.Write(await json.WriteAsync(http, found.Directories), found.Page, isReversed));
    }

    public async Task GetAsync(HttpContext http, string id) =>
        await RestResponse.OkAsync(http, await json.WriteAsync(http, await lookup.GetAsync(http, id)));

    public async Task CreateAsync(HttpContext http)
    {
        var body = await RestBody.ReadAsync(http);
        var directory = new Identity.V1.Directory
        {
            OrganizationId = body.RequiredText("organization_id"),
            Name = body.RequiredText("name"),
            EndpointLabel = body.Text("endpoint_label") ?? "",
            Policies = new(),
        };
        body.RequiredText("type");
        directory.Provider = body.Choice("type", DirectoryNames.Types) ?? Provider.Unspecified;
        if (body.Object("policies") is { } policies)
        {
            PolicyJson.Read(policies, directory.Policies);
        }

        body.Check();
        if (!Caller.Of(http).MaySee(directory.OrganizationId))
        {
            throw RestFailure.NotFound("Organization", directory.OrganizationId);
        }

        var request = new CreateDirectoryRequest { Directory = directory, RequestId = Guid.CreateVersion7().ToString() };
        var created = await calls.SendAsync(http, call => directories.CreateDirectoryAsync(request, call).ResponseAsync);
        await RestResponse.CreatedAsync(http, await json.WriteAsync(http, created.Directory));
    }

    public async Task UpdateAsync(HttpContext http, string id)
    {
        var request = ReadUpdate(await RestBody.ReadAsync(http), id);
        var present = await lookup.GetAsync(http, id);
        if (request.UpdateMask.Count == 0)
        {
            await RestResponse.OkAsync(http, await json.WriteAsync(http, present));
            return;
        }

        var updated = await calls.SendAsync(http, call => directories.UpdateDirectoryAsync(request, call).ResponseAsync);
        await RestResponse.OkAsync(http, await json.WriteAsync(http, updated.Directory));
    }

    public async Task DeleteAsync(HttpContext http, string id)
    {
        var directory = await lookup.GetAsync(http, id);
        var request = new DeleteDirectoryRequest { Id = directory.Id };
        await Deletion.SendAsync(calls, http, call => directories.DeleteDirectoryAsync(request, call).ResponseAsync);
        http.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    internal static UpdateDirectoryRequest ReadUpdate(RestBody body, string id)
    {
        var request = new UpdateDirectoryRequest { Directory = new() { Id = id, Policies = new() } };
        var directory = request.Directory;
        if (body.Has("name"))
        {
            directory.Name = body.RequiredText("name");
            request.UpdateMask.Add("name");
        }

        if (body.Has("type"))
        {
            directory.Provider = body.Choice("type", DirectoryNames.Types)
                ?? body.Fail<Provider>("type", "cannot be null.");
            request.UpdateMask.Add("provider");
        }

        // "state" is the contract's word for the connection when it is read; written, it can only mean this.
        var field = body.Has("delivery") ? "delivery" : "state";
        if (body.Has(field))
        {
            directory.State = body.Choice(field, Settable) ?? body.Fail<DirectoryState>(field, "cannot be null.");
            request.UpdateMask.Add("state");
        }

        if (body.Has("endpoint_label"))
        {
            directory.EndpointLabel = body.Text("endpoint_label") ?? "";
            request.UpdateMask.Add("endpoint_label");
        }

        if (body.Object("policies") is { } policies)
        {
            request.UpdateMask.Add(PolicyJson.Read(policies, directory.Policies));
        }

        body.Check();
        return request;
    }

    /// <summary>"deleting" is reached by DELETE only.</summary>
    private static readonly Dictionary<string, DirectoryState> Settable = DirectoryNames.Deliveries
        .Where(name => name.Value != DirectoryState.Deleting).ToDictionary();
}
