using Google.Protobuf;
using Microsoft.Extensions.Options;
using Npgsql;

namespace DirectorySync.Events.Webhooks;

/// <summary>A lane that this process delivers, for as long as its lease counts.</summary>
internal sealed record ClaimedLane(
    string DirectoryId, WebhookEndpoint Endpoint, Guid Lease, long Sequence, long LastSequence, DateTimeOffset EventTime, long ReplaySequence, int Attempts,
    DateTimeOffset? FailingSince, int Refusals, DateTimeOffset? RefusedSince)
{
    public string EndpointId => Endpoint.Id;

    /// <summary>The lane once an event is done with.</summary>
    public ClaimedLane Behind(Event told) =>
        this with
        {
            Sequence = told.Sequence, EventTime = told.CreateTime.ToDateTimeOffset(), Attempts = 0, FailingSince = null, Refusals = 0, RefusedSince = null,
        };

    /// <summary>Where no type is named, all are wanted.</summary>
    public bool Wants(Event told) => Endpoint.Events.Count == 0 || Endpoint.Events.Contains(told.Type);
}

/// <summary>The lanes: who has what to deliver, and how far each came. All is decided in the row, so any replica goes on where another died.</summary>
internal sealed class LaneStore(Database database, IOptions<WebhookOptions> options)
{
    // An attempt, and what is recorded of it.
    private TimeSpan Lease => options.Value.Timeout + TimeSpan.FromSeconds(15);

    /// <summary>In the transaction of the telling: lanes of endpoints that want some of these events have something to deliver.</summary>
    public static Task ExtendAsync(Transaction tx, IReadOnlyList<Event> events, DateTimeOffset time, CancellationToken ct)
    {
        var directories = events.GroupBy(told => told.DirectoryId).OrderBy(group => group.Key, StringComparer.Ordinal).ToList();
        return tx.Sql($"""
            insert into webhook_lanes as l (directory_id, endpoint_id, sequence, event_time, last_sequence)
            select i.directory_id, e.id, i.first - 1, {time}, i.last
            from unnest({directories.Select(d => d.Key).ToArray()}, {directories.Select(d => d.Min(told => told.Sequence)).ToArray()},
              {directories.Select(d => d.Max(told => told.Sequence)).ToArray()},
              {directories.Select(d => string.Join(' ', d.Select(told => told.Type).Distinct())).ToArray()}) as i (directory_id, first, last, types)
            join webhook_endpoints e on e.enabled and (e.events = array[]::text[] or e.events && string_to_array(i.types, ' '))
            order by i.directory_id, e.id
            on conflict (directory_id, endpoint_id) do update
            set last_sequence = excluded.last_sequence,
              sequence = case when l.sequence = l.last_sequence then excluded.sequence else l.sequence end,
              event_time = case when l.sequence = l.last_sequence then excluded.event_time else l.event_time end
            """).ExecuteAsync(ct);
    }

    /// <summary>What was told while an endpoint was disabled is to be delivered. The log's end is held.</summary>
    /// <param name="tx">The change of the endpoint.</param>
    /// <param name="endpointId">The endpoint.</param>
    /// <param name="position">End of the log when it was disabled.</param>
    /// <param name="time">When that was told: later events are at that time or behind it.</param>
    /// <param name="ct">Ends the work.</param>
    public static Task<int> ResumeEndpointAsync(Transaction tx, string endpointId, long position, DateTimeOffset time, CancellationToken ct) => tx.Sql($"""
        insert into webhook_lanes as l (directory_id, endpoint_id, sequence, event_time, last_sequence)
        select e.directory_id, {endpointId}, min(e.sequence) - 1, min(e.create_time), max(e.sequence)
        from events e
        where e.create_time >= {time} and e.position > {position}
        group by e.directory_id
        on conflict (directory_id, endpoint_id) do update
        set last_sequence = excluded.last_sequence, next_time = clock_timestamp(), stopped = false, attempts = 0, failing_since = null,
          refusals = 0, refused_since = null,
          sequence = case when l.sequence = l.last_sequence then greatest(l.sequence, excluded.sequence) else l.sequence end
        """).ExecuteAsync(ct);

    /// <summary>Takes lanes that are due, but none of the endpoints that have enough to do.</summary>
    public Task<List<ClaimedLane>> ClaimAsync(string[] busyEndpoints, int limit, CancellationToken ct) => database.Sql($"""
        with due as materialized (
          select l.directory_id, l.endpoint_id
          from webhook_lanes l
          join webhook_endpoints e on e.id = l.endpoint_id and e.enabled
          where l.sequence < l.last_sequence and not l.stopped and l.next_time <= clock_timestamp()
            and (l.lease_time is null or l.lease_time < clock_timestamp()) and l.endpoint_id <> all({busyEndpoints})
          order by l.next_time
          limit {limit}
          for update of l skip locked
        )
        update webhook_lanes l
        set lease = gen_random_uuid(), lease_time = clock_timestamp() + {Lease}
        from due d
        join webhook_endpoints e on e.id = d.endpoint_id
        where l.directory_id = d.directory_id and l.endpoint_id = d.endpoint_id
        returning l.directory_id, e.data, l.sequence, l.event_time, l.replay_sequence, l.attempts, l.failing_since, l.lease, l.last_sequence,
          l.refusals, l.refused_since
        """).ListAsync(
        row => new ClaimedLane(
            row.GetString(0), WebhookEndpoint.Parser.ParseFrom(row.GetFieldValue<byte[]>(1)), row.GetGuid(7), row.GetInt64(2), row.GetInt64(8),
            row.GetFieldValue<DateTimeOffset>(3), row.GetInt64(4), row.GetInt32(5), Time(row, 6), row.GetInt32(9), Time(row, 10)),
        ct);

