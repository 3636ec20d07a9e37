using System.Diagnostics;
using DirectorySync.Chassis.Feed;
using DirectorySync.Events.Folding;
using DirectorySync.Feed.V1;
using DirectorySync.GroupMembership.V1;

namespace DirectorySync.Events.Reconciling;

/// <summary>
/// Compares one directory with one service, page by page, and heals through the very code that follows the service's feed. It locks the directory
/// only where something differs, and after what was under way had time to arrive; so it neither disturbs the feed nor reports what was merely late.
/// What is held here and not there is looked for a second time before it is taken for gone: it may have been created behind the first listing.
/// </summary>
internal sealed class Comparison(
    Database database, ChangeFeedService.ChangeFeedServiceClient source, string feed, FeedEffect effect, string directoryId, bool showsRaw,
    TimeSpan patience,
    Func<int, Task> compared, Action<string, int> healed)
{
    private const int MostMissing = 5_000;
    private const int HeldPage = 1_000;
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestRest = TimeSpan.FromMilliseconds(200);

    private readonly HeldKind[] kinds = HeldKind.OfFeeds[feed];
    private readonly Dictionary<(HeldKind Kind, string ResourceId), HeldResource> unlisted = [];

    public async Task RunAsync(CancellationToken ct)
    {
        do
        {
            unlisted.Clear();
            await ListAsync(CompareAsync, ct);
            if (unlisted.Count > 0)
            {
                // Full: those behind are looked at in the next round.
                var isFull = unlisted.Count >= MostMissing;
                await ListAsync((kind, _, _, listed, _) => ForgetAsync(kind, listed), ct);
                await RemoveAsync(ct);
                if (isFull)
                {
                    continue;
                }
            }

            return;
        }
        while (true);
    }

    private delegate Task Visit(HeldKind kind, string after, string? through, IReadOnlyList<Change> listed, CancellationToken ct);

    // Visits all that the service lists, and the rest of each kind behind the last of it.
    private async Task ListAsync(Visit visit, CancellationToken ct)
    {
        var after = kinds.ToDictionary(kind => kind, _ => "");
        using var call = source.ListResources(new() { DirectoryId = directoryId }, cancellationToken: ct);
        while (await call.ResponseStream.MoveNext(ct).WaitAsync(LongestSilence, ct))
        {
            var started = Stopwatch.GetTimestamp();
            foreach (var page in call.ResponseStream.Current.Resources.GroupBy(FeedImage.TypeOf))
            {
                if (Array.Find(kinds, kind => kind.Type == page.Key) is not { } kind)
                {
                    continue;
                }

                var listed = page.ToList();
                await visit(kind, after[kind], listed[^1].ResourceId, listed, ct);
                after[kind] = listed[^1].ResourceId;
            }

            // As long as it works it rests: others want to read and write too.
            var worked = Stopwatch.GetElapsedTime(started);
            await Task.Delay(worked < LongestRest ? worked : LongestRest, ct);
        }

        foreach (var kind in kinds)
        {
            await visit(kind, after[kind], null, [], ct);
        }
    }

    private async Task CompareAsync(HeldKind kind, string after, string? through, IReadOnlyList<Change> listed, CancellationToken ct)
    {
        var held = await HeldBetweenAsync(kind, after, through, listed, ct);
        var differing = listed.Where(change => IsOurs(change) && !kind.IsHeld(change, held.GetValueOrDefault(change.ResourceId), showsRaw)).ToList();
        await HealAsync(kind, differing, ct);
        await compared(listed.Count);
    }

    // What is held in the range; whoever is not listed is noted on the way.
    private async Task<Dictionary<string, HeldResource>> HeldBetweenAsync(
        HeldKind kind, string after, string? through, IReadOnlyList<Change> listed, CancellationToken ct)
    {
        var names = listed.Select(change => change.ResourceId).ToHashSet();
        var held = new Dictionary<string, HeldResource>();
        while (true)
        {
            var page = await database.Sql(kind.Between(directoryId, after, through, HeldPage)).ListAsync(Read, ct);
            foreach (var one in page)
            {
                if (names.Contains(one.ResourceId))
                {
                    held[one.ResourceId] = one;
                }
                else if (unlisted.Count < MostMissing && kind.IsMissed(one))
                {
                    unlisted[(kind, one.ResourceId)] = one;
                }
            }

            if (page.Count < HeldPage)
            {
                return held;
            }

            after = page[^1].ResourceId;
        }
    }

    private async Task HealAsync(HeldKind kind, List<Change> differing, CancellationToken ct)
    {
        if (differing.Count == 0)
        {
            return;
        }

        await AwaitFeedAsync(ct);
        var (missing, different) = await database.InTransactionAsync(
            async tx =>
            {
                var terms = await Terms.LockAsync(tx, [directoryId], ct);
                if (!terms.IsOpen(directoryId))
                {
                    return (0, 0);
                }

                var held = (await tx.Sql(kind.Of(directoryId, [.. differing.Select(change => change.ResourceId)])).ListAsync(Read, ct))
                    .ToDictionary(one => one.ResourceId);
                var still = differing.Where(change => !kind.IsHeld(
                    change, held.GetValueOrDefault(change.ResourceId), terms[directoryId].ShowsRaw)).ToList();
                if (still.Count == 0)
                {
                    return (0, 0);
                }

                var same = still.Where(change => held.GetValueOrDefault(change.ResourceId)?.Version == change.Version).Select(change => change.ResourceId);
                await tx.Sql(kind.MakeOlder(directoryId, [.. same])).ExecuteAsync(ct);
                await effect.Apply(tx, new(still, null, Complete: true), ct);
                var absent = still.Count(change => !held.ContainsKey(change.ResourceId));
                return (absent, still.Count - absent);
            },
            ct);
        healed($"{kind.Name}.missing", missing);
        healed($"{kind.Name}.different", different);
    }

    private Task ForgetAsync(HeldKind kind, IReadOnlyList<Change> listed)
    {
        foreach (var change in listed)
        {
            unlisted.Remove((kind, change.ResourceId));
        }

        return Task.CompletedTask;
    }

    // What was held before the second listing, and is held unchanged, does not exist there.
    private async Task RemoveAsync(CancellationToken ct)
    {
        // A directory that is not listed is deleted there: its own change says so, and all that was in it goes with it.
        if (unlisted.Count == 0 || unlisted.Keys.Any(key => key.Kind.Type == Identity.V1.Directory.Descriptor.FullName))
        {
            return;
        }

        await AwaitFeedAsync(ct);
        foreach (var kind in kinds)
        {
            foreach (var part in unlisted.Where(entry => entry.Key.Kind == kind).Select(entry => entry.Value).Chunk(HeldPage / 2))
            {
                var gone = await database.InTransactionAsync(
                    async tx =>
                    {
                        if (!(await Terms.LockAsync(tx, [directoryId], ct)).IsOpen(directoryId))
                        {
                            return 0;
                        }

                        var held = await tx.Sql(kind.Of(directoryId, [.. part.Select(one => one.ResourceId)])).ListAsync(Read, ct);
                        var still = held.Where(one => part.Any(seen => seen.ResourceId == one.ResourceId && seen.Version == one.Version)).ToList();
                        if (still.Count > 0)
                        {
                            await effect.Apply(tx, new([.. still.Select(one => kind.Gone(directoryId, one))], null, Complete: true), ct);
                        }

                        return still.Count;
                    },
                    ct);
                healed($"{kind.Name}.gone", gone);
            }
        }
    }

    // What was written before now has arrived by itself, unless the feed is behind or lost it.
    private async Task AwaitFeedAsync(CancellationToken ct)
    {
        var asked = await database.Sql($"select clock_timestamp()").SingleAsync(row => row.GetFieldValue<DateTimeOffset>(0), ct);
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < patience && !await database.Sql($"""
            select exists (select from feed_positions p where p.feed = {feed} and p.caught_up_time >= {asked})
            """).SingleAsync(row => row.GetBoolean(0), ct))
        {
            await Task.Delay(LookEvery, ct);
        }
    }

    // Groups that are members of groups are not told.
    private static bool IsOurs(Change change) =>
        FeedImage.TypeOf(change) != Membership.Descriptor.FullName || Membership.Parser.ParseFrom(change.Resource.Value).Member.Type != MemberType.Group;

    private static HeldResource Read(Npgsql.NpgsqlDataReader row) => new(row.GetString(0), row.GetInt64(1), row.GetFieldValue<byte[]>(2));
}
