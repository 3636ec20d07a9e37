using DirectorySync.Chassis.Audit;
using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Paging;
using DirectorySync.Errors.V1;
using DirectorySync.Events.Reading;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Npgsql;

namespace DirectorySync.Events.Webhooks;

/// <summary>What a person sees of lanes, attempts and dead letters, and does about them.</summary>
internal sealed class LaneRepairs(Database database, WebhookStore endpoints, WebhookSender sender, EventStore events, LaneStore lanes, TimeProvider time)
{
    private const int Usual = 100;
    private const int Largest = 1_000;

    public async Task<ListWebhookLanesResponse> ListAsync(ListWebhookLanesRequest request, CancellationToken ct)
    {
        await endpoints.GetAsync(request.EndpointId, ct);
        var limit = Limit(request.PageSize);
        var failing = request.Failing ? (SqlText)$" and (l.stopped or l.failing_since is not null)" : SqlText.Empty;
        var found = await database.Sql($"""
            {Columns} where l.endpoint_id = {request.EndpointId} and l.directory_id > {request.AfterDirectoryId} and l.sequence < l.last_sequence{failing}
            order by l.directory_id
            limit {limit + 1}
            """).ListAsync(Read, ct);
        var response = new ListWebhookLanesResponse { Lanes = { found.Take(limit) } };
        response.NextAfterDirectoryId = found.Count > limit ? found[limit - 1].DirectoryId : "";
        return response;
    }

    /// <summary>Tries again at once.</summary>
    public Task<WebhookLane> ResumeAsync(string endpointId, string directoryId, CancellationToken ct) => ChangeAsync(
        "webhook_lane.resumed", endpointId, directoryId,
        tx => tx.Sql($"""
            update webhook_lanes l set stopped = false, attempts = 0, failing_since = null, refusals = 0, refused_since = null, next_time = clock_timestamp()
            where l.endpoint_id = {endpointId} and l.directory_id = {directoryId}
            """).ExecuteAsync(ct),
        ct);

