using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Feed;
using DirectorySync.Errors.V1;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Scim;
using Grpc.Core;

namespace DirectorySync.GroupMembership;

/// <summary>The gRPC edge: what a request must say, and streams into batches and back.</summary>
internal sealed class GroupRpc(
    GroupStore groups, MemberStore members, GroupWriter writer, GroupSearch search, ProblemStore problems, UserDeletions deletions,
    UserGroupsCache cache, LongWork work, ChangeFeed changes)
    : GroupService.GroupServiceBase
{
    public override async Task<ConfirmMembershipsResponse> ConfirmMemberships(ConfirmMembershipsRequest request, ServerCallContext context)
    {
        GroupRules.RequireFindable(request.DirectoryId, request.UserId);
        var confirmed = await members.ConfirmAsync(request.DirectoryId, request.UserId, context.CancellationToken);
        changes.Wake();
        return new() { Confirmed = confirmed };
    }

    public override async Task<CreateGroupResponse> CreateGroup(
        IAsyncStreamReader<CreateGroupRequest> requestStream, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var first = await FirstAsync(requestStream, ct);
        var group = GroupRules.Accept(first.DirectoryId, first.Group);
        GroupRules.RequireRequestId(first.RequestId);
        await using var spool = writer.NewSpool(first.DirectoryId);
        for (var message = first; message is not null; message = await NextAsync(requestStream, ct))
        {
            GroupRules.RequireMembers(message.Members);
            await spool.AddAsync(0, message.Members, resolve: true, ct);
        }

        return new() { Group = await writer.CreateAsync(group, first.RequestId, first.UniqueDisplayName, spool, ct) };
    }

    public override async Task<GetGroupResponse> GetGroup(GetGroupRequest request, ServerCallContext context)
    {
        GroupRules.RequireFindable(request.DirectoryId, request.Id);
        return new()
        {
            Group = await groups.FindAsync(request.DirectoryId, request.Id, context.CancellationToken)
                ?? throw GroupRules.GroupNotFound(request.Id),
        };
    }

    public override async Task ListMembers(
        ListMembersRequest request, IServerStreamWriter<ListMembersResponse> responseStream, ServerCallContext context)
    {
        GroupRules.RequireAtMost(request.GroupIds.Count, "group_ids");
        var batch = new ListMembersResponse();
        string[] groupIds = [.. request.GroupIds.Where(GroupRules.IsId).Distinct(StringComparer.Ordinal)];
        using var read = new LongRead(work);
        await foreach (var (groupId, member) in members.ListAsync(request.DirectoryId, groupIds, context.CancellationToken))
        {
            if (batch.Members.Count > 0 && (batch.GroupId != groupId || batch.Members.Count == GroupRules.MaxMembersPerMessage))
            {
                await read.BeginAsync(context.CancellationToken);
                await responseStream.WriteAsync(batch, context.CancellationToken);
                batch = new();
            }

            batch.GroupId = groupId;
            batch.Members.Add(member);
        }

        if (batch.Members.Count > 0)
        {
            await responseStream.WriteAsync(batch, context.CancellationToken);
        }
    }

    public override async Task ReadGroup(
        ReadGroupRequest request, IServerStreamWriter<ReadGroupResponse> responseStream, ServerCallContext context)
    {
        GroupRules.RequireFindable(request.DirectoryId, request.Id);
        var most = GroupRules.MaxMembers(request.MaxMembers);
        // The group goes with its first members: one message for most groups.
        var batch = new ReadGroupResponse();
        var found = false;
        using var read = new LongRead(work);
        await foreach (var (group, member) in members.ReadAsync(request.DirectoryId, request.Id, most, request.AfterMember, context.CancellationToken))
        {
            found = true;
            if (batch.Members.Count == GroupRules.MaxMembersPerMessage)
            {
                await read.BeginAsync(context.CancellationToken);
                await responseStream.WriteAsync(batch, context.CancellationToken);
                batch = new();
            }

            if (group is not null)
            {
                batch.Group = group;
            }

            if (member is not null)
            {
                batch.Members.Add(member);
            }
        }

        await responseStream.WriteAsync(found ? batch : throw GroupRules.GroupNotFound(request.Id), context.CancellationToken);
    }

    public override Task<ListGroupsResponse> ListGroups(ListGroupsRequest request, ServerCallContext context) =>
        search.ListAsync(request, context.CancellationToken);

    public override async Task<ReplaceGroupResponse> ReplaceGroup(
        IAsyncStreamReader<ReplaceGroupRequest> requestStream, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var first = await FirstAsync(requestStream, ct);
        var group = GroupRules.Accept(first.DirectoryId, first.Group);
        GroupRules.RequireFindable(first.DirectoryId, group.Id);
        await using var spool = writer.NewSpool(first.DirectoryId, group.Id);
        for (var message = first; message is not null; message = await NextAsync(requestStream, ct))
        {
            GroupRules.RequireMembers(message.Members);
            await spool.AddAsync(0, message.Members, resolve: true, ct);
        }

        return new() { Group = await writer.ReplaceAsync(group, first.ExpectedVersion, first.UniqueDisplayName, spool, ct) };
    }

    public override async Task<PatchGroupResponse> PatchGroup(
        IAsyncStreamReader<PatchGroupRequest> requestStream, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var first = await FirstAsync(requestStream, ct);
        GroupRules.RequireFindable(first.DirectoryId, first.Id);
        await using var spool = writer.NewSpool(first.DirectoryId, first.Id);
        var operations = new MemberOperations(spool);
        var attributes = new List<GroupAttributeOperation>();
        for (var message = first; message is not null; message = await NextAsync(requestStream, ct))
        {
            foreach (var operation in message.Operations)
            {
                switch (operation.OperationCase)
                {
                    case GroupPatchOperation.OperationOneofCase.Attribute:
                        GroupRules.RequireRawAttributes(operation.Attribute.Value?.RawAttributes ?? []);
                        attributes.Add(operation.Attribute);
                        break;
                    case GroupPatchOperation.OperationOneofCase.Members:
                        await operations.AddAsync(operation.Members, ct);
                        break;
                    default:
                        throw ErrorReason.InvalidValue.ToRpc("An operation changes an attribute or members.", ("attribute", "operations"));
                }
            }
        }

        return new()
        {
            Group = await writer.PatchAsync(
                first.DirectoryId,
                first.Id,
                first.ExpectedVersion,
                first.UniqueDisplayName,
                attributes.Count == 0 ? null : group => GroupPatch.Apply(group, attributes),
                operations,
                spool,
                ct),
        };
    }

    public override async Task<DeleteGroupResponse> DeleteGroup(DeleteGroupRequest request, ServerCallContext context)
    {
        GroupRules.RequireFindable(request.DirectoryId, request.Id);
        await writer.DeleteAsync(request.DirectoryId, request.Id, request.ExpectedVersion, context.CancellationToken);
        return new();
    }

    public override async Task<ListUserGroupsResponse> ListUserGroups(ListUserGroupsRequest request, ServerCallContext context)
    {
        GroupRules.RequireAtMost(request.UserIds.Count, "user_ids");
        var ct = context.CancellationToken;
        string[] userIds = [.. request.UserIds.Where(GroupRules.IsId)];
        if (userIds is not [var only])
        {
            // One query is cheaper than an entry for each.
            return new() { UserGroups = { await members.ListGroupsAsync(request.DirectoryId, userIds, ct) } };
        }

        var groups = await cache.GetAsync(request.DirectoryId, only, async () =>
            await members.ListGroupsAsync(request.DirectoryId, [only], ct) is [var found] ? found : new() { UserId = only });
        return groups.Groups.Count == 0 ? new() : new() { UserGroups = { groups } };
    }

    public override async Task<ListUnresolvedMembersResponse> ListUnresolvedMembers(
        ListUnresolvedMembersRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var size = GroupRules.PageSize(request.PageSize);
        var unresolved = await problems.ListUnresolvedAsync(request.DirectoryId, request.GroupId, size, ct);
        return new()
        {
            UnresolvedMembers = { unresolved },
            TotalSize = unresolved.Count < size
                ? unresolved.Count
                : await problems.CountUnresolvedAsync(request.DirectoryId, request.GroupId, ct),
        };
    }

    public override async Task<CountGroupsResponse> CountGroups(CountGroupsRequest request, ServerCallContext context)
    {
        GroupRules.RequireAtMost(request.DirectoryIds.Count, "directory_ids");
        var response = new CountGroupsResponse();
        foreach (var directoryId in request.DirectoryIds)
        {
            response.GroupCounts[directoryId] = 0;
        }

        foreach (var (directoryId, count) in await groups.CountAsync([.. request.DirectoryIds.Where(GroupRules.IsId)], context.CancellationToken))
        {
            response.GroupCounts[directoryId] = count;
        }

        return response;
    }

    public override async Task<ListGroupProblemsResponse> ListGroupProblems(ListGroupProblemsRequest request, ServerCallContext context) =>
        new()
        {
            Problems =
            {
                await problems.ListAsync(request.DirectoryId, GroupRules.PageSize(request.PageSize), context.CancellationToken),
            },
        };

    public override async Task<AwaitUserDeletionResponse> AwaitUserDeletion(AwaitUserDeletionRequest request, ServerCallContext context) =>
        new() { Applied = await deletions.WaitAsync(request.DirectoryId, request.UserId, context.CancellationToken) };

    private static async Task<T> FirstAsync<T>(IAsyncStreamReader<T> stream, CancellationToken ct)
        where T : class =>
        await NextAsync(stream, ct) ?? throw ErrorReason.InvalidValue.ToRpc("The request has no message.");

    private static async Task<T?> NextAsync<T>(IAsyncStreamReader<T> stream, CancellationToken ct)
        where T : class => await stream.MoveNext(ct) ? stream.Current : null;
}
