using Grpc.Core;

namespace DirectorySync.GroupMembership.Tests;

/// <summary>The service's calls as a caller thinks of them: streams hidden, batches of 5,000 made.</summary>
internal sealed class Groups(GroupService.GroupServiceClient client, string directoryId)
{
    private const int Batch = 5_000;

    public string DirectoryId => directoryId;

    public Groups In(string otherDirectoryId) => new(client, otherDirectoryId);

    public async Task<Group> CreateAsync(
        string displayName, IEnumerable<Member>? members = null, bool unique = true, string requestId = "", string externalId = "")
    {
        using var call = client.CreateGroup();
        await call.RequestStream.WriteAsync(new()
        {
            DirectoryId = directoryId,
            Group = new() { DisplayName = displayName, ExternalId = externalId },
            UniqueDisplayName = unique,
            RequestId = requestId,
        });
        foreach (var batch in (members ?? []).Chunk(Batch))
        {
            await call.RequestStream.WriteAsync(new() { Members = { batch } });
        }

        await call.RequestStream.CompleteAsync();
        return (await call).Group;
    }

    public async Task<Group> ReplaceAsync(Group group, IEnumerable<Member> members, long expectedVersion = 0, bool unique = true)
    {
        using var call = client.ReplaceGroup();
        await call.RequestStream.WriteAsync(new()
        {
            DirectoryId = directoryId, Group = group, ExpectedVersion = expectedVersion, UniqueDisplayName = unique,
        });
        foreach (var batch in members.Chunk(Batch))
        {
            await call.RequestStream.WriteAsync(new() { Members = { batch } });
        }

        await call.RequestStream.CompleteAsync();
        return (await call).Group;
    }

    public async Task<Group> PatchAsync(
        string id, IEnumerable<GroupPatchOperation> operations, long expectedVersion = 0, bool unique = true)
    {
        using var call = client.PatchGroup();
        await call.RequestStream.WriteAsync(new()
        {
            DirectoryId = directoryId, Id = id, ExpectedVersion = expectedVersion, UniqueDisplayName = unique, Operations = { operations },
        });
        await call.RequestStream.CompleteAsync();
        return (await call).Group;
    }

    public Task<Group> PatchAsync(string id, params MembersOperation[] operations) =>
        PatchAsync(id, operations.Select(o => new GroupPatchOperation { Members = o }));

    public Task<Group> AddAsync(string id, params string[] members) => PatchAsync(id, Operation.Add(members));

    public Task<Group> RemoveAsync(string id, params string[] members) => PatchAsync(id, Operation.Remove(members));

    public async Task<Group> GetAsync(string id) => (await client.GetGroupAsync(new() { DirectoryId = directoryId, Id = id })).Group;

    public async Task<(Group Group, List<Member> Members)> ReadAsync(string id)
    {
        using var call = client.ReadGroup(new() { DirectoryId = directoryId, Id = id });
        Group? group = null;
        var members = new List<Member>();
        await foreach (var message in call.ResponseStream.ReadAllAsync())
        {
            Assert.True(message.Members.Count <= Batch);
            group ??= message.Group;
            members.AddRange(message.Members);
        }

        return (group!, members);
    }

    public async Task<List<string>> MemberIdsAsync(string id) => [.. (await ReadAsync(id)).Members.Select(m => m.Value)];

    public async Task<ListGroupsResponse> ListAsync(ListGroupsRequest? request = null)
    {
        request ??= new() { PageSize = 100 };
        request.DirectoryId = directoryId;
        return await client.ListGroupsAsync(request);
    }

    public async Task DeleteAsync(string id, long expectedVersion = 0) =>
        await client.DeleteGroupAsync(new() { DirectoryId = directoryId, Id = id, ExpectedVersion = expectedVersion });

    public async Task<long> CountAsync() =>
        (await client.CountGroupsAsync(new() { DirectoryIds = { directoryId } })).GroupCounts[directoryId];

    public async Task<ListUnresolvedMembersResponse> UnresolvedAsync(string groupId = "") =>
        await client.ListUnresolvedMembersAsync(new() { DirectoryId = directoryId, GroupId = groupId });

    public async Task<IReadOnlyList<UserGroups>> GroupsOfAsync(params string[] userIds) =>
        (await client.ListUserGroupsAsync(new() { DirectoryId = directoryId, UserIds = { userIds } })).UserGroups;
}
