using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Events.Reading;
using DirectorySync.Identity.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Npgsql;

namespace DirectorySync.Events.Webhooks;

/// <summary>The endpoints.</summary>
internal sealed class WebhookStore(Database database, TimeProvider time)
{
    public async Task<WebhookEndpoint> CreateAsync(string url, List<string> events, bool enabled, string requestId, CancellationToken ct)
    {
        var now = time.GetUtcNow().ToTimestamp();
        var endpoint = new WebhookEndpoint
        {
            Id = Guid.CreateVersion7().ToString(), Url = url, Secret = Signatures.NewSecret(), Enabled = enabled, Events = { events }, Version = 1,
            CreateTime = now, UpdateTime = now,
        };
        try
        {
            await database.Sql($"""
                insert into webhook_endpoints (id, url, enabled, disabled_time, events, request_id, data)
                values ({endpoint.Id}, {url}, {enabled}, {(enabled ? null : time.GetUtcNow())}::timestamptz, {events.ToArray()},
                  {(requestId.Length == 0 ? null : requestId)}, {endpoint.ToByteArray()})
                """).ExecuteAsync(ct);
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

    /// <summary>Disabled by what it answered; nothing happens if a person has changed it meanwhile, or if it is gone.</summary>
    public async Task DisableAsync(string id, string reason, CancellationToken ct)
    {
        try
        {
            await UpdateAsync(id, endpoint => (endpoint.Enabled, endpoint.DisabledReason) = (false, reason), ct);
        }
        catch (RpcException e) when (e.Reason() == ErrorReason.ResourceNotFound)
        {
        }
    }

    public async Task DeleteAsync(string id, CancellationToken ct)
    {
        Inputs.RequireId(id, "webhook endpoint");
        await database.InTransactionAsync(
            async tx =>
            {
                if (await tx.Sql($"delete from webhook_endpoints e where e.id = {id}").ExecuteAsync(ct) == 0)
                {
                    throw Inputs.NotFound("webhook endpoint");
                }

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
        await tx.Sql($"select position from event_log for update").FindAsync(_ => true, ct);
        var (before, disabledTime) = await tx.Sql($"select e.data, e.disabled_time from webhook_endpoints e where e.id = {id} for update")
            .FindAsync(row => (Read(row), row.IsDBNull(1) ? (DateTimeOffset?)null : row.GetFieldValue<DateTimeOffset>(1)), ct);
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

        var now = time.GetUtcNow();
        (after.Version, after.UpdateTime) = (before.Version + 1, now.ToTimestamp());
        after.DisabledReason = after.Enabled ? "" : after.DisabledReason;
        await tx.Sql($"""
            update webhook_endpoints e
            set url = {after.Url}, enabled = {after.Enabled}, disabled_time = {(after.Enabled ? null : disabledTime ?? now)}::timestamptz,
              events = {after.Events.ToArray()}, data = {after.ToByteArray()}
            where e.id = {id}
            """).ExecuteAsync(ct);
        if (after.Enabled && !before.Enabled && disabledTime is { } since)
        {
            await LaneStore.ResumeEndpointAsync(tx, id, since, ct);
        }

        return after;
    }

    private static WebhookEndpoint Read(NpgsqlDataReader row) => WebhookEndpoint.Parser.ParseFrom(row.GetFieldValue<byte[]>(0));

    private static RpcException UrlTaken() => ErrorReason.WebhookUrlTaken.ToRpc(
        "Another webhook endpoint has this address.", ("attribute", "endpoint_url"), ("remedy", "Change that one, or use another address."));
}