    /// <summary>The next events of a lane.</summary>
    public Task<List<Event>> ListNextAsync(ClaimedLane lane, int limit, CancellationToken ct) => database.Sql($"""
        select e.data from events e
        where e.directory_id = {lane.DirectoryId} and e.sequence > {lane.Sequence} and e.create_time >= {lane.EventTime}
        order by e.sequence
        limit {limit}
        """).ListAsync(row => Event.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), ct);

    /// <summary>
    /// Moves a lane behind an event, and records the attempt and the dead letter with it. False: another has the lane, or the endpoint is gone,
    /// disabled or changed.
    /// </summary>
    public Task<bool> MoveAsync(ClaimedLane lane, Event behind, DeliveryAttempt? attempt, DeadLetter? deadLetter, CancellationToken ct) => database.Sql($"""
        with moved as (
          update webhook_lanes l
          set sequence = {behind.Sequence}, event_time = {behind.CreateTime.ToDateTimeOffset()}, attempts = 0, failing_since = null,
            refusals = 0, refused_since = null, last_error = '', lease_time = clock_timestamp() + {Lease}
          where l.directory_id = {lane.DirectoryId} and l.endpoint_id = {lane.EndpointId} and l.lease = {lane.Lease}
            and l.sequence = {lane.Sequence}
          returning l.directory_id
        ),
        attempted as ({Record(attempt)} select i.directory_id, i.id, i.endpoint_id, i.data, i.event_id from {Values(attempt)} i where exists (select from moved)),
        parked as ({Record(deadLetter)} select i.directory_id, i.endpoint_id, i.event_id, i.id, i.data from {Values(deadLetter)} i
          where exists (select from moved) on conflict do nothing)
        select exists (select from moved) and exists (
          select from webhook_endpoints e where e.id = {lane.EndpointId} and e.enabled and e.data = {lane.Endpoint.ToByteArray()})
        """).SingleAsync(row => row.GetBoolean(0), ct);

    /// <summary>The event in the way is tried again at a time, or only when a person says so.</summary>
    public Task FailAsync(
        ClaimedLane lane, DeliveryAttempt attempt, DeliveryResult result, DateTimeOffset since, DateTimeOffset? next, CancellationToken ct) => database.Sql($"""
        with failed as (
          update webhook_lanes l
          set attempts = l.attempts + 1, failing_since = {since}, last_error = {result.Text}, stopped = {next is null},
            refusals = l.refusals + {(result.Refused ? 1 : 0)},
            refused_since = case when {result.Refused} then coalesce(l.refused_since, clock_timestamp()) else l.refused_since end,
            next_time = coalesce({next}, l.next_time), lease = null, lease_time = null
          where l.directory_id = {lane.DirectoryId} and l.endpoint_id = {lane.EndpointId} and l.lease = {lane.Lease}
          returning l.directory_id
        )
        {Record(attempt)} select i.directory_id, i.id, i.endpoint_id, i.data, i.event_id from {Values(attempt)} i where exists (select from failed)
        """).ExecuteAsync(ct);

    /// <summary>Gives a lane back. Exhausted: what it was there for is not kept any more.</summary>
    public Task ReleaseAsync(ClaimedLane lane, bool exhausted, TimeSpan wait, CancellationToken ct) => database.Sql($"""
        update webhook_lanes l
        set lease = null, lease_time = null, next_time = clock_timestamp() + {wait},
          sequence = case when {exhausted} then greatest(l.sequence, {lane.LastSequence}) else l.sequence end
        where l.directory_id = {lane.DirectoryId} and l.endpoint_id = {lane.EndpointId} and l.lease = {lane.Lease}
        """).ExecuteAsync(ct);

    public Task RecordAsync(DeliveryAttempt attempt, CancellationToken ct) =>
        database.Sql($"{Record(attempt)} select i.directory_id, i.id, i.endpoint_id, i.data, i.event_id from {Values(attempt)} i").ExecuteAsync(ct);

    private static SqlText Record(DeliveryAttempt? _) => $"insert into delivery_attempts (directory_id, id, endpoint_id, data, event_id)";

    private static SqlText Record(DeadLetter? _) => $"insert into dead_letters (directory_id, endpoint_id, event_id, id, data)";

    private static SqlText Values(DeliveryAttempt? attempt) => $"""
        (select {attempt?.DirectoryId} as directory_id, {attempt?.Id} as id, {attempt?.EndpointId} as endpoint_id,
          {attempt?.ToByteArray() ?? []} as data, {attempt?.EventId} as event_id where {attempt is not null})
        """;

    private static SqlText Values(DeadLetter? letter) => $"""
        (select {letter?.DirectoryId} as directory_id, {letter?.EndpointId} as endpoint_id, {letter?.EventId} as event_id,
          {Guid.CreateVersion7().ToString()} as id, {letter?.ToByteArray() ?? []} as data where {letter is not null})
        """;

    private static DateTimeOffset? Time(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);
}
