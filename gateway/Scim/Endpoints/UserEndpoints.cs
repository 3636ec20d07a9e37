using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Scim.Mapping;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Scim;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Scim.Endpoints;

/// <summary>/Users: RFC 7644 §3, in both of Okta's dialects.</summary>
internal sealed class UserEndpoints(
    UserService.UserServiceClient users,
    GroupService.GroupServiceClient groups,
    GroupsOfUsers groupsOfUsers,
    ServiceCalls calls,
    IOptions<GatewayOptions> options,
    ILogger<UserEndpoints> logger)
{
    private static readonly TimeSpan DeletionPatience = TimeSpan.FromSeconds(1.5);

    public Task ListAsync(HttpContext http) =>
        AnswerAsync(http, ListQuery.Read(http.Request, ResourceType.User, options.Value.FilterLengthLimit));

    public async Task SearchAsync(HttpContext http) => await AnswerAsync(
        http, await SearchRequest.ReadAsync(http, ResourceType.User, options.Value));

    private async Task AnswerAsync(HttpContext http, ListQuery query)
    {
        var scope = ScimScope.Of(http);
        var request = new ListUsersRequest
        {
            DirectoryId = scope.DirectoryId,
            Filter = query.Filter,
            Sort = query.Sort,
            Skip = query.StartIndex - 1,
            PageSize = query.Count,
            PageToken = query.Cursor ?? "",
            SkipTotal = query.SkipTotal,
        };
        var page = await calls.SendAsync(http, call => users.ListUsersAsync(request, call).ResponseAsync);
        var found = await groupsOfUsers.FindAsync(http, [.. page.Users.Select(user => user.Id)], query.Wanted);
        await using var writer = ScimResponse.Start(http, StatusCodes.Status200OK);
        ListResponse.WriteStart(writer, query, page.TotalSize, page.Users.Count, page.NextPageToken);
        foreach (var user in page.Users)
        {
            UserJson.Write(writer, user, scope.BaseUrl, found?[user.Id], query.Wanted.Projection);
            await ScimResponse.FlushIfLargeAsync(http, writer);
        }

        ListResponse.WriteEnd(writer);
    }

    public async Task GetAsync(HttpContext http, string id)
    {
        var wanted = Wanted.Read(http.Request, ResourceType.User);
        var memberships = groupsOfUsers.FindAsync(http, id, wanted);
        var user = await FindAsync(http, id);
        if (Preconditions.IsNotModified(http.Request, user.Version))
        {
            http.Response.Headers.ETag = ETag.Of(user.Version);
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        await WriteAsync(http, StatusCodes.Status200OK, user, await memberships, wanted);
    }

    public async Task CreateAsync(HttpContext http)
    {
        var wanted = Wanted.Read(http.Request, ResourceType.User);
        var request = new CreateUserRequest
        {
            DirectoryId = ScimScope.Of(http).DirectoryId,
            User = UserJson.Read(await ScimBody.ReadAsync(http, options.Value.BodyLimit)),
            RequestId = Guid.CreateVersion7().ToString(),
        };
        var created = await calls.SendAsync(http, call => users.CreateUserAsync(request, call).ResponseAsync);
        http.Response.Headers.Location = UserJson.Location(ScimScope.Of(http).BaseUrl, created.User.Id);
        // Nobody can have put an id into a group that did not exist until now.
        await WriteAsync(http, StatusCodes.Status201Created, created.User, [], wanted);
    }

    public async Task ReplaceAsync(HttpContext http, string id)
    {
        var wanted = Wanted.Read(http.Request, ResourceType.User);
        var user = UserJson.Read(await ScimBody.ReadAsync(http, options.Value.BodyLimit));
        user.Id = id;
        var request = new ReplaceUserRequest
        {
            DirectoryId = ScimScope.Of(http).DirectoryId,
            User = user,
            ExpectedVersion = await ExpectedVersionAsync(http, id),
        };
        var memberships = groupsOfUsers.FindAsync(http, id, wanted, isWrite: true);
        var replaced = await calls.SendAsync(http, call => users.ReplaceUserAsync(request, call).ResponseAsync);
        await WriteAsync(http, StatusCodes.Status200OK, replaced.User, await memberships, wanted);
    }

    public async Task PatchAsync(HttpContext http, string id)
    {
        var wanted = Wanted.Read(http.Request, ResourceType.User);
        var request = new PatchUserRequest
        {
            DirectoryId = ScimScope.Of(http).DirectoryId,
            Id = id,
            Operations = { UserPatch.Read(await ScimBody.ReadAsync(http, options.Value.BodyLimit)) },
            ExpectedVersion = await ExpectedVersionAsync(http, id),
        };
        var memberships = groupsOfUsers.FindAsync(http, id, wanted, isWrite: true);
        var patched = await calls.SendAsync(http, call => users.PatchUserAsync(request, call).ResponseAsync);
        await WriteAsync(http, StatusCodes.Status200OK, patched.User, await memberships, wanted);
    }

    public async Task DeleteAsync(HttpContext http, string id)
    {
        var request = new DeleteUserRequest
        {
            DirectoryId = ScimScope.Of(http).DirectoryId,
            Id = id,
            ExpectedVersion = await ExpectedVersionAsync(http, id),
        };
        await Deletion.SendAsync(calls, http, call => users.DeleteUserAsync(request, call).ResponseAsync);
        await AwaitDeletionAsync(http, id);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>So that a GET of a group right after this answer already shows the user gone.</summary>
    private async Task AwaitDeletionAsync(HttpContext http, string id)
    {
        var request = new AwaitUserDeletionRequest { DirectoryId = ScimScope.Of(http).DirectoryId, UserId = id };
        try
        {
            var answer = await calls.TryAsync(
                http, call => groups.AwaitUserDeletionAsync(request, call).ResponseAsync, DeletionPatience);
            if (answer.Applied)
            {
                return;
            }
        }
        catch (RpcException)
        {
            // The user is deleted; group-membership hears of it as soon as it is back.
        }

        logger.DeletionNotAwaited();
    }

    private async Task<User> FindAsync(HttpContext http, string id)
    {
        var request = new GetUserRequest { DirectoryId = ScimScope.Of(http).DirectoryId, Id = id };
        return (await calls.SendAsync(http, call => users.GetUserAsync(request, call).ResponseAsync)).User;
    }

    private ValueTask<long> ExpectedVersionAsync(HttpContext http, string id) =>
        Preconditions.ExpectedVersionAsync(http.Request, async () => (await FindAsync(http, id)).Version);

    private static Task WriteAsync(HttpContext http, int status, User user, IReadOnlyList<GroupReference>? memberships, Wanted wanted)
    {
        http.Response.Headers.ETag = ETag.Of(user.Version);
        return ScimResponse.WriteAsync(
            http, status, writer => UserJson.Write(writer, user, ScimScope.Of(http).BaseUrl, memberships, wanted.Projection));
    }
}
