using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Scim;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Npgsql;

namespace DirectorySync.GroupMembership;

/// <summary>Carries writes out: who is asked, what is locked, in which order; each is one transaction.</summary>
internal sealed class GroupWriter(
    Database database,
    GroupStore groups,
    MemberStore members,
    MemberResolution resolution,
    UserGroupsCache cache,
    LongWork work,
    ChangeFeed changes,
    TimeProvider time)
{
    /// <summary>A place for the members of a request, of a group that exists or (null) of one that is to be created.</summary>
    public MemberSpool NewSpool(string directoryId, string? groupId = null) => new(
        database,
        work,
        async (ids, ct) =>
        {
            if (groupId is not null)
            {
                await EnsureKnownAsync(directoryId, groupId, ids, ct);
                return;
            }

            await resolution.EnsureKnownAsync(directoryId, ids, ct);
        });

    /// <summary>Creates the group with the spool's members (operation 0). A repeated request answers what it created.</summary>
    public async Task<Group> CreateAsync(Group wanted, string requestId, bool unique, MemberSpool spool, CancellationToken ct)
    {
        var now = Clock.Now(time);
        var group = wanted.Clone();
        group.Id = Guid.CreateVersion7(now).ToString();
        group.Version = 1;
        Replacement.Settle(group, stored: null);
        group.CreateTime = group.UpdateTime = Timestamp.FromDateTimeOffset(now);
        try
        {
            var delta = new MemberDelta();
            delta.Add(spool.Kept(0));
            await resolution.EnsureKnownAsync(group.DirectoryId, [.. delta.Added.Select(m => m.Value)], ct);
            if (spool.IsInMemory && delta.IsEmpty)
            {
                await GroupStore.InsertAsync(database.Sql(GroupStore.Insert(group, requestId, unique)), group.DisplayName, ct);
                changes.Wake();
                return group;
            }

            var step = spool.IsInMemory ? MemberStep.Of(delta) : MemberStep.Add(group.DirectoryId, group.Id, MemberSpool.Rows(0));
            return await spool.InTransactionAsync(
                async tx =>
                {
                    WakeAfter(tx);
                    var created = group.Clone();
                    await GroupStore.InsertAsync(tx.Sql(GroupStore.Insert(created, requestId, unique)), created.DisplayName, ct);
                    created.Version += await WriteStepsAsync(tx, created, [step], now, ct);
                    return created;
                },
                ct);
        }
        catch (Exception e) when (e is RpcException { StatusCode: StatusCode.AlreadyExists }
            || (e is PostgresException p && (GroupStore.IsNameTaken(p) || GroupStore.IsRequestKnown(p))))
        {
            return await groups.FindByRequestAsync(group.DirectoryId, requestId, ct) ?? throw GroupRules.NameTaken(group.DisplayName);
        }
    }

    /// <summary>Makes the group and its members (operation 0 of the spool) as wanted, writing the difference.</summary>
    public async Task<Group> ReplaceAsync(Group wanted, long expectedVersion, bool unique, MemberSpool spool, CancellationToken ct)
    {
        var delta = new MemberDelta();
        delta.Add(spool.Kept(0));
        await EnsureKnownAsync(wanted.DirectoryId, wanted.Id, [.. delta.Added.Select(m => m.Value)], ct);
        var rows = spool.IsInMemory ? MemberStep.InMemory(delta.Added) : MemberSpool.Rows(0);
        return await UpdateAsync(
            spool,
            wanted.DirectoryId,
            wanted.Id,
            expectedVersion,
            unique,
            current =>
            {
                var next = wanted.Clone();
                next.CreateTime = current.CreateTime;
                Replacement.Settle(next, current);
                return next;
            },
            [MemberStep.Replace(wanted.DirectoryId, wanted.Id, rows)],
            ct);
    }

    /// <summary>Applies a patch: attributes by a pure function of the locked group, members by their operations.</summary>
    public async Task<Group> PatchAsync(
        string directoryId,
        string id,
        long expectedVersion,
        bool unique,
        Func<Group, Group>? attributes,
        MemberOperations operations,
        MemberSpool spool,
        CancellationToken ct)
    {
        if (attributes is null && expectedVersion == 0 && operations.FindDelta() is { } delta)
        {
            return await WriteDeltaAsync(directoryId, id, delta, ct);
        }

        await EnsureKnownAsync(directoryId, id, operations.KeptToAdd(), ct);
        return await UpdateAsync(
            spool, directoryId, id, expectedVersion, unique, attributes ?? (group => group), [.. operations.Steps(directoryId, id)], ct);
    }

    public async Task DeleteAsync(string directoryId, string id, long expectedVersion, CancellationToken ct)
    {
        await database.InTransactionAsync(
            async tx =>
            {
                WakeAfter(tx);
                var group = await LockAsync(tx, directoryId, id, expectedVersion, excludeDeltas: true, ct);
                await GroupStore.DeleteAsync(tx, group, Clock.Now(time), ct);
                await cache.FenceDirectoryAsync(tx, directoryId);
            },
            ct);
    }

    /// <summary>Okta's everyday request: one round trip, which locks nothing that another delta of the group would wait for.</summary>
    private async Task<Group> WriteDeltaAsync(string directoryId, string id, MemberDelta delta, CancellationToken ct)
    {
        var now = Clock.Now(time);
        // Not released if the outcome is unknown: it ends by itself.
        var fence = await cache.FenceAsync(directoryId, delta.Added.Select(m => m.Value).Concat(delta.Removed));
        var written = await members.WriteAsync(directoryId, id, delta, asked: false, now, ct);
        if (written is { Group: not null, Strangers.Length: > 0 })
        {
            await resolution.AskAsync(directoryId, written.Strangers, ct);
            written = await members.WriteAsync(directoryId, id, delta, asked: true, now, ct);
        }

        _ = fence.ReleaseAsync();
        changes.Wake();
        return written switch
        {
            { Closed: true } => throw GroupRules.DirectoryClosed(),
            { Group: null } => throw GroupRules.GroupNotFound(id),
            _ => written.Group,
        };
    }

    private async Task<Group> UpdateAsync(
        MemberSpool spool,
        string directoryId,
        string id,
        long expectedVersion,
        bool unique,
        Func<Group, Group> attributes,
        IReadOnlyCollection<MemberStep> steps,
        CancellationToken ct)
    {
        var name = "";
        try
        {
            return await spool.InTransactionAsync(
                async tx =>
                {
                    WakeAfter(tx);
                    var current = await LockAsync(tx, directoryId, id, expectedVersion, excludeDeltas: steps.Count > 0, ct);
                    var next = attributes(current.Clone());
                    GroupRules.RequireAttributes(next);
                    var now = Clock.Now(time);
                    next.Version = current.Version;
                    next.UpdateTime = current.UpdateTime;
                    if (!GroupRules.SameAttributes(current, next))
                    {
                        name = next.DisplayName;
                        next.Version++;
                        next.UpdateTime = Later(current.UpdateTime, now);
                        await GroupStore.UpdateAsync(tx, next, unique, ct);
                    }

                    if (current.DisplayName != next.DisplayName)
                    {
                        await cache.FenceDirectoryAsync(tx, directoryId);
                    }

                    next.Version += await WriteStepsAsync(tx, next, steps, now, ct);
                    return next;
                },
                ct);
        }
        catch (PostgresException e) when (GroupStore.IsNameTaken(e))
        {
            throw GroupRules.NameTaken(name);
        }
    }

    // 1 if members changed, else 0: what the group's version rises by.
    private async Task<int> WriteStepsAsync(
        Transaction tx, Group group, IReadOnlyCollection<MemberStep> steps, DateTimeOffset now, CancellationToken ct)
    {
        var changed = false;
        if (steps.Any(s => s.ComparesSets))
        {
            await MemberStore.PreferSetsAsync(tx, ct);
        }

        foreach (var step in steps)
        {
            changed |= await MemberStore.WriteAsync(tx, group.DirectoryId, group.Id, step, now, ct);
        }

        if (!changed)
        {
            return 0;
        }

        await MemberStore.CountAsync(tx, group.DirectoryId, group.Id, now, ct);
        await cache.FenceDirectoryAsync(tx, group.DirectoryId);
        group.UpdateTime = Later(group.UpdateTime, now);
        return 1;
    }

    // Nothing is remembered of the members of a group that does not exist.
    private async Task EnsureKnownAsync(string directoryId, string groupId, IReadOnlyCollection<string> ids, CancellationToken ct)
    {
        if (ids.Count > 0)
        {
            _ = await groups.FindAsync(directoryId, groupId, ct) ?? throw GroupRules.GroupNotFound(groupId);
            await resolution.EnsureKnownAsync(directoryId, ids, ct);
        }
    }

    private static async Task<Group> LockAsync(
        Transaction tx, string directoryId, string id, long expectedVersion, bool excludeDeltas, CancellationToken ct)
    {
        var group = await GroupStore.LockAsync(tx, directoryId, id, excludeDeltas || expectedVersion != 0, ct)
            ?? throw GroupRules.GroupNotFound(id);
        return expectedVersion == 0 || expectedVersion == group.Version
            ? group
            : throw GroupRules.VersionMismatch(expectedVersion, group.Version);
    }

    private void WakeAfter(Transaction tx) => tx.AfterCommit(() =>
    {
        changes.Wake();
        return Task.CompletedTask;
    });

    private static Timestamp Later(Timestamp stored, DateTimeOffset now)
    {
        var time = Timestamp.FromDateTimeOffset(now);
        return stored > time ? stored : time;
    }
}
