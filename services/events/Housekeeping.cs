using DirectorySync.Events.Folding;
using DirectorySync.Events.Telling;
using Microsoft.Extensions.Options;

namespace DirectorySync.Events;

/// <summary>
/// What is done in the background of any replica: users are looked at anew when policies change, deleted directories are emptied, old events
/// are dropped. It may run twice at once.
/// </summary>
internal sealed class Housekeeping(
    Database database, TellerSignal signal, IOptions<EventsOptions> options, TimeProvider time, ILogger<Housekeeping> logger) : BackgroundService
{
    private const int Batch = 500;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private const int LargeBatch = 5_000;
    // What began before the directory was closed has ended by then.
    private static readonly TimeSpan PurgeAgain = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan AttemptsKept = TimeSpan.FromDays(7);
    private static readonly TimeSpan DropEvery = TimeSpan.FromHours(1);

    private DateTimeOffset nextDrop;

    /// <summary>Looks at the next users of a directory whose policies changed. False: there are no more.</summary>
    public Task<bool> RenewAsync(string directoryId, CancellationToken ct) => database.InTransactionAsync(
        async tx =>
        {
            var terms = await Terms.LockAsync(tx, [directoryId], ct);
            var after = await tx.Sql($"select d.renew_after from directories d where d.directory_id = {directoryId} and d.renew_after is not null")
                .FindAsync(row => row.GetString(0), ct);
            if (after is null)
            {
                return false;
            }

            var users = await tx.Sql($"""
                select u.directory_id, u.id from directory_users u where u.directory_id = {directoryId} and u.id > {after} order by u.id limit {Batch}
                """).ListAsync(UserPart.ReadKey, ct);
            await CurrentUsers.RenewAsync(tx, terms, users, ct);
            var more = users.Count == Batch;
            await tx.Sql($"update directories set renew_after = {(more ? users[^1].Id : null)} where directory_id = {directoryId}").ExecuteAsync(ct);
            signal.WakeAfter(tx);
            return more;
        },
        ct);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RenewAllAsync(stoppingToken);
                await PurgeAllAsync(stoppingToken);
                await DropAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // The next tick tries again.
                logger.HousekeepingFailed(e);
            }
        }
    }

    private async Task RenewAllAsync(CancellationToken ct)
    {
        var due = await database.Sql($"select d.directory_id from directories d where d.renew_after is not null limit 100")
            .ListAsync(row => row.GetString(0), ct);
        foreach (var directoryId in due)
        {
            while (await RenewAsync(directoryId, ct))
            {
            }
        }
    }

    /// <summary>Empties the directories whose time has come.</summary>
    internal async Task PurgeAllAsync(CancellationToken ct)
    {
        var due = await database.Sql($"""
            select d.directory_id from directories d
            where d.ended and not d.purged_again and (d.purge_time is null or d.purge_time < now() - {PurgeAgain}) limit 100
            """)
            .ListAsync(row => row.GetString(0), ct);
        foreach (var directoryId in due)
        {
            SqlText[] rows =
            [
                $"""
                delete from memberships where (directory_id, user_id, group_id) in (
                  select directory_id, user_id, group_id from memberships where directory_id = {directoryId} limit {Batch})
                """,
                $"delete from directory_users where (directory_id, id) in (select directory_id, id from directory_users where directory_id = {directoryId} limit {Batch})",
                $"delete from directory_groups where (directory_id, id) in (select directory_id, id from directory_groups where directory_id = {directoryId} limit {Batch})",
                $"delete from adopted_users where (directory_id, email_key) in (select directory_id, email_key from adopted_users where directory_id = {directoryId} limit {Batch})",
                $"delete from directory_tokens where (directory_id, id) in (select directory_id, id from directory_tokens where directory_id = {directoryId} limit {Batch})",
                $"delete from parked_changes where directory_id = {directoryId}",
                $"delete from reconciliations where directory_id = {directoryId}",
                $"delete from invitations where (directory_id, user_id) in (select directory_id, user_id from invitations where directory_id = {directoryId} limit {Batch})",
                $"delete from pending_directories where directory_id = {directoryId}",
                $"delete from pending_traces where directory_id = {directoryId}",
            ];
            foreach (var delete in rows)
            {
                while (await InClosedAsync(directoryId, async tx => await tx.Sql(delete).ExecuteAsync(ct) >= Batch, ct))
                {
                }
            }

            await InClosedAsync(
                directoryId,
                // Two replicas may have done it at the same time: that was once.
                async tx => await tx.Sql($"""
                    update directories
                    set purged_again = purged_again or coalesce(purge_time < now() - {PurgeAgain}, false), purge_time = now()
                    where directory_id = {directoryId}
                    """).ExecuteAsync(ct) > 0,
                ct);
            logger.DirectoryPurged(directoryId);
        }
    }

    private Task<bool> InClosedAsync(string directoryId, Func<Transaction, Task<bool>> work, CancellationToken ct) =>
        database.InTransactionAsync(
            async tx => !(await Terms.LockAsync(tx, [directoryId], ct)).IsOpen(directoryId) && await work(tx),
            ct);

    private async Task DropAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        if (now < nextDrop)
        {
            return;
        }

        nextDrop = now + DropEvery;
        var oldest = Guid.CreateVersion7(now - AttemptsKept).ToString();
        while (await database.Sql($"""
            delete from delivery_attempts where id in (select a.id from delivery_attempts a where a.id < {oldest} order by a.id limit {LargeBatch})
            """).ExecuteAsync(ct) == LargeBatch)
        {
        }

        await database.Sql($"delete from pending_traces t where t.note_time < {now - DropEvery}").ExecuteAsync(ct);
        await database.Sql($"delete from webhook_lanes l where not exists (select from webhook_endpoints e where e.id = l.endpoint_id)").ExecuteAsync(ct);
        var dropped = await database.Sql($"select drop_event_partitions({now - TimeSpan.FromDays(options.Value.RetentionDays)})")
            .SingleAsync(row => row.GetInt32(0), ct);
        if (dropped > 0)
        {
            logger.PartitionsDropped(dropped);
        }
    }
}
