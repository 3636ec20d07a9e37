using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Sql;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DirectorySync.Chassis.Feed;

/// <summary>
/// Deletes the changes that every consumer has applied, and forgets consumers that are silent. Replicas may do it side by side.
/// </summary>
internal sealed class FeedPruning(Database database, IOptions<ChangeFeedOptions> options, ILogger<FeedPruning> logger) : BackgroundService
{
    private const int BatchSize = 5000;

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

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            // Replicas started together drift apart.
            await Task.Delay(options.Value.Prune * (0.75 + (Random.Shared.NextDouble() / 2)), stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await PruneAsync(stoppingToken);
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
