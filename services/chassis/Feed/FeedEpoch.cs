using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DirectorySync.Chassis.Feed;

/// <summary>
/// Which history the changes belong to. A database restored from a dump is another history: its transaction numbers say nothing about
/// the rows it brought along. It is recognized by cluster, database and table, and begins a new epoch without changes and consumers.
/// </summary>
internal sealed class FeedEpoch(Database database, ILogger<FeedEpoch> logger) : IHostedService
{
    /// <summary>The epoch, or null if the row was written by another database than this one.</summary>
    public static SqlText CurrentSql => $"""
        select epoch from feed
        where system_identifier = (select system_identifier from pg_control_system())
          and database_oid = (select oid from pg_database where datname = current_database())
          and changes_oid = 'changes'::regclass
        """;

    /// <summary>FEED_RESET if the token is not of this epoch, or changes that it needs are pruned.</summary>
    public async Task CheckAsync(ResumeToken token, Guid? epoch, ulong prunedBefore, FeedSnapshot now, CancellationToken ct)
    {
        if (epoch is null)
        {
            await EnsureAsync(ct);
        }

        if (token.Epoch != epoch)
        {
            throw Reset("The resume token belongs to another epoch of the feed.");
        }

        if (token.Seen.Xmin < prunedBefore)
        {
            throw Reset("Changes after the resume token are pruned.");
        }

        if (token.Seen.Xmax > now.Xmax || token.Upper?.Xmax > now.Xmax)
        {
            throw Reset("The resume token is ahead of the database.");
        }
    }

    /// <summary>The epoch; begins a new one if this database has none of its own.</summary>
    public async Task<Guid> EnsureAsync(CancellationToken ct)
    {
        if (await database.Sql(CurrentSql).FindAsync(row => (Guid?)row.GetGuid(0), ct) is { } known)
        {
            return known;
        }

        var (epoch, isNew) = await database.InTransactionAsync(
            async tx =>
            {
                await tx.Sql($"lock table feed in exclusive mode").ExecuteAsync(ct);
                if (await tx.Sql(CurrentSql).FindAsync(row => (Guid?)row.GetGuid(0), ct) is { } other)
                {
                    return (other, false);
                }

                var epoch = Guid.NewGuid();
                await tx.ExecuteAllAsync(
                    [
                        $"truncate changes",
                        $"delete from feed_consumers",
                        $"delete from feed",
                        $"""
                        insert into feed (epoch, system_identifier, database_oid, changes_oid, pruned_before)
                        select {epoch}, system_identifier, (select oid from pg_database where datname = current_database()),
                          'changes'::regclass, pg_snapshot_xmin(pg_current_snapshot())
                        from pg_control_system()
                        """,
                    ],
                    ct);
                return (epoch, true);
            },
            ct);
        if (isNew)
        {
            logger.NewEpoch(epoch);
        }

        return epoch;
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await EnsureAsync(cancellationToken);
        }
        catch (Exception e) when (ErrorInterceptor.IsStoreFailure(e))
        {
            // Whoever uses the feed asks again.
            logger.FeedStoreUnavailable(e);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    internal static Exception Reset(string why) =>
        ErrorReason.FeedReset.ToRpc(why, ("remedy", "Register with restart, list the resources, and watch from the new token."));
}
