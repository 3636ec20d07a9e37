using Google.Protobuf;

namespace DirectorySync.Events.Telling;

/// <summary>
/// The log. Whoever appends holds its end from before the first event is made until the commit; so whoever sees an event sees all before it.
/// </summary>
internal sealed class EventLog
{
    private static readonly TimeSpan Ahead = TimeSpan.FromDays(8);

    // Partitions are there until then.
    private DateTimeOffset ready;

    /// <summary>The end of the log, held until the transaction ends; null while another replica holds it.</summary>
    public static Task<LogEnd?> FindEndAsync(Transaction tx, CancellationToken ct) => tx.Sql($"""
        select position, tell_time from event_log for update skip locked
        """).FindAsync(row => new LogEnd(row.GetInt64(0), row.GetFieldValue<DateTimeOffset>(1)), ct);

    /// <summary>Appends the events, in this order.</summary>
    public async Task AppendAsync(Transaction tx, LogEnd end, DateTimeOffset time, IReadOnlyList<Event> events, CancellationToken ct)
    {
        if (time >= ready)
        {
            await tx.Sql($"select ensure_event_partitions({time}, {time + Ahead})").ExecuteAsync(ct);
            tx.AfterCommit(() =>
            {
                ready = time + Ahead;
                return Task.CompletedTask;
            });
        }

        await tx.ExecuteAllAsync(
            [
                $"""
                insert into events (directory_id, sequence, create_time, position, id, type, organization_id, data, user_id)
                select i.directory_id, i.sequence, {time}, {end.Position} + i.number, i.id, i.type, i.organization_id, i.data,
                  nullif(i.user_id, '')
                from unnest({events.Select(e => e.DirectoryId).ToArray()}, {events.Select(e => e.Sequence).ToArray()},
                  {events.Select(e => e.Id).ToArray()}, {events.Select(e => e.Type).ToArray()}, {events.Select(e => e.OrganizationId).ToArray()},
                  {events.Select(e => e.ToByteArray()).ToArray()}, {events.Select(e => e.UserId).ToArray()}) with ordinality
                  as i (directory_id, sequence, id, type, organization_id, data, user_id, number)
                """,
                $"update event_log set position = {end.Position + events.Count}, tell_time = {time}",
            ],
            ct);
    }
}

/// <summary>The end of the log.</summary>
/// <param name="Position">Of the last event.</param>
/// <param name="Time">When it was told.</param>
internal sealed record LogEnd(long Position, DateTimeOffset Time);
