using DirectorySync.Gateway.Scim.Mapping;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Scim;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Scim.Endpoints;

/// <summary>/Users: RFC 7644 §3, in both of Okta's dialects.</summary>
internal sealed class UserEndpoints(
    UserPages pages, UserWrites writes, GroupsOfUsers groupsOfUsers, IOptions<GatewayOptions> options)
{
    public Task ListAsync(HttpContext http) =>
        AnswerAsync(http, ListQuery.Read(http.Request, ScimScope.Of(http).Schemas.ListedUser, options.Value.FilterLengthLimit));

    public async Task SearchAsync(HttpContext http) => await AnswerAsync(
        http, await SearchRequest.ReadAsync(http, ScimScope.Of(http).Schemas.ListedUser, options.Value));

    private async Task AnswerAsync(HttpContext http, ListQuery query)
    {
        var page = await pages.ReadAsync(http, query);
        await using var writer = ScimResponse.Start(http, StatusCodes.Status200OK);
        ListResponse.WriteStart(writer, query, page.Total, page.Count, page.Next);
        await page.WriteAsync(http, writer);
        ListResponse.WriteEnd(writer);
    }

    public async Task GetAsync(HttpContext http, string id)
    {
        var wanted = Wanted.Read(http.Request, ScimScope.Of(http).Schemas.User);
        var memberships = groupsOfUsers.FindAsync(http, id, wanted);
        var user = await writes.GetAsync(http, id);
        if (Preconditions.IsNotModified(http.Request, user.Version))
        {
            Identify(http, user);
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        await WriteAsync(http, StatusCodes.Status200OK, user, await memberships, wanted);
    }

    public async Task CreateAsync(HttpContext http)
    {
        var wanted = Wanted.Read(http.Request, ScimScope.Of(http).Schemas.User);
        var user = await writes.CreateAsync(http, await ReadBodyAsync(http));
        http.Response.Headers.Location = UserJson.Location(ScimScope.Of(http).BaseUrl, user.Id);
        // Nobody can have put an id into a group that did not exist until now.
        await WriteAsync(http, StatusCodes.Status201Created, user, [], wanted);
    }

    public async Task ReplaceAsync(HttpContext http, string id)
    {
        var wanted = Wanted.Read(http.Request, ScimScope.Of(http).Schemas.User);
        var replaced = writes.ReplaceAsync(http, id, await ReadBodyAsync(http), Preconditions.Of(http.Request));
        var memberships = groupsOfUsers.FindAsync(http, id, wanted, isWrite: true);
        await WriteAsync(http, StatusCodes.Status200OK, await replaced, await memberships, wanted);
    }

    public async Task PatchAsync(HttpContext http, string id)
    {
        var wanted = Wanted.Read(http.Request, ScimScope.Of(http).Schemas.User);
        var patched = writes.PatchAsync(http, id, await ReadBodyAsync(http), Preconditions.Of(http.Request));
        var memberships = groupsOfUsers.FindAsync(http, id, wanted, isWrite: true);
        await WriteAsync(http, StatusCodes.Status200OK, await patched, await memberships, wanted);
    }

    public async Task DeleteAsync(HttpContext http, string id)
    {
        await writes.DeleteAsync(http, id, Preconditions.Of(http.Request));
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private Task<ReadOnlyMemory<byte>> ReadBodyAsync(HttpContext http) => ScimBody.ReadAsync(http, options.Value.BodyLimit);

    private static void Identify(HttpContext http, User user) =>
        ScimResponse.Identify(http, UserJson.Location(ScimScope.Of(http).BaseUrl, user.Id), user.Version);

    private static Task WriteAsync(HttpContext http, int status, User user, IReadOnlyList<GroupReference>? memberships, Wanted wanted)
    {
        var scope = ScimScope.Of(http);
        Identify(http, user);
        return ScimResponse.WriteAsync(http, status, writer => UserJson.Write(
            writer, user, scope.BaseUrl, memberships, wanted.Projection, scope.Schemas.User));
    }
}
