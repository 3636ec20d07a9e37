using DirectorySync.AttributeMapping.Engine;
using DirectorySync.AttributeMapping.Inventory;
using DirectorySync.AttributeMapping.Mappings;
using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.Feed.V1;
using DirectorySync.Identity.V1;
using Google.Protobuf;

namespace DirectorySync.AttributeMapping.Profiles;

/// <summary>What changes of users make of profiles, the inventory and our own feed: a few statements for a batch of any size.</summary>
internal sealed class UserChanges(Plans plans, ProfileCache cache, ChangeFeed feed, TimeProvider time)
{
    private sealed record Image(User User, byte[] Data, bool Deleted, string? TraceParent);

    public async Task ApplyAsync(Transaction tx, IReadOnlyList<Change> changes, Guid? bootstrap, CancellationToken ct)
    {
        var directories = changes.Select(c => c.DirectoryId).Distinct().Order(StringComparer.Ordinal).ToArray();
        var definitionVersion = 0L;
        var open = new Dictionary<string, HeldDirectory>();
        var held = new Dictionary<(string, string), StoredProfile>();
        var versions = new List<long>(changes.Count);
        await tx.ReadAllAsync(
            [
                (Plans.HoldDefinitions, row => definitionVersion = row.GetInt64(0)),
                (DirectoryRows.Hold(directories), row => DirectoryRows.AddHeld(open, row)),
                (Lock(changes), row => Keep(held, StoredProfile.Read(row))),
                (ProfileStatements.DrawVersions(changes.Count), row => versions.Add(row.GetInt64(0))),
            ],
            ct);
        if (open.Count < directories.Length)
        {
            await DirectoryRows.AddAsync(tx, directories, ct);
            open = await DirectoryRows.HoldAsync(tx, directories, ct);
        }

        var images = changes.Where(c => open.ContainsKey(c.DirectoryId)).Select(Parse).ToList();
        var known = held.Keys.ToHashSet();
        var mappings = new Dictionary<string, MappingPlan>();
        foreach (var (directoryId, directory) in open)
        {
            mappings[directoryId] = await plans.GetAsync(tx, directoryId, definitionVersion, directory, ct);
        }

        var batch = new Batch(held, bootstrap, time.Now());
        for (var i = 0; i < images.Count; i++)
        {
            batch.Add(images[i], mappings[images[i].User.DirectoryId], versions[i]);
        }

        batch.Write(tx);
        if (batch.Writes.Count > 0)
        {
            // Nobody can have read the others.
            await cache.WriteAsync(tx, [.. batch.Last.Where(write => known.Contains(write.Key)).Select(write => write.Value)]);
            WakeAfter(tx);
        }
    }

    /// <summary>Users that a bootstrap did not list exist no longer.</summary>
    public async Task SweepAsync(Transaction tx, Guid bootstrap, CancellationToken ct)
    {
        while (true)
        {
            var unlisted = await tx.Sql($"""
                select {StoredProfile.Columns}
                from profiles p
                join directory_mappings d on d.directory_id = p.directory_id and not d.closed
                where p.bootstrap is distinct from {bootstrap}
                order by p.directory_id, p.user_id
                limit 500
                for update of p
                """).ListAsync(StoredProfile.Read, ct);
            if (unlisted.Count == 0)
            {
                return;
            }

            // identity's own deletion would have been one version later.
            await ApplyAsync(tx, [.. unlisted.Select(DeletionOf)], bootstrap: null, ct);
        }
    }

    private static Change DeletionOf(StoredProfile stored)
    {
        var change = FeedImage.Of(
            stored.Profile.DirectoryId, User.Descriptor.FullName, stored.Profile.UserId, stored.Profile.UserVersion + 1, stored.UserData);
        change.Deleted = true;
        return change;
    }

    private static Image Parse(Change change)
    {
        var (user, data) = (User.Parser.ParseFrom(change.Resource.Value), change.Resource.Value.ToByteArray());
        if ((user.DirectoryId, user.Id, user.Version) != (change.DirectoryId, change.ResourceId, change.Version))
        {
            (user.DirectoryId, user.Id, user.Version) = (change.DirectoryId, change.ResourceId, change.Version);
            data = user.ToByteArray();
        }

        return new(user, data, change.Deleted, change.Traceparent.Length == 0 ? null : change.Traceparent);
    }

