using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.Feed.V1;
using DirectorySync.GroupMembership.V1;

namespace DirectorySync.Roles;

/// <summary>What group-membership's changes mean here: people come into groups and leave them, groups come, are renamed and go.</summary>
internal sealed class GroupFeed(Recalculation recalculation, RecomputationQueue queue)
{
    /// <summary>If more people are in a group that changes its meaning, the directory is recomputed in the background.</summary>
    private const int AtOnce = 500;

    private static readonly string GroupType = Group.Descriptor.FullName;
    private static readonly string MembershipType = Membership.Descriptor.FullName;

    public FeedEffect Effect => new(ApplyAsync, SweepAsync);

    internal async Task ApplyAsync(Transaction tx, FeedBatch batch, CancellationToken ct)
    {
        // The last state of each resource in the batch is what counts.
        var groups = new Dictionary<(string DirectoryId, string Id), Change>();
        var memberships = new Dictionary<(UserKey User, string GroupId), (Membership Membership, bool Deleted)>();
        foreach (var change in batch.Changes)
        {
            if (FeedImage.TypeOf(change) == GroupType)
            {
                groups[(change.DirectoryId, change.ResourceId)] = change;
            }
            else if (FeedImage.TypeOf(change) == MembershipType && Parse(change) is { Member.Type: not MemberType.Group } membership)
            {
                memberships[(new(change.DirectoryId, membership.Member.Value), membership.GroupId)] = (membership, change.Deleted);
            }
        }

        if (groups.Count + memberships.Count == 0)
        {
            return;
        }

        var terms = await Terms.LockAsync(
            tx, groups.Keys.Select(key => key.DirectoryId).Concat(memberships.Keys.Select(key => key.User.DirectoryId)), ct);
        var open = memberships.Where(m => terms.IsOpen(m.Key.User.DirectoryId)).OrderBy(m => m.Key.User).ThenBy(m => m.Key.GroupId)
            .ToLookup(m => m.Value.Deleted, m => KeyValuePair.Create(m.Key, m.Value.Membership));
        var moved = await MembershipRows.WriteAsync(tx, [.. open[false]], batch.Bootstrap, ct);
        moved.AddRange(await MembershipRows.DeleteAsync(tx, [.. open[true]], ct));

        // After the memberships: who came into a group before it was deleted is in this batch or in one before.
        var changed = await GroupRows.WriteAsync(tx, [.. groups.Values.Where(g => terms.IsOpen(g.DirectoryId))], batch.Bootstrap, ct);
        var rulings = await terms.ReadRulingsAsync(tx, ct);
        var users = Concerned(rulings, moved);
        foreach (var group in changed.Where(group => Matters(terms[group.DirectoryId].Rules, group)))
        {
            users.UnionWith(await ListMembersAsync(tx, group, ct));
        }

        foreach (var group in changed.Where(group => group.IsDeleted))
        {
            await tx.Sql($"delete from memberships m where m.directory_id = {group.DirectoryId} and m.group_id = {group.Id}").ExecuteAsync(ct);
        }

        if (!terms.Ready)
        {
            await queue.RequestAsync(tx, terms.All.Where(d => !d.Closed).Select(d => d.Id), ct);
        }

        await recalculation.RunAsync(tx, terms, rulings, users, [], ct);
    }

    /// <summary>Groups and memberships that a bootstrap did not list are gone.</summary>
    internal async Task SweepAsync(Transaction tx, Guid bootstrap, CancellationToken ct)
    {
        var directoryIds = await tx.Sql($"""
            select m.directory_id from memberships m where m.bootstrap is distinct from {bootstrap}
            union
            select g.directory_id from groups g where g.bootstrap is distinct from {bootstrap}
            """).ListAsync(row => row.GetString(0), ct);
        if (directoryIds.Count == 0)
        {
            return;
        }

        await Terms.LockAsync(tx, directoryIds, ct);
        await tx.ExecuteAllAsync(
            [
                $"delete from memberships m where m.bootstrap is distinct from {bootstrap}",
                $"delete from groups g where g.bootstrap is distinct from {bootstrap}",
            ],
            ct);
        await queue.RequestAsync(tx, directoryIds, ct);
    }

    private static HashSet<UserKey> Concerned(Rulings rulings, IEnumerable<(UserKey User, string GroupId)> moved)
    {
        var mattering = rulings.Of.ToDictionary(ruling => ruling.Key, ruling => ruling.Value.GroupIds.ToHashSet());
        return [.. moved.Where(m => mattering[m.User.DirectoryId].Contains(m.GroupId)).Select(m => m.User)];
    }

    private static bool Matters(RoleRules rules, ChangedGroup group) => rules.Rules.Any(rule => rule.ConditionCase switch
    {
        RoleRule.ConditionOneofCase.GroupId => group.IsDeleted && rule.GroupId == group.Id,
        RoleRule.ConditionOneofCase.GroupName =>
            group.NameBefore != group.NameAfter && Ruling.NameKey(rule.GroupName) is var key && (key == group.NameBefore || key == group.NameAfter),
        _ => false,
    });

    private async Task<List<UserKey>> ListMembersAsync(Transaction tx, ChangedGroup group, CancellationToken ct)
    {
        var members = await tx.Sql($"""
            select m.user_id from memberships m
            where m.directory_id = {group.DirectoryId} and m.group_id = {group.Id}
            limit {AtOnce + 1}
            """).ListAsync(row => new UserKey(group.DirectoryId, row.GetString(0)), ct);
        if (members.Count <= AtOnce)
        {
            return members;
        }

        await queue.RequestAsync(tx, [group.DirectoryId], ct);
        return [];
    }

    private static Membership Parse(Change change)
    {
        var membership = Membership.Parser.ParseFrom(change.Resource.Value);
        membership.Version = change.Version;
        return membership;
    }
}
