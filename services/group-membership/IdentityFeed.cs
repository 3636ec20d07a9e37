using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.Identity.V1;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.GroupMembership;

/// <summary>What identity's changes mean here: users come to be known, or leave every group; directories close.</summary>
internal sealed class IdentityFeed(MemberStore members, MemberResolution resolution, ChangeFeed changes, TimeProvider time)
{
    private static readonly string UserType = User.Descriptor.FullName;
    private static readonly string ErasedUserType = ErasedUser.Descriptor.FullName;
    private static readonly string DirectoryType = Directory.Descriptor.FullName;

    // Few changes of users change a membership, and who is not known yet when a group names him is asked for.
    public FeedEffect Effect => new(ApplyAsync, SweepAsync) { Interval = TimeSpan.FromMilliseconds(100) };

    private async Task ApplyAsync(Transaction tx, FeedBatch batch, CancellationToken ct)
    {
        await ApplyDirectoriesAsync(tx, batch, ct);

        // Whatever happened to a user within the batch, what counts is whether it is there afterwards: an id does not come back.
        var users = new Dictionary<(string DirectoryId, string Id), bool>();
        var activities = new SortedDictionary<(string DirectoryId, string Id), UserActivity>();
        foreach (var change in batch.Changes.Where(c => FeedImage.TypeOf(c) == UserType))
        {
            var key = (change.DirectoryId, change.ResourceId);
            users[key] = change.Deleted;
            if (!change.Deleted)
            {
                activities[key] = UserActivity.After(activities.GetValueOrDefault(key), change);
            }
        }

        var now = Clock.Now(time);
        var (directoryIds, ids) = Columns(users.Where(u => !u.Value).Select(u => u.Key));
        var hasChanges = false;
        if (ids.Length > 0)
        {
            hasChanges |= await members.AddPresentAsync(tx, directoryIds, ids, batch.Bootstrap, now, ct);
            hasChanges |= await MemberStore.SetActiveAsync(tx, [.. activities.Values.Where(user => !users[(user.DirectoryId, user.Id)])], ct);
        }

        (directoryIds, ids) = Columns(users.Where(u => u.Value).Select(u => u.Key));
        if (ids.Length > 0)
        {
            await MemberStore.AddDeletedAsync(tx, directoryIds, ids, now, ct);
            hasChanges = true;
        }

        var erased = batch.Changes.Where(c => FeedImage.TypeOf(c) == ErasedUserType).ToList();
        if (erased.Count > 0)
        {
            await tx.Sql(ChangeFeed.Erase(erased.ConvertAll(c => c.DirectoryId), erased.ConvertAll(c => c.ResourceId))).ExecuteAsync(ct);
        }

        if (hasChanges)
        {
            // Most changes of users change no membership.
            WakeAfter(tx);
        }
    }

    /// <summary>What a bootstrap did not list is gone, but for users who came after the list was read: identity is asked.</summary>
    private async Task SweepAsync(Transaction tx, Guid bootstrap, CancellationToken ct)
    {
        await DirectoryStore.CloseUnlistedAsync(tx, bootstrap, ct);
        var after = ("", "");
        while (await MemberStore.ListUnlistedAsync(tx, bootstrap, after, ct) is [.., var last] unlisted)
        {
            after = last;
            foreach (var directory in unlisted.GroupBy(u => u.DirectoryId))
            {
                var existing = await resolution.CheckAsync(
                    directory.Key, [.. directory.Select(u => u.Id)], MemberResolution.PatienceInTransaction, ct);
                var (directoryIds, ids) = Columns(directory.Where(u => !existing.Contains(u.Id)));
                await MemberStore.AddDeletedAsync(tx, directoryIds, ids, Clock.Now(time), ct);
            }
        }

        WakeAfter(tx);
    }

    private static async Task ApplyDirectoriesAsync(Transaction tx, FeedBatch batch, CancellationToken ct)
    {
        foreach (var change in batch.Changes.Where(c => FeedImage.TypeOf(c) == DirectoryType))
        {
            if (change.Deleted || change.Resource.Unpack<Directory>().State == DirectoryState.Deleting)
            {
                await DirectoryStore.CloseAsync(tx, change.ResourceId, ct);
                await tx.Sql(ChangeFeed.Erase([change.ResourceId], [""])).ExecuteAsync(ct);
            }
            else
            {
                await DirectoryStore.AddAsync(tx, change.ResourceId, batch.Bootstrap, ct);
            }
        }
    }

    private static (string[] DirectoryIds, string[] Ids) Columns(IEnumerable<(string DirectoryId, string Id)> keys)
    {
        var sorted = keys.Order().ToList();
        return ([.. sorted.Select(k => k.DirectoryId)], [.. sorted.Select(k => k.Id)]);
    }

    private void WakeAfter(Transaction tx) => tx.AfterCommit(() =>
    {
        changes.Wake();
        return Task.CompletedTask;
    });
}
