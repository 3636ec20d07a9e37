using System.Diagnostics;
using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Sql;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DirectorySync.Chassis.Feed;

/// <summary>
/// Deletes the changes that every consumer has applied, and those of what is erased, and forgets consumers that are silent. Replicas may do it side by side.
/// </summary>
internal sealed class FeedPruning(Database database, IOptions<ChangeFeedOptions> options, ILogger<FeedPruning> logger) : BackgroundService
{
    private const int BatchSize = 5000;
    private static readonly TimeSpan EraseEvery = TimeSpan.FromSeconds(5);

    /// <summary>One pass; answers how many changes went.</summary>
    public async Task<int> PruneAsync(CancellationToken ct)
    {
        var horizon = await database.InTransactionAsync(tx => MoveHorizonAsync(tx, ct), ct);
        var pruned = 0;
        for (var batch = BatchSize; horizon is not null && batch == BatchSize; pruned += batch)
        {
            batch = await database.Sql($"""
                delete from changes where id in (
                  select id from changes where xid < {horizon}::xid8 order by xid, id limit {BatchSize} for update skip locked)
                """).ExecuteAsync(ct);
        }

        return pruned;
    }

    /// <summary>Removes the images of what was erased, whoever still has to read them: the deletion tells the rest.</summary>
    public async Task EraseAsync(CancellationToken ct)
    {
        var erased = await database.Sql($"select e.directory_id, e.resource_id, e.note_time from erased_resources e order by e.note_time limit {BatchSize}")
            .ListAsync(row => (DirectoryId: row.GetString(0), ResourceId: row.GetString(1), Time: row.GetFieldValue<DateTimeOffset>(2)), ct);
        if (erased.Count == 0)
        {
            return;
        }

        var resources = erased.Where(e => e.ResourceId.Length > 0).ToList();
        SqlText[] found =
        [
            $"""
            select c.id from changes c
            join unnest({resources.ConvertAll(e => e.DirectoryId).ToArray()}, {resources.ConvertAll(e => e.ResourceId).ToArray()})
              as e (directory_id, resource_id)
              on e.directory_id = c.directory_id and e.resource_id = coalesce(nullif(split_part(c.resource_id, '/', 2), ''), c.resource_id)
            where not c.deleted
            """,
            $"""
            select c.id from changes c
            where c.directory_id = any({erased.Where(e => e.ResourceId.Length == 0).Select(e => e.DirectoryId).ToArray()})
              and c.resource_id <> c.directory_id
            """,
        ];
        foreach (var images in found)
        {
            while (await database.Sql($"delete from changes where id in ({images} limit {BatchSize})").ExecuteAsync(ct) == BatchSize)
            {
            }
        }

        await database.Sql($"""
            delete from erased_resources e
            using unnest({erased.ConvertAll(e => e.DirectoryId).ToArray()}, {erased.ConvertAll(e => e.ResourceId).ToArray()},
              {erased.ConvertAll(e => e.Time.UtcDateTime).ToArray()}) as i (directory_id, resource_id, note_time)
            where e.directory_id = i.directory_id and e.resource_id = i.resource_id and e.note_time = i.note_time
            """).ExecuteAsync(ct);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pruned = Stopwatch.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            // Replicas started together drift apart.
            var pause = options.Value.Prune < EraseEvery ? options.Value.Prune : EraseEvery;
            await Task.Delay(pause * (0.75 + (Random.Shared.NextDouble() / 2)), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await EraseAsync(stoppingToken);
                if (Stopwatch.GetElapsedTime(pruned) >= options.Value.Prune * 0.75)
                {
                    pruned = Stopwatch.GetTimestamp();
                    await PruneAsync(stoppingToken);
                }
            }
            catch (Exception e) when (ErrorInterceptor.IsStoreFailure(e))
            {
                logger.FeedStoreUnavailable(e);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>
    /// Changes of transactions before the horizon are visible to every consumer, or old where there is none. It is stored before anything
    /// is deleted, so that a read whose changes are gone notices. Null: the feed's epoch is not this database's.
    /// </summary>
    private async Task<string?> MoveHorizonAsync(Transaction tx, CancellationToken ct)
    {
        // A registration under way holds the row, and is seen by the next statement.
        await tx.Sql($"select from feed for update").ExecuteAsync(ct);
        await tx.Sql($"delete from feed_consumers where seen_time < now() - {options.Value.Retention}").ExecuteAsync(ct);
        return await tx.Sql($"""
            with ended as (select pg_snapshot_xmin(pg_current_snapshot()) as xid),
            slowest as (select pg_snapshot_xmin(applied) as xid from feed_consumers order by 1 limit 1),
            oldest_kept as (
              select xid from changes
              where not exists (select from slowest) and create_time >= now() - {options.Value.Retention}
              order by xid, id limit 1)
            update feed set pruned_before = greatest(
              pruned_before, least((select xid from ended), coalesce((select xid from slowest), (select xid from oldest_kept))))
            where epoch = ({FeedEpoch.CurrentSql})
            returning pruned_before::text
            """).FindAsync(row => row.GetString(0), ct);
    }
}
