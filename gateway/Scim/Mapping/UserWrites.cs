using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Scim;
using Grpc.Core;

namespace DirectorySync.Gateway.Scim.Mapping;

/// <summary>Writes of users from their bodies: what a request of its own and an operation of a bulk have in common.</summary>
internal sealed class UserWrites(
    UserService.UserServiceClient users,
    GroupService.GroupServiceClient groups,
    BatchedReads<User> reads,
    ServiceCalls calls,
    ILogger<UserWrites> logger)
{
    private static readonly TimeSpan DeletionPatience = TimeSpan.FromSeconds(1.5);

    /// <summary>Users by id, read together.</summary>
    public static BatchedReads<User> Reads(IServiceProvider services)
    {
        var users = services.GetRequiredService<UserService.UserServiceClient>();
        return new(async (directoryId, ids, call) =>
            (await users.BatchGetUsersAsync(new() { DirectoryId = directoryId, Ids = { ids } }, call)).Users.ToDictionary(user => user.Id));
    }

    public async Task<User> GetAsync(HttpContext http, string id)
    {
        var request = new GetUserRequest { DirectoryId = ScimScope.Of(http).DirectoryId, Id = id };
        return await reads.FindAsync(http, request.DirectoryId, id)
            ?? (await calls.SendAsync(http, call => users.GetUserAsync(request, call).ResponseAsync)).User;
    }

    public async Task<User> CreateAsync(HttpContext http, ReadOnlyMemory<byte> body)
    {
        var scope = ScimScope.Of(http);
        var request = new CreateUserRequest
        {
            DirectoryId = scope.DirectoryId,
            User = UserJson.Read(body, scope.Schemas.User),
            RequestId = Guid.CreateVersion7().ToString(),
        };
        return (await calls.SendAsync(http, call => users.CreateUserAsync(request, call).ResponseAsync)).User;
    }

    public async Task<User> ReplaceAsync(HttpContext http, string id, ReadOnlyMemory<byte> body, Preconditions preconditions)
    {
        var scope = ScimScope.Of(http);
        var user = UserJson.Read(body, scope.Schemas.User);
        user.Id = id;
        var request = new ReplaceUserRequest
        {
            DirectoryId = scope.DirectoryId,
            User = user,
            ExpectedVersion = await ExpectedVersionAsync(http, id, preconditions),
        };
        return (await calls.SendAsync(http, call => users.ReplaceUserAsync(request, call).ResponseAsync)).User;
    }

    public async Task<User> PatchAsync(HttpContext http, string id, ReadOnlyMemory<byte> body, Preconditions preconditions)
    {
        var scope = ScimScope.Of(http);
        var request = new PatchUserRequest
        {
            DirectoryId = scope.DirectoryId,
            Id = id,
            Operations = { UserPatch.Read(body, scope.Schemas.User) },
            ExpectedVersion = await ExpectedVersionAsync(http, id, preconditions),
        };
        return (await calls.SendAsync(http, call => users.PatchUserAsync(request, call).ResponseAsync)).User;
    }

    public async Task DeleteAsync(HttpContext http, string id, Preconditions preconditions)
    {
        var request = new DeleteUserRequest
        {
            DirectoryId = ScimScope.Of(http).DirectoryId,
            Id = id,
            ExpectedVersion = await ExpectedVersionAsync(http, id, preconditions),
        };
        await Deletion.SendAsync(calls, http, call => users.DeleteUserAsync(request, call).ResponseAsync);
        await AwaitDeletionAsync(http, id);
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

    private ValueTask<long> ExpectedVersionAsync(HttpContext http, string id, Preconditions preconditions) =>
        preconditions.ExpectedVersionAsync(async () => (await GetAsync(http, id)).Version);
}
