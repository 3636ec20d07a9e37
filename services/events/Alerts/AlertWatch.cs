using DirectorySync.Events.Folding;
using DirectorySync.Events.Telling;
using DirectorySync.Events.Webhooks;
using Microsoft.Extensions.Options;

namespace DirectorySync.Events.Alerts;

/// <summary>
/// Looks from time to time for lanes that wait and letters that are dead, ends what is over, and tells of both in the log. In any replica, or
/// several.
/// </summary>
internal sealed class AlertWatch(
    Database database, EventLog log, TellerSignal signal, AlertMailer mailer, TimeProvider time, IOptions<AlertOptions> options, ILogger<AlertWatch> logger)
    : BackgroundService
{
    private const int Batch = 100;
    private static readonly TimeSpan Kept = TimeSpan.FromDays(90);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Every);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await LookAsync(stoppingToken);
                while (await TellAsync(stoppingToken))
                {
                }

                await mailer.SendAllAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // The next tick looks again.
                logger.AlertsFailed(e);
            }
        }

        await mailer.RestAsync();
    }

    /// <summary>Begins and ends what is found here.</summary>
    internal async Task LookAsync(CancellationToken ct)
    {
        while (await BeginAsync(AlertRows.LaneWaiting, LaneWaiting, $"""
            select l.directory_id, l.endpoint_id, p.url from webhook_lanes l
            join webhook_endpoints p on p.id = l.endpoint_id and p.enabled
            where l.failing_since < clock_timestamp() - {options.Value.LanePatience} and l.sequence < l.last_sequence
            """, ct))
        {
        }

        while (await BeginAsync(AlertRows.DeadLetters, DeadLetters, $"""
            select distinct d.directory_id, d.endpoint_id, p.url from dead_letters d
            join webhook_endpoints p on p.id = d.endpoint_id
            where d.refused and d.replay_time is null
            """, ct))
        {
        }

        await database.Sql($"""
            update alerts a set end_time = clock_timestamp()
            where a.end_time is null and a.code = {AlertRows.LaneWaiting} and not exists (
              select from webhook_lanes l join webhook_endpoints p on p.id = l.endpoint_id and p.enabled
              where l.directory_id = a.directory_id and l.endpoint_id = a.resource_id and l.failing_since is not null and l.sequence < l.last_sequence)
            """).ExecuteAsync(ct);
        await database.Sql($"""
            update alerts a set end_time = clock_timestamp()
            where a.end_time is null and a.code = {AlertRows.DeadLetters} and not exists (
              select from dead_letters d
              where d.directory_id = a.directory_id and d.endpoint_id = a.resource_id and d.refused and d.replay_time is null)
            """).ExecuteAsync(ct);
        await database.Sql($"""
            delete from alerts a using directories d
            where d.directory_id = a.directory_id and d.closed and a.end_time is not null
            """).ExecuteAsync(ct);
        await database.Sql($"delete from alerts a where a.end_time < now() - {Kept}").ExecuteAsync(ct);
    }

    // True: there may be more.
    private async Task<bool> BeginAsync(string code, Func<string, (string Detail, string Remedy)> text, SqlText found, CancellationToken ct)
    {
        var begun = await database.Sql($"""
            select f.directory_id, f.endpoint_id, f.url
            from ({found}) f
            where not exists (select from alerts a
              where a.directory_id = f.directory_id and a.code = {code} and a.resource_id = f.endpoint_id and a.end_time is null)
            limit {Batch}
            """).ListAsync(
            row =>
            {
                var (detail, remedy) = text(row.GetString(2));
                return new Occasion(row.GetString(0), code, row.GetString(1), detail, remedy);
            },
            ct);
        if (begun.Count > 0)
        {
            await database.Sql(AlertRows.Begin(begun)).ExecuteAsync(ct);
        }

        return begun.Count == Batch;
    }

    /// <summary>Tells a batch of what began and ended, where anything is told. False: that was all.</summary>
    internal Task<bool> TellAsync(CancellationToken ct) => database.InTransactionAsync(
        async tx =>
        {
            var ids = await tx.Sql($"{Untold($"a.directory_id")} limit {Batch}").ListAsync(row => row.GetString(0), ct);
            if (ids.Count == 0 || await EventLog.FindEndAsync(tx, ct) is not { } end)
            {
                return false;
            }

            await Terms.LockAsync(tx, ids, ct);
            var now = Teller.Later(time, end.Time);
            var directories = (await Teller.ReadAsync(tx, [.. ids.Distinct()], ct)).Where(directory => directory.Activated && !directory.Closed)
                .ToDictionary(directory => directory.Id);
            var alerts = await tx.Sql($"""
                {Untold(AlertStore.Columns)} and a.directory_id = any({directories.Keys.ToArray()}) order by a.directory_id, a.id limit {Batch}
                """).ListAsync(AlertStore.Read, ct);
            var events = alerts.ConvertAll(alert => directories[alert.DirectoryId].Next(
                alert.EndTime is null ? EventTypes.AlertStarted : EventTypes.AlertEnded, now,
                DirectoryEventJson.OfAlert(alert, directories[alert.DirectoryId].Data.OrganizationId)));
            if (events.Count == 0)
            {
                return false;
            }

            await log.AppendAsync(tx, end, now, events, ct);
            await LaneStore.ExtendAsync(tx, events, now, ct);
            await tx.ExecuteAllAsync(
                [
                    $"""
                    update alerts a set start_told = true, end_told = a.end_time is not null
                    where a.id = any({alerts.ConvertAll(alert => alert.Id).ToArray()})
                    """,
                    $"""
                    update directories d set sequence = i.sequence
                    from unnest({directories.Keys.ToArray()}, {directories.Values.Select(d => d.Sequence).ToArray()}) as i (directory_id, sequence)
                    where d.directory_id = i.directory_id
                    """,
                ],
                ct);
            signal.WakeToldAfter(tx);
            return events.Count == Batch;
        },
        ct);

    // What ended before it was told is no news.
    private static SqlText Untold(SqlText columns) => $"""
        select {columns} from alerts a
        join directories d on d.directory_id = a.directory_id and d.telling and d.activated
        where ((not a.start_told and a.end_time is null) or (a.start_told and a.end_time is not null and not a.end_told))
        """;

    private static (string Detail, string Remedy) LaneWaiting(string url) => (
        $"The webhook endpoint {url} has not taken the next event of this directory for a while; all behind it wait.",
        "Look at the endpoint's attempts and mend the application. Delivery goes on by itself, or, once it has stopped, with lanes/{directory}/resume.");

    private static (string Detail, string Remedy) DeadLetters(string url) => (
        $"The webhook endpoint {url} has refused events of this directory for good.",
        "Look at the endpoint's dead letters, mend the application, and replay them.");
}
