using DirectorySync.Chassis.Audit;
using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Events.Reading;
using DirectorySync.Events.Telling;
using DirectorySync.Identity.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Npgsql;

namespace DirectorySync.Events.Webhooks;

/// <summary>The endpoints.</summary>
internal sealed class WebhookStore(Database database, WebhookSecrets secrets, TimeProvider time)
{
    public async Task<WebhookEndpoint> CreateAsync(string url, List<string> events, bool enabled, string requestId, CancellationToken ct)
    {
        var now = time.GetUtcNow().ToTimestamp();
        var endpoint = new WebhookEndpoint
        {
            Id = Guid.CreateVersion7().ToString(), Url = url, Secret = secrets.Protect(Signatures.NewSecret()), Enabled = enabled, Events = { events }, Version = 1,
            CreateTime = now, UpdateTime = now,
        };
        try
        {
            await database.InTransactionAsync(
                async tx =>
                {
                    tx.Audit("webhook_endpoint.created", endpoint.Id, after: endpoint);
                    await tx.Sql($"""
                        insert into webhook_endpoints (id, url, enabled, disabled_position, disabled_time, events, request_id, data)
                        select {endpoint.Id}, {url}, {enabled}, case when not {enabled} then l.position end, case when not {enabled} then l.tell_time end,
                          {events.ToArray()}, {(requestId.Length == 0 ? null : requestId)}, {endpoint.ToByteArray()}
                        from event_log l
                        """).ExecuteAsync(ct);
                },
                ct);
            return endpoint;
        }
        catch (PostgresException e) when (e is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "webhook_endpoints_url_key" })
        {
            // Repeated: the first answer, if it was the same request.
            return await database.Sql($"select e.data from webhook_endpoints e where e.url = {url} and e.request_id = {requestId}").FindAsync(Read, ct)
                ?? throw UrlTaken();
        }
        catch (PostgresException e) when (e is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "webhook_endpoints_request_id_key" })
        {
            throw ErrorReason.RequestIdUsed.ToRpc("The request was answered before, with other content.", ("remedy", "Use a new request id."));
        }
    }

    public async Task<WebhookEndpoint> GetAsync(string id, CancellationToken ct)
    {
        Inputs.RequireId(id, "webhook endpoint");
        return await database.Sql($"select e.data from webhook_endpoints e where e.id = {id}").FindAsync(Read, ct)
            ?? throw Inputs.NotFound("webhook endpoint");
    }

    public async Task<(List<WebhookEndpoint> Endpoints, PageMetadata Page)> ListAsync(Page? wanted, CancellationToken ct)
    {
        var page = new ListPage(wanted);
        var endpoints = await database.Sql($"select r.data from webhook_endpoints r where true{page.Tail}").ListAsync(Read, ct);
        return (endpoints, page.Cut(endpoints, endpoint => endpoint.Id));
    }

    /// <summary>Changes an endpoint; one that is enabled goes on where it was.</summary>
    public async Task<WebhookEndpoint> UpdateAsync(string id, Action<WebhookEndpoint> change, CancellationToken ct)
    {
        Inputs.RequireId(id, "webhook endpoint");
        try
        {
            return await database.InTransactionAsync(tx => UpdateAsync(tx, id, change, ct), ct);
        }
        catch (PostgresException e) when (e is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "webhook_endpoints_url_key" })
        {
            throw UrlTaken();
        }
    }

    /// <summary>Disabled by what it answered. False: it has been changed since, or is gone, and the answer says nothing of what it is now.</summary>
    public async Task<bool> DisableAsync(WebhookEndpoint asked, string reason, CancellationToken ct)
    {
        var disabled = false;
        try
        {
            await UpdateAsync(
                asked.Id,
                endpoint =>
                {
                    disabled = endpoint.Enabled && endpoint.Version == asked.Version;
                    if (disabled)
                    {
                        (endpoint.Enabled, endpoint.DisabledReason) = (false, reason);
                    }
                },
                ct);
            return disabled;
        }
        catch (RpcException e) when (e.Reason() == ErrorReason.ResourceNotFound)
        {
            return false;
        }
    }

    public async Task DeleteAsync(string id, CancellationToken ct)
    {
        Inputs.RequireId(id, "webhook endpoint");
        await database.InTransactionAsync(
            async tx =>
            {
                var deleted = await tx.Sql($"delete from webhook_endpoints e where e.id = {id} returning e.data").FindAsync(Read, ct)
                    ?? throw Inputs.NotFound("webhook endpoint");
                tx.Audit("webhook_endpoint.deleted", id, before: deleted);
                await tx.ExecuteAllAsync(
                    [
                        $"delete from webhook_lanes l where l.endpoint_id = {id}", $"delete from dead_letters d where d.endpoint_id = {id}",
                        $"delete from delivery_attempts a where a.endpoint_id = {id}",
                    ],
                    ct);
            },
            ct);
    }

    private async Task<WebhookEndpoint> UpdateAsync(Transaction tx, string id, Action<WebhookEndpoint> change, CancellationToken ct)
    {
        // Before the endpoint: nobody tells while it is found out what was told meanwhile.
        var end = await tx.Sql($"select position, tell_time from event_log for update").SingleAsync(ReadEnd, ct);
        var (before, disabledAt) = await tx.Sql($"""
            select e.data, e.disabled_position, e.disabled_time from webhook_endpoints e where e.id = {id} for update
            """).FindAsync(row => (Read(row), row.IsDBNull(1) ? null : ReadEnd(row, 1)), ct);
        if (before is null)
        {
            throw Inputs.NotFound("webhook endpoint");
        }

        var after = before.Clone();
        change(after);
        if (after.Equals(before))
        {
            return before;
        }

        (after.Version, after.UpdateTime) = (before.Version + 1, time.GetUtcNow().ToTimestamp());
        after.DisabledReason = after.Enabled ? "" : after.DisabledReason;
        var disabled = after.Enabled ? null : disabledAt ?? end;
        await tx.Sql($"""
            update webhook_endpoints e
            set url = {after.Url}, enabled = {after.Enabled}, disabled_position = {disabled?.Position}, disabled_time = {disabled?.Time},
              events = {after.Events.ToArray()}, data = {after.ToByteArray()}
            where e.id = {id}
            """).ExecuteAsync(ct);
        tx.Audit(after.Secret == before.Secret ? "webhook_endpoint.updated" : "webhook_endpoint.secret_rotated", id, before, after);
        if (after.Enabled && !before.Enabled && disabledAt is { } since)
        {
            await LaneStore.ResumeEndpointAsync(tx, id, since.Position, since.Time, ct);
        }

        return after;
    }

    private static LogEnd ReadEnd(NpgsqlDataReader row) => ReadEnd(row, 0);

    private static LogEnd ReadEnd(NpgsqlDataReader row, int column) => new(row.GetInt64(column), row.GetFieldValue<DateTimeOffset>(column + 1));

    private static WebhookEndpoint Read(NpgsqlDataReader row) => WebhookEndpoint.Parser.ParseFrom(row.GetFieldValue<byte[]>(0));

    private static RpcException UrlTaken() => ErrorReason.WebhookUrlTaken.ToRpc(
        "Another webhook endpoint has this address.", ("attribute", "endpoint_url"), ("remedy", "Change that one, or use another address."));
}
