using System.Diagnostics.Metrics;
using DirectorySync.Chassis.Hosting;
using DirectorySync.Events.Webhooks;

namespace DirectorySync.Events;

/// <summary>How late applications are told: what an operator watches.</summary>
/// <param name="UntoldSeconds">Age of the oldest change that is to be told and is not.</param>
/// <param name="WebhookLagSeconds">Age of the oldest event that an endpoint is still to get; endpoints that are disabled aside.</param>
/// <param name="WaitingLanes">Lanes that have something to deliver.</param>
/// <param name="FailingLanes">Those of them whose last attempt failed.</param>
/// <param name="StoppedLanes">Those that wait for a person.</param>
/// <param name="DeadLetters">Events that were refused or skipped, and not delivered since.</param>
internal sealed record LagFigures(
    double UntoldSeconds, double WebhookLagSeconds, long WaitingLanes, long FailingLanes, long StoppedLanes, long DeadLetters);

/// <summary>Measures how late applications are told, in every replica: all see the same.</summary>
internal sealed class EventsMetrics(Database database, ILogger<EventsMetrics> logger) : BackgroundService
{
    private const int LanesLookedAt = 200;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(15);
    private static readonly Meter Meter = new(Telemetry.Prefix + "Events");

    private static readonly Gauge<double> Untold =
        Meter.CreateGauge<double>("directorysync.events.untold_age", "s", "Age of the oldest change that is to be told and is not.");

    private static readonly Gauge<double> WebhookLag = Meter.CreateGauge<double>(
        "directorysync.webhooks.lag", "s", "Age of the oldest event that an enabled endpoint is still to get.");

    private static readonly Gauge<long> Lanes =
        Meter.CreateGauge<long>("directorysync.webhooks.lanes", "{lane}", "Ways of a directory's events to an endpoint, by state.");

    private static readonly Gauge<long> DeadLetters =
        Meter.CreateGauge<long>("directorysync.webhooks.dead_letters", "{event}", "Events that were refused or skipped, and not delivered since.");

    private static readonly Counter<long> Attempts =
        Meter.CreateCounter<long>("directorysync.webhooks.attempts", "{attempt}", "Attempts to deliver, by what followed.");

    private static readonly Histogram<double> Delay =
        Meter.CreateHistogram("directorysync.webhooks.delay", "s", "From the telling of an event until an endpoint has accepted it.", advice: Telemetry.Seconds);

    /// <summary>Counts an attempt, and the delay of what was delivered by it.</summary>
    public static void Attempted(DeliveryOutcome outcome, TimeSpan sinceTold, bool replay)
    {
        Attempts.Add(1, new KeyValuePair<string, object?>("outcome", outcome.ToString().ToLowerInvariant()));
        if (outcome == DeliveryOutcome.Delivered && !replay)
        {
            Delay.Record(sinceTold.TotalSeconds);
        }
    }

    /// <summary>Measures now. The lanes that wait longest stand for all.</summary>
    public async Task<LagFigures> MeasureAsync(CancellationToken ct)
    {
        var figures = await database.Sql($"""
            with waiting as materialized (
              select l.directory_id, l.sequence, l.event_time, l.next_time, l.stopped, l.failing_since
              from webhook_lanes l
              join webhook_endpoints e on e.id = l.endpoint_id and e.enabled
              where l.sequence < l.last_sequence
            ),
            oldest as (
              (select w.* from waiting w order by w.event_time limit {LanesLookedAt})
              union all
              (select w.* from waiting w where w.failing_since is not null order by w.failing_since limit {LanesLookedAt})
            )
            select
              coalesce((select extract(epoch from clock_timestamp() - min(p.since)) from pending_directories p
                join directories d on d.directory_id = p.directory_id and d.telling where p.since <= clock_timestamp()), 0)::double precision,
              coalesce((select extract(epoch from clock_timestamp() - min(n.create_time)) from oldest o
                cross join lateral (
                  select e.create_time from events e
                  where e.directory_id = o.directory_id and e.sequence > o.sequence and e.create_time >= o.event_time
                  order by e.sequence limit 1) n), 0)::double precision,
              (select count(*) from waiting),
              (select count(*) from waiting w where w.failing_since is not null and not w.stopped),
              (select count(*) from waiting w where w.stopped),
              (select count(*) from dead_letters d where d.replay_time is null)
            """).SingleAsync(
            row => new LagFigures(row.GetDouble(0), row.GetDouble(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5)), ct);
        Untold.Record(figures.UntoldSeconds);
        WebhookLag.Record(figures.WebhookLagSeconds);
        Lanes.Record(figures.WaitingLanes, new KeyValuePair<string, object?>("state", "waiting"));
        Lanes.Record(figures.FailingLanes, new KeyValuePair<string, object?>("state", "failing"));
        Lanes.Record(figures.StoppedLanes, new KeyValuePair<string, object?>("state", "stopped"));
        DeadLetters.Record(figures.DeadLetters);
        return figures;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every);
        do
        {
            try
            {
                await MeasureAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                logger.MeasuringFailed(e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
