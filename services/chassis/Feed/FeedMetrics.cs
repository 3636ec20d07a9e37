using System.Diagnostics;
using System.Diagnostics.Metrics;
using DirectorySync.Chassis.Hosting;
using DirectorySync.Feed.V1;

namespace DirectorySync.Chassis.Feed;

/// <summary>What a consumer's progress looks like from outside.</summary>
internal sealed class FeedMetrics(string feed)
{
    private const int MaxLinks = 32;

    private static readonly ActivitySource Activities = new(Telemetry.Prefix + "Feed");
    private static readonly Gauge<double> Lag = Telemetry.Meter.CreateGauge<double>(
        "directorysync.feed.lag", "s", "How far behind the consumer of a feed is: 0 when it has caught up.");
    private static readonly Counter<long> Applied = Telemetry.Meter.CreateCounter<long>(
        "directorysync.feed.changes", "{change}", "Changes applied.");
    private static readonly Gauge<long> ParkedChanges = Telemetry.Meter.CreateGauge<long>(
        "directorysync.feed.parked", "{change}", "Changes that cannot be applied and are kept aside.");
    private static readonly Histogram<double> Delay = Telemetry.Meter.CreateHistogram(
        "directorysync.feed.delay", "s", "From the write of a batch's last change until it is applied.", advice: Telemetry.Seconds);

    private readonly TagList tags = new() { { "feed", feed } };
    private long caughtUp = Stopwatch.GetTimestamp();

    /// <summary>An activity for the application of a batch, linked to the requests that wrote.</summary>
    public static Activity? StartBatch(string feed, IReadOnlyList<Change> changes)
    {
        if (changes.Count == 0 || !Activities.HasListeners())
        {
            return null;
        }

        var links = changes.Select(change => change.Traceparent).Where(traceparent => traceparent.Length > 0).Distinct().Take(MaxLinks)
            .Select(traceparent => ActivityContext.TryParse(traceparent, null, isRemote: true, out var context) ? context : default)
            .Where(context => context != default)
            .Select(context => new ActivityLink(context))
            .ToList();
        var activity = Activities.StartActivity(
            "feed.apply", ActivityKind.Consumer, links is [var first, ..] ? first.Context : default, links: links);
        activity?.SetTag("feed.name", feed);
        activity?.SetTag("feed.changes", changes.Count);
        return activity;
    }

    /// <summary>A batch is applied.</summary>
    public void Received(IReadOnlyList<Change> changes, bool upToDate)
    {
        var delay = 0.0;
        if (changes.Count > 0)
        {
            delay = Math.Max(0, (DateTime.UtcNow - changes[^1].CreateTime.ToDateTime()).TotalSeconds);
            Applied.Add(changes.Count, tags);
            Delay.Record(delay, tags);
        }

        if (upToDate)
        {
            caughtUp = Stopwatch.GetTimestamp();
        }

        Lag.Record(upToDate ? 0 : delay, tags);
    }

    /// <summary>So many are kept aside.</summary>
    public void Parked(long count) => ParkedChanges.Record(count, tags);

    /// <summary>Nothing comes: the lag is at least the time since the consumer last had everything.</summary>
    public void Behind() => Lag.Record(Stopwatch.GetElapsedTime(caughtUp).TotalSeconds, tags);
}
