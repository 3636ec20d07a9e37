using DirectorySync.Chassis.Sql;

namespace DirectorySync.Roles;

/// <summary>
/// Brings the users of directories up to changed rules, batch by batch, in the background of any replica. A batch, and how far it came, are
/// one transaction: whatever dies when, another goes on from there. Between batches the directory is free for what comes from the feeds.
/// </summary>
internal sealed class RecomputationWorker(
    Database database, Recalculation recalculation, RecomputationQueue queue, ILogger<RecomputationWorker> logger) : BackgroundService
{
    private const int Batch = 500;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Decides anew about the next users of a directory. False: there is nothing more to do here, or another replica does it.</summary>
    public Task<bool> RunBatchAsync(string directoryId, CancellationToken ct) => database.InTransactionAsync(
        async tx =>
        {
            var ours = await tx.Sql($"select pg_try_advisory_xact_lock(hashtextextended('recomputation ' || {directoryId}, 0))")
                .SingleAsync(row => row.GetBoolean(0), ct);
            if (!ours)
            {
                return false;
            }

            var terms = await Terms.LockAsync(tx, [directoryId], ct);
            // Held before the rules and roles are read: who changes them starts the work anew afterwards.
            var after = await tx.Sql($"""
                select r.after_user_id from recomputations r where r.directory_id = {directoryId} and r.finish_time is null for update
                """).FindAsync(row => row.GetString(0), ct);
            if (after is null || !terms.Ready)
            {
                return false;
            }

            var users = await tx.Sql($"""
                select u.id from users u where u.directory_id = {directoryId} and u.id > {after} order by u.id limit {Batch}
                """).ListAsync(row => new UserKey(directoryId, row.GetString(0)), ct);
            var rulings = await terms.ReadRulingsAsync(tx, ct);
            var changed = await recalculation.RunAsync(tx, terms, rulings, users, [], ct);
            await tx.Sql($"""
                update recomputations
                set after_user_id = {(users is [.., var last] ? last.Id : after)}, done = done + {users.Count}, changed = changed + {changed},
                  total = coalesce(total, (select count(*) from users u where u.directory_id = {directoryId})),
                  start_time = coalesce(start_time, now()), finish_time = case when {users.Count < Batch} then clock_timestamp() end
                where directory_id = {directoryId}
                """).ExecuteAsync(ct);
            return users.Count == Batch;
        },
        ct);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunAllAsync(stoppingToken);
                await ReleaseAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // The next round goes on where this one stopped.
                logger.RecomputationFailed(e);
            }

            await queue.WaitAsync(Pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RunAllAsync(CancellationToken ct)
    {
        var unfinished = await database.Sql($"""
            select r.directory_id from recomputations r where r.finish_time is null and {Terms.IsReady} order by r.request_time limit 100
            """).ListAsync(row => row.GetString(0), ct);

        // In turn, so that a large directory does not keep small ones waiting.
        while (unfinished.Count > 0)
        {
            foreach (var directoryId in unfinished.ToList())
            {
                if (!await TryBatchAsync(directoryId, ct))
                {
                    unfinished.Remove(directoryId);
                }
            }
        }
    }

    // What fails in one directory must not keep the others waiting; the next round tries again.
    private async Task<bool> TryBatchAsync(string directoryId, CancellationToken ct)
    {
        try
        {
            return await RunBatchAsync(directoryId, ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            logger.RecomputationFailed(e);
            return false;
        }
    }

    // Roles that the guard keeps although it is off, or although somebody else has them.
    private async Task ReleaseAsync(CancellationToken ct)
    {
        var needless = await database.Sql($"""
            select r.directory_id, r.user_id
            from role_users r
            join directories d on d.directory_id = r.directory_id
            where r.kept and {Terms.IsReady} and (
              not exists (select from role_guards g where g.organization_id = d.organization_id)
              or exists (
                select from directories o
                join role_users other on other.directory_id = o.directory_id and other.role = r.role
                where o.organization_id = d.organization_id and (other.directory_id, other.user_id) <> (r.directory_id, r.user_id)))
            order by r.directory_id, r.user_id
            limit {Batch}
            """).ListAsync(row => new UserKey(row.GetString(0), row.GetString(1)), ct);
        foreach (var users in needless.GroupBy(user => user.DirectoryId))
        {
            await database.InTransactionAsync(
                async tx =>
                {
                    var terms = await Terms.LockAsync(tx, [users.Key], ct);
                    await recalculation.RunAsync(tx, terms, await terms.ReadRulingsAsync(tx, ct), [.. users], [], ct);
                },
                ct);
        }
    }
}
