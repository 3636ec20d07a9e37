using DirectorySync.Chassis.Feed;
using DirectorySync.Events.Telling;
using DirectorySync.Feed.V1;
using DirectorySync.GroupMembership.V1;

namespace DirectorySync.Events.Folding;

/// <summary>What group-membership's changes mean here: groups and memberships come, change and go.</summary>
internal sealed class GroupFeed(TellerSignal teller)
{
    private static readonly string GroupType = Group.Descriptor.FullName;
    private static readonly string MembershipType = Membership.Descriptor.FullName;

    public FeedEffect Effect => new(ApplyAsync, SweepAsync);

    private async Task ApplyAsync(Transaction tx, FeedBatch batch, CancellationToken ct)
    {
        // The last state of each resource in the batch is what counts.
        var groups = new Dictionary<ResourceKey, Change>();
        var memberships = new Dictionary<(ResourceKey User, string GroupId), MembershipChange>();
        foreach (var change in batch.Changes)
        {
            var type = FeedImage.TypeOf(change);
            if (type == GroupType)
            {
                groups[UserPart.KeyOf(change)] = change;
            }
            else if (type == MembershipType && Parse(change) is { Member.Type: not MemberType.Group } membership)
            {
                var user = new ResourceKey(change.DirectoryId, membership.Member.Value);
                memberships[(user, membership.GroupId)] = new(user, membership.GroupId, membership, change.Deleted) { TraceParent = change.Traceparent };
            }
        }

        if (groups.Count + memberships.Count == 0)
        {
            return;
        }

        var terms = await Terms.LockAsync(
            tx, groups.Keys.Select(group => group.DirectoryId).Concat(memberships.Keys.Select(key => key.User.DirectoryId)), ct);
        var openGroups = groups.Values.Where(c => terms.IsOpen(c.DirectoryId)).ToList();
        var openMemberships = memberships.Values.Where(m => terms.IsOpen(m.User.DirectoryId)).ToList();
        await MembershipRows.WriteAsync(tx, openMemberships, batch.Bootstrap, ct);

        // After the memberships: who came into a group before it was deleted is in this batch or in one before.
        await GroupRows.WriteAsync(tx, terms, openGroups, batch.Bootstrap, ct);
        await PendingTraces.NoteAsync(
            tx,
            openGroups.Select(c => (UserPart.KeyOf(c), c.Traceparent))
                .Concat(openMemberships.Select(m => (m.User with { Id = PendingTraces.Membership(m.User.Id, m.GroupId) }, m.TraceParent))),
            ct);
        await Terms.MarkPendingAsync(
            tx, openGroups.Select(c => c.DirectoryId).Concat(openMemberships.Select(m => m.User.DirectoryId)), ct);
        teller.WakeAfter(tx);
    }

    /// <summary>Groups and memberships that a bootstrap did not list are gone.</summary>
    private async Task SweepAsync(Transaction tx, Guid bootstrap, CancellationToken ct)
    {
        var directoryIds = await tx.Sql($"""
            select m.directory_id from memberships m where m.bootstrap is distinct from {bootstrap}
            union
            select g.directory_id from directory_groups g where g.bootstrap is distinct from {bootstrap}
            """).ListAsync(row => row.GetString(0), ct);
        if (directoryIds.Count == 0)
        {
            return;
        }

        await Terms.LockAsync(tx, directoryIds, ct);
        await MembershipRows.SweepAsync(tx, bootstrap, ct);
        await GroupRows.SweepAsync(tx, bootstrap, ct);
        await Terms.MarkPendingAsync(tx, directoryIds, ct);
        teller.WakeAfter(tx);
    }

    private static Membership Parse(Change change)
    {
        var membership = Membership.Parser.ParseFrom(change.Resource.Value);
        membership.Version = change.Version;
        return membership;
    }
}
