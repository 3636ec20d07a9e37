using Google.Protobuf;

namespace DirectorySync.Events.Erasure;

/// <summary>
/// Empties what was told of erased users, and of directories that are gone: events keep id, sequence and place, attempts go. In batches that commit
/// one by one, in any replica; a second time after ten minutes, for what was under way the first time.
/// </summary>
internal sealed class LogEraser(Database database, ILogger<LogEraser> logger, TimeProvider time) : BackgroundService
{
    private const int Batch = 500;
    private const int Rounds = 2;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(10);

    // What was told of a directory that is gone may still be read and delivered for so long.
    private static readonly TimeSpan Longest = TimeSpan.FromHours(20);

    private sealed record Due(string DirectoryId, string UserId, long Sequence)
    {
        public bool WholeDirectory => UserId.Length == 0;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                while (await EraseNextAsync(stoppingToken))
                {
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // The next tick tries again.
                logger.ErasureFailed(e);
            }
        }
    }

    /// <summary>A batch of what is due first. False: nothing is.</summary>
    internal Task<bool> EraseNextAsync(CancellationToken ct) => database.InTransactionAsync(
        async tx =>
        {
            var due = await tx.Sql($"""
                select e.directory_id, e.user_id, e.sequence
                from erasures e
                left join directories d on d.directory_id = e.directory_id and e.user_id = ''
                where e.due_time <= clock_timestamp() and (e.user_id <> '' or (d.closed and (e.request_time < clock_timestamp() - {Longest}
                  or not exists (select from webhook_lanes l
                    join webhook_endpoints p on p.id = l.endpoint_id and p.enabled
                    where l.directory_id = e.directory_id and l.sequence < l.last_sequence and not l.stopped))))
                order by e.due_time
                limit 1
                for update of e skip locked
                """).FindAsync(row => new Due(row.GetString(0), row.GetString(1), row.GetInt64(2)), ct);
            if (due is null)
            {
                return false;
            }

            var events = await ListAsync(tx, due, ct);
            var emptied = events.ConvertAll(told => Tombstone.Of(told, due.WholeDirectory));
            await tx.ExecuteAllAsync(
                [
                    $"""
                    update events e set data = i.data
                    from unnest({emptied.Select(e => e.Sequence).ToArray()}, {emptied.Select(e => e.CreateTime.ToDateTime()).ToArray()},
                      {emptied.Select(e => e.ToByteArray()).ToArray()}) as i (sequence, create_time, data)
                    where e.directory_id = {due.DirectoryId} and e.sequence = i.sequence and e.create_time = i.create_time and e.data <> i.data
                    """,
                    $"""
                    delete from delivery_attempts a
                    where a.directory_id = {due.DirectoryId} and a.event_id = any({emptied.Select(e => e.Id).ToArray()})
                    """,
                    events.Count == Batch
                        ? $"update erasures e set sequence = {events[^1].Sequence} where e.directory_id = {due.DirectoryId} and e.user_id = {due.UserId}"
                        : (SqlText)$"""
                        update erasures e set rounds = e.rounds + 1, sequence = 0, due_time = clock_timestamp() + {Again}
                        where e.directory_id = {due.DirectoryId} and e.user_id = {due.UserId}
                        """,
                    $"delete from erasures e where e.directory_id = {due.DirectoryId} and e.user_id = {due.UserId} and e.rounds >= {Rounds}",
                ],
                ct);
            return true;
        },
        ct);

    private static Task<List<Event>> ListAsync(Transaction tx, Due due, CancellationToken ct)
    {
        var ofUser = due.WholeDirectory ? SqlText.Empty : (SqlText)$" and e.user_id = {due.UserId}";
        return tx.Sql($"""
            select e.data from events e
            where e.directory_id = {due.DirectoryId} and e.sequence > {due.Sequence}{ofUser}
            order by e.sequence
            limit {Batch}
            """).ListAsync(row => Event.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), ct);
    }
}
