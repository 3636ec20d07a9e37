using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.GroupMembership.V1;
using Grpc.Core;

namespace DirectorySync.Gateway.Scim.Mapping;

/// <summary>
/// "groups" of users, which group-membership knows. It is read-only and never a reason to fail: while group-membership is away people
/// can still be deactivated, and the attribute is left out rather than answered empty. Only who asks for it by name is told to come again.
/// </summary>
internal sealed class GroupsOfUsers(
    GroupService.GroupServiceClient groups, BatchedReads<UserGroups> reads, ServiceCalls calls, ILogger<GroupsOfUsers> logger)
{
    private const string Attribute = "groups";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Groups by user, read together.</summary>
    public static BatchedReads<UserGroups> Reads(IServiceProvider services)
    {
        var groups = services.GetRequiredService<GroupService.GroupServiceClient>();
        return new(async (directoryId, ids, call) =>
        {
            var found = ids.ToDictionary(id => id, id => new UserGroups { UserId = id });
            var answer = await groups.ListUserGroupsAsync(new() { DirectoryId = directoryId, UserIds = { ids } }, call);
            foreach (var user in answer.UserGroups)
            {
                found[user.UserId] = user;
            }

            return found;
        });
    }

    /// <summary>Groups by user; a user in none has an entry too. Null: not wanted, or not known.</summary>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<GroupReference>>?> FindAsync(
        HttpContext http, IReadOnlyCollection<string> userIds, Wanted wanted, bool isWrite = false)
    {
        if (userIds.Count == 0 || !wanted.Includes(Attribute))
        {
            return null;
        }

        var directoryId = ScimScope.Of(http).DirectoryId;
        if (userIds.Count == 1 && await reads.FindAsync(http, directoryId, userIds.First()) is { } alone)
        {
            return new Dictionary<string, IReadOnlyList<GroupReference>> { [alone.UserId] = alone.Groups };
        }

        var request = new ListUserGroupsRequest { DirectoryId = directoryId, UserIds = { userIds } };
        try
        {
            var answer = wanted.IsExplicit && !isWrite
                ? await calls.SendAsync(http, call => groups.ListUserGroupsAsync(request, call).ResponseAsync)
                : await calls.TryAsync(http, call => groups.ListUserGroupsAsync(request, call).ResponseAsync, Patience);
            var found = userIds.ToDictionary(id => id, _ => (IReadOnlyList<GroupReference>)[]);
            foreach (var user in answer.UserGroups)
            {
                found[user.UserId] = user.Groups;
            }

            return found;
        }
        catch (RpcException e) when (!wanted.IsExplicit || isWrite)
        {
            logger.GroupsAway(e.StatusCode);
            return null;
        }
    }

    /// <summary>Groups of one user.</summary>
    public async Task<IReadOnlyList<GroupReference>?> FindAsync(HttpContext http, string userId, Wanted wanted, bool isWrite = false) =>
        (await FindAsync(http, [userId], wanted, isWrite))?[userId];
}
