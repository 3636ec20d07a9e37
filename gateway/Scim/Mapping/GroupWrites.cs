using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Scim;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Scim.Mapping;

/// <summary>Writes of groups from their bodies: what a request of its own and an operation of a bulk have in common.</summary>
internal sealed class GroupWrites(GroupService.GroupServiceClient groups, GroupStreams streams, ServiceCalls calls)
{
    /// <summary>A group without its members.</summary>
    public async Task<Group> GetAsync(HttpContext http, string id)
    {
        var request = new GetGroupRequest { DirectoryId = ScimScope.Of(http).DirectoryId, Id = id };
        return (await calls.SendAsync(http, call => groups.GetGroupAsync(request, call).ResponseAsync)).Group;
    }

    public Task<(Group Group, bool HasMembers)> CreateAsync(HttpContext http, GroupBody body)
    {
        var scope = ScimScope.Of(http);
        var first = new CreateGroupRequest
        {
            DirectoryId = scope.DirectoryId,
            Group = body.Group,
            RequestId = Guid.CreateVersion7().ToString(),
            UniqueDisplayName = HasUniqueNames(scope.Directory),
        };
        return streams.CreateAsync(http, first, body);
    }

    public async Task<(Group Group, bool HasMembers)> ReplaceAsync(
        HttpContext http, string id, GroupBody body, Preconditions preconditions)
    {
        var scope = ScimScope.Of(http);
        body.Group.Id = id;
        var first = new ReplaceGroupRequest
        {
            DirectoryId = scope.DirectoryId,
            Group = body.Group,
            ExpectedVersion = await ExpectedVersionAsync(http, id, preconditions),
            UniqueDisplayName = HasUniqueNames(scope.Directory),
        };
        return await streams.ReplaceAsync(http, first, body);
    }

    public async Task<Group> PatchAsync(HttpContext http, string id, GroupPatchBody body, Preconditions preconditions)
    {
        var scope = ScimScope.Of(http);
        var first = new PatchGroupRequest
        {
            DirectoryId = scope.DirectoryId,
            Id = id,
            ExpectedVersion = await ExpectedVersionAsync(http, id, preconditions),
            UniqueDisplayName = HasUniqueNames(scope.Directory),
        };
        return await streams.PatchAsync(http, first, body);
    }

    public async Task DeleteAsync(HttpContext http, string id, Preconditions preconditions)
    {
        var request = new DeleteGroupRequest
        {
            DirectoryId = ScimScope.Of(http).DirectoryId,
            Id = id,
            ExpectedVersion = await ExpectedVersionAsync(http, id, preconditions),
        };
        await Deletion.SendAsync(calls, http, call => groups.DeleteGroupAsync(request, call).ResponseAsync);
    }

    /// <summary>The policy, or its default: on, but for Entra, whose groups may share a name.</summary>
    private static bool HasUniqueNames(Directory directory) => directory.Policies is { HasUniqueGroupNames: true } policies
        ? policies.UniqueGroupNames : directory.Provider != Provider.Entra;

    private ValueTask<long> ExpectedVersionAsync(HttpContext http, string id, Preconditions preconditions) =>
        preconditions.ExpectedVersionAsync(async () => (await GetAsync(http, id)).Version);
}
