using System.Runtime.InteropServices;
using DirectorySync.AttributeMapping.V1;
using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.Feed.V1;

namespace DirectorySync.Roles;

/// <summary>What attribute-mapping's changes mean here: users come, change and go, and with them their roles.</summary>
internal sealed class ProfileFeed(Recalculation recalculation, RecomputationQueue queue)
{
    private const int Batch = 500;

    private static readonly string ProfileType = Profile.Descriptor.FullName;

    public FeedEffect Effect => new(ApplyAsync, SweepAsync);

    internal async Task ApplyAsync(Transaction tx, FeedBatch batch, CancellationToken ct)
    {
        var changes = batch.Changes.Where(c => FeedImage.TypeOf(c) == ProfileType).ToList();
        if (changes.Count == 0)
        {
            return;
        }

        var terms = await Terms.LockAsync(tx, changes.Select(c => c.DirectoryId), ct);
        var rulings = await terms.ReadRulingsAsync(tx, ct);
        foreach (var round in Rounds(changes.Where(c => terms.IsOpen(c.DirectoryId))))
        {
            var written = Write(tx, [.. round.Where(c => !c.Deleted)], batch.Bootstrap);
            var deleted = await FindDeletedAsync(tx, [.. round.Where(c => c.Deleted)], ct);
            if (!terms.Ready)
            {
                await queue.RequestAsync(tx, written.Select(user => user.DirectoryId), ct);
            }

            await recalculation.RunAsync(tx, terms, rulings, written, deleted, ct);
        }
    }

    // Each version of a user is told on, so of each there is one change in a round.
    private static IEnumerable<IOrderedEnumerable<Change>> Rounds(IEnumerable<Change> changes)
    {
        var rounds = new List<List<Change>>();
        var counts = new Dictionary<UserKey, int>();
        foreach (var change in changes)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(counts, KeyOf(change), out _);
            if (count == rounds.Count)
            {
                rounds.Add([]);
            }

            rounds[count++].Add(change);
        }

        return rounds.Select(round => round.OrderBy(KeyOf));
    }

    private static UserKey KeyOf(Change change) => new(change.DirectoryId, change.ResourceId);

    /// <summary>Users that a bootstrap did not list are gone.</summary>
    internal async Task SweepAsync(Transaction tx, Guid bootstrap, CancellationToken ct)
    {
        var directoryIds = await tx.Sql($"select distinct u.directory_id from users u where u.bootstrap is distinct from {bootstrap}")
            .ListAsync(row => row.GetString(0), ct);
        if (directoryIds.Count == 0)
        {
            return;
        }

        var terms = await Terms.LockAsync(tx, directoryIds, ct);
        var rulings = await terms.ReadRulingsAsync(tx, ct);
        var after = new UserKey("", "");
        while (await ListUnlistedAsync(tx, bootstrap, after, ct) is [.., var last] unlisted)
        {
            await recalculation.RunAsync(tx, terms, rulings, [], unlisted, ct);
            after = new(last.DirectoryId, last.UserId);
        }
    }

    // Answers whose they are. What is older than what is held changes nothing, neither here nor in what is decided from it.
    private static UserKey[] Write(Transaction tx, Change[] changes, Guid? bootstrap)
    {
        if (changes.Length == 0)
        {
            return [];
        }

        // A listing does not say when a user was deactivated; group-membership's listing says what follows from it.
        var profiles = Array.ConvertAll(changes, change => Profile.Parser.ParseFrom(change.Resource.Value));
        var deactivated = Array.ConvertAll(profiles, profile => profile.Active || bootstrap is not null ? 0 : profile.UserVersion);
        tx.ExecuteLater($"""
            insert into users as u (directory_id, id, profile_version, profile, active, deactivated_version, bootstrap)
            select i.directory_id, i.id, i.version, i.profile, i.active, i.deactivated_version, {bootstrap}::uuid
            from unnest({Array.ConvertAll(changes, c => c.DirectoryId)}, {Array.ConvertAll(changes, c => c.ResourceId)},
              {Array.ConvertAll(changes, c => c.Version)}, {Array.ConvertAll(changes, c => c.Resource.Value.ToByteArray())},
              {Array.ConvertAll(profiles, profile => profile.Active)}, {deactivated})
              as i (directory_id, id, version, profile, active, deactivated_version)
            on conflict (directory_id, id) do update
            set profile_version = excluded.profile_version, profile = excluded.profile, active = excluded.active,
              deactivated_version =
                case when excluded.deactivated_version > 0 and u.active then excluded.deactivated_version else u.deactivated_version end,
              bootstrap = coalesce(excluded.bootstrap, u.bootstrap)
            where u.profile_version < excluded.profile_version
              or (excluded.bootstrap is not null and u.bootstrap is distinct from excluded.bootstrap)
            """);
        return Array.ConvertAll(changes, KeyOf);
    }

    private static async Task<List<Profile>> FindDeletedAsync(Transaction tx, Change[] changes, CancellationToken ct)
    {
        if (changes.Length == 0)
        {
            return [];
        }

        // What a bootstrap listed may be newer than what is replayed after it.
        var newer = await tx.Sql($"""
            select u.directory_id, u.id
            from unnest({changes.Select(c => c.DirectoryId).ToArray()}, {changes.Select(c => c.ResourceId).ToArray()},
              {changes.Select(c => c.Version).ToArray()}) as i (directory_id, id, version)
            join users u on u.directory_id = i.directory_id and u.id = i.id and u.profile_version >= i.version
            """).ListAsync(row => new UserKey(row.GetString(0), row.GetString(1)), ct);
        return
        [
            .. changes.Where(c => !newer.Contains(new(c.DirectoryId, c.ResourceId))).Select(c => Profile.Parser.ParseFrom(c.Resource.Value)),
        ];
    }

    private static Task<List<Profile>> ListUnlistedAsync(Transaction tx, Guid bootstrap, UserKey after, CancellationToken ct) => tx.Sql($"""
        select u.profile
        from users u
        where (u.directory_id, u.id) > ({after.DirectoryId}, {after.Id}) and u.bootstrap is distinct from {bootstrap}
        order by u.directory_id, u.id
        limit {Batch}
        """).ListAsync(row => Profile.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), ct);
}