    /// <summary>Leaves the event in the way out. A delivery under way loses its lease, and does not count.</summary>
    public Task<WebhookLane> SkipAsync(SkipWebhookEventRequest request, CancellationToken ct) => ChangeAsync(
        "webhook_lane.event_skipped", request.EndpointId, request.DirectoryId,
        async tx =>
        {
            var skipped = await tx.Sql($"""
                select e.data, l.last_error
                from webhook_lanes l
                join events e on e.directory_id = l.directory_id and e.sequence > l.sequence and e.create_time >= l.event_time
                join webhook_endpoints p on p.id = l.endpoint_id and (p.events = array[]::text[] or e.type = any(p.events))
                where l.endpoint_id = {request.EndpointId} and l.directory_id = {request.DirectoryId}
                order by e.sequence
                limit 1
                """).FindAsync(row => (Event: Event.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), Error: row.GetString(1)), ct);
            if (skipped.Event?.Id != request.EventId || skipped.Event is not { } told)
            {
                throw ErrorReason.NoTarget.ToRpc(
                    "This event is not in the way of the lane.", ("attribute", "event_id"), ("remedy", "List the lane's attempts: the last names it."));
            }

            var letter = new DeadLetter
            {
                DirectoryId = request.DirectoryId, EndpointId = request.EndpointId, EventId = told.Id, Sequence = told.Sequence,
                EventType = told.Type, Reason = "SKIPPED", LastError = skipped.Error, CreateTime = time.GetUtcNow().ToTimestamp(),
            };
            await tx.ExecuteAllAsync(
                [
                    $"""
                    update webhook_lanes l
                    set sequence = {told.Sequence}, event_time = {told.CreateTime.ToDateTimeOffset()}, attempts = 0, failing_since = null, refusals = 0, refused_since = null,
                      last_error = '', stopped = false, next_time = clock_timestamp(), lease = null, lease_time = null
                    where l.endpoint_id = {request.EndpointId} and l.directory_id = {request.DirectoryId}
                    """,
                    $"""
                    insert into dead_letters (directory_id, endpoint_id, event_id, id, data, refused)
                    values ({letter.DirectoryId}, {letter.EndpointId}, {letter.EventId}, {Guid.CreateVersion7().ToString()}, {letter.ToByteArray()}, false)
                    on conflict do nothing
                    """,
                ],
                ct);
        },
        ct);

    /// <summary>Sends a lane back. A directory whose events the endpoint never got has a lane from then on.</summary>
    public async Task<WebhookLane> ReplayAsync(ReplayWebhookLaneRequest request, CancellationToken ct)
    {
        await endpoints.GetAsync(request.EndpointId, ct);
        var from = (Sequence: 0L, Time: DateTimeOffset.UnixEpoch);
        if (request.AfterEventId.Length > 0)
        {
            var told = await events.FindAsync(request.AfterEventId, ct);
            from = told?.DirectoryId == request.DirectoryId ? (told.Sequence, told.CreateTime.ToDateTimeOffset()) : throw Inputs.InvalidCursor();
        }

        await database.InTransactionAsync(
            async tx =>
            {
                if (await tx.Sql(Back(request, from.Sequence, from.Time)).ExecuteAsync(ct) > 0)
                {
                    tx.Audit("webhook_lane.replayed", request.EndpointId, after: request, directoryId: request.DirectoryId);
                }
            },
            ct);
        return await GetAsync(request.EndpointId, request.DirectoryId, ct);
    }

    private static SqlText Back(ReplayWebhookLaneRequest request, long sequence, DateTimeOffset at) => $"""
        insert into webhook_lanes as l (directory_id, endpoint_id, sequence, event_time, last_sequence, replay_sequence)
        select d.directory_id, {request.EndpointId}, {sequence}, {at}, d.sequence, d.sequence
        from directories d where d.directory_id = {request.DirectoryId} and d.sequence > {sequence}
        on conflict (directory_id, endpoint_id) do update
        set replay_sequence = greatest(l.replay_sequence, l.sequence), sequence = excluded.sequence, event_time = excluded.event_time,
          last_sequence = excluded.last_sequence, attempts = 0, failing_since = null, refusals = 0, refused_since = null, last_error = '', stopped = false,
          next_time = clock_timestamp(), lease = null, lease_time = null
        """;

    public async Task<ListDeadLettersResponse> ListDeadLettersAsync(ListDeadLettersRequest request, CancellationToken ct)
    {
        await endpoints.GetAsync(request.EndpointId, ct);
        var limit = Limit(request.PageSize);
        var found = await database.Sql($"""
            select d.id, d.data, d.replay_time from dead_letters d
            where d.endpoint_id = {request.EndpointId}{Only(request.DirectoryId, $"d.directory_id")}{Before(request.PageToken, nameof(ListDeadLettersAsync), $"d.id")}
            order by d.id desc
            limit {limit + 1}
            """).ListAsync(
            row =>
            {
                var letter = DeadLetter.Parser.ParseFrom(row.GetFieldValue<byte[]>(1));
                letter.ReplayTime = row.IsDBNull(2) ? null : row.GetFieldValue<DateTimeOffset>(2).ToTimestamp();
                return (Id: row.GetString(0), Letter: letter);
            },
            ct);
        var response = new ListDeadLettersResponse { DeadLetters = { found.Take(limit).Select(row => row.Letter) } };
        response.NextPageToken = found.Count > limit ? PageToken.Issue(nameof(ListDeadLettersAsync), found[limit - 1].Id) : "";
        return response;
    }

    public async Task<ListDeliveryAttemptsResponse> ListAttemptsAsync(ListDeliveryAttemptsRequest request, CancellationToken ct)
    {
        await endpoints.GetAsync(request.EndpointId, ct);
        var limit = Limit(request.PageSize);
        var found = await database.Sql($"""
            select a.data from delivery_attempts a
            where a.endpoint_id = {request.EndpointId}{Only(request.DirectoryId, $"a.directory_id")}{Before(request.PageToken, nameof(ListAttemptsAsync), $"a.id")}
            order by a.id desc
            limit {limit + 1}
            """).ListAsync(row => DeliveryAttempt.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), ct);
        var response = new ListDeliveryAttemptsResponse { Attempts = { found.Take(limit) } };
        response.NextPageToken = found.Count > limit ? PageToken.Issue(nameof(ListAttemptsAsync), found[limit - 1].Id) : "";
        return response;
    }

    /// <summary>Delivers a dead letter beside its lane.</summary>
    public async Task<DeliveryAttempt> ReplayDeadLetterAsync(ReplayDeadLetterRequest request, CancellationToken ct)
    {
        var endpoint = await endpoints.GetAsync(request.EndpointId, ct);
        var told = await events.FindAsync(request.EventId, ct) ?? throw Inputs.NotFound("event");
        var exists = await database.Sql($"""
            select exists (select from dead_letters d
              where d.directory_id = {told.DirectoryId} and d.endpoint_id = {endpoint.Id} and d.event_id = {told.Id})
            """).SingleAsync(row => row.GetBoolean(0), ct);
        if (!exists)
        {
            throw Inputs.NotFound("dead letter");
        }

        await NoteAsync("webhook_endpoint.dead_letter_replayed", endpoint.Id, request, told.DirectoryId, ct);
        var attempt = await SendAsync(endpoint, told, replay: true, ct);
        if (attempt.Status is >= 200 and <= 299)
        {
            await database.Sql($"""
                update dead_letters d set replay_time = clock_timestamp()
                where d.directory_id = {told.DirectoryId} and d.endpoint_id = {endpoint.Id} and d.event_id = {told.Id}
                """).ExecuteAsync(CancellationToken.None);
        }

        return attempt;
    }

    /// <summary>Delivers something that is in no log.</summary>
    public async Task<DeliveryAttempt> TestAsync(string endpointId, CancellationToken ct)
    {
        var endpoint = await endpoints.GetAsync(endpointId, ct);
        var test = new Event
        {
            Id = Guid.CreateVersion7().ToString(), Type = "dsync.test", DataJson = "{}", CreateTime = time.GetUtcNow().ToTimestamp(),
        };
        await NoteAsync("webhook_endpoint.tested", endpoint.Id, null, "", ct);
        return await SendAsync(endpoint, test, replay: false, ct);
    }

    // What is sent cannot be taken back: it is noted first.
    private Task NoteAsync(string action, string endpointId, IMessage? what, string directoryId, CancellationToken ct) => database.InTransactionAsync(
        tx =>
        {
            tx.Audit(action, endpointId, after: what, directoryId: directoryId);
            return Task.CompletedTask;
        },
        ct);

    private async Task<DeliveryAttempt> SendAsync(WebhookEndpoint endpoint, Event told, bool replay, CancellationToken ct)
    {
        var began = time.GetUtcNow();
        var result = await sender.SendAsync(endpoint, told, replay, attempt: 1, ct);
        var attempt = Deliverer.Attempt(told.DirectoryId, endpoint.Id, told, result, began, replay);
        await lanes.RecordAsync(attempt, CancellationToken.None);
        return attempt;
    }

    private async Task<WebhookLane> ChangeAsync(
        string action, string endpointId, string directoryId, Func<Transaction, Task> change, CancellationToken ct)
    {
        Inputs.RequireId(endpointId, "webhook endpoint");
        Inputs.RequireId(directoryId, "directory");
        await database.InTransactionAsync(
            async tx =>
            {
                _ = await tx.Sql($"select 1 from webhook_lanes l where l.endpoint_id = {endpointId} and l.directory_id = {directoryId} for update")
                    .FindAsync(_ => "", ct) ?? throw Inputs.NotFound("lane");
                tx.Audit(action, endpointId, directoryId: directoryId);
                await change(tx);
            },
            ct);
        return await GetAsync(endpointId, directoryId, ct);
    }

    private async Task<WebhookLane> GetAsync(string endpointId, string directoryId, CancellationToken ct) =>
        await database.Sql($"{Columns} where l.endpoint_id = {endpointId} and l.directory_id = {directoryId}").FindAsync(Read, ct)
        ?? throw Inputs.NotFound("lane");

    private static SqlText Columns => $"""
        select l.directory_id, l.endpoint_id, l.sequence, l.last_sequence, l.stopped, l.attempts, l.failing_since, l.next_time, l.last_error
        from webhook_lanes l
        """;

    private static WebhookLane Read(NpgsqlDataReader row) => new()
    {
        DirectoryId = row.GetString(0),
        EndpointId = row.GetString(1),
        Sequence = row.GetInt64(2),
        LastSequence = row.GetInt64(3),
        State = row.GetBoolean(4) ? WebhookLaneState.Stopped : row.IsDBNull(6) ? WebhookLaneState.Running : WebhookLaneState.Retrying,
        Attempts = row.GetInt32(5),
        FailingSince = row.IsDBNull(6) ? null : row.GetFieldValue<DateTimeOffset>(6).ToTimestamp(),
        NextAttemptTime = row.IsDBNull(6) || row.GetBoolean(4) ? null : row.GetFieldValue<DateTimeOffset>(7).ToTimestamp(),
        LastError = row.GetString(8),
    };

    private static SqlText Only(string directoryId, SqlText column) =>
        directoryId.Length == 0 ? SqlText.Empty : (SqlText)$" and {column} = {directoryId}";

    private static SqlText Before(string token, string list, SqlText column) =>
        token.Length == 0 ? SqlText.Empty : (SqlText)$" and {column} < {PageToken.Read(list, token, 1)[0]}";

    private static int Limit(int wanted) => wanted is < 0 or > Largest
        ? throw Inputs.Invalid("page_size", $"{wanted}", $"A page has 1 to {Largest}.", $"Give 0 for {Usual}.")
        : wanted == 0 ? Usual : wanted;
}