    private static SqlText Lock(IReadOnlyList<Change> changes)
    {
        var keys = changes.Select(c => (c.DirectoryId, c.ResourceId)).Distinct().ToArray();
        return $"""
            select {StoredProfile.Columns}
            from profiles p
            join unnest({Array.ConvertAll(keys, k => k.DirectoryId)}, {Array.ConvertAll(keys, k => k.ResourceId)}) as n (directory_id, user_id)
              on p.directory_id = n.directory_id and p.user_id = n.user_id
            order by p.directory_id, p.user_id
            for update of p
            """;
    }

    private static void Keep(Dictionary<(string, string), StoredProfile> held, StoredProfile stored) =>
        held.Add((stored.Profile.DirectoryId, stored.Profile.UserId), stored);

    private void WakeAfter(Transaction tx) => tx.AfterCommit(() =>
    {
        feed.Wake();
        return Task.CompletedTask;
    });

    /// <summary>A batch on its way: several changes of one user follow each other, and each is told.</summary>
    private sealed class Batch(Dictionary<(string, string), StoredProfile> held, Guid? bootstrap, DateTimeOffset now)
    {
        private readonly InventoryDelta inventory = new();
        private readonly List<string?> traceParents = [];
        private readonly List<(string DirectoryId, string UserId)> stamped = [];

        public List<ProfileWrite> Writes { get; } = [];

        public Dictionary<(string, string), ProfileWrite> Last { get; } = [];

        public void Add(Image image, MappingPlan plan, long version)
        {
            var key = (image.User.DirectoryId, image.User.Id);
            held.TryGetValue(key, out var before);
            if (image.Deleted ? before is null : before is not null && !IsNewer(image, before))
            {
                if (before is not null && bootstrap is not null)
                {
                    stamped.Add(key);
                }

                return;
            }

            using var document = image.Deleted ? null : new UserDocument(image.User);
            var profile = document is null
                ? new Profile { DirectoryId = key.DirectoryId, UserId = key.Id }
                : plan.Map(document);
            (profile.Version, profile.UserVersion, profile.UpdateTime) = (version, image.User.Version, now.ToTimestamp());
            var shape = document is null ? null : AttributeShape.Of(document);
            inventory.Add(key.DirectoryId, key.Id, ShapeOf(before, shape), shape);
            var problemsChanged = before is null ? profile.Problems.Count > 0
                : image.Deleted ? before.Profile.Problems.Count > 0 : !profile.Problems.Equals(before.Profile.Problems);
            var write = new ProfileWrite(
                profile, image.User, image.Data, shape?.Hash, image.Deleted,
                problemsChanged || (Last.TryGetValue(key, out var earlier) && earlier.ProblemsChanged));
            Writes.Add(write);
            traceParents.Add(image.TraceParent);
            Last[key] = write;
            if (image.Deleted)
            {
                held.Remove(key);
            }
            else
            {
                held[key] = new StoredProfile(image.Data, profile, bootstrap, shape!.Hash);
            }
        }

        public void Write(Transaction tx)
        {
            var statements = new List<SqlText>();
            if (Writes.Count > 0)
            {
                statements.AddRange(ProfileStatements.Rows(
                    [.. Last.OrderBy(w => w.Key).Select(w => w.Value)], bootstrap, now));
                statements.AddRange(inventory.Statements(now));
                statements.Add(ProfileStatements.Append(Writes, [.. traceParents]));
            }

            if (stamped.Count > 0)
            {
                statements.Add($"""
                    update profiles p set bootstrap = {bootstrap}
                    from unnest({stamped.ConvertAll(k => k.DirectoryId).ToArray()}, {stamped.ConvertAll(k => k.UserId).ToArray()})
                      as n (directory_id, user_id)
                    where p.directory_id = n.directory_id and p.user_id = n.user_id
                    """);
            }

            statements.ForEach(tx.ExecuteLater);
        }

        // Most changes leave it as it is.
        private static AttributeShape? ShapeOf(StoredProfile? before, AttributeShape? after)
        {
            if (before is null)
            {
                return null;
            }

            if (after is not null && before.Shape.AsSpan().SequenceEqual(after.Hash))
            {
                return after;
            }

            using var document = new UserDocument(before.User);
            return AttributeShape.Of(document);
        }

        // While a bootstrap lists, what is held may be from before identity was restored to something older.
        private bool IsNewer(Image image, StoredProfile before) => bootstrap is not null && before.Bootstrap != bootstrap
            ? image.User.Version != before.Profile.UserVersion || !image.Data.AsSpan().SequenceEqual(before.UserData)
            : image.User.Version > before.Profile.UserVersion;
    }
}
