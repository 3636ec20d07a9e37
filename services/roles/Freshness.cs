using DirectorySync.Chassis.Sql;

namespace DirectorySync.Roles;

/// <summary>
/// How new what this service knows is: until when it has applied all that was committed in the services it follows, and in those that they
/// follow.
/// </summary>
internal sealed class Freshness(Database database, TimeProvider time, ILogger<Freshness> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private volatile Known? known;

    /// <summary>All that was committed until then is known. Null: not said, or not all has arrived yet.</summary>
    public Known? Last => known;

    /// <summary>A time by two clocks.</summary>
    /// <param name="Time">By the clocks of the services' databases.</param>
    /// <param name="Here">By this machine's.</param>
    public sealed record Known(DateTimeOffset Time, DateTimeOffset Here);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ReadAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // What was known grows old; that is what is told.
                logger.FreshnessUnknown(e);
            }

            await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReadAsync(CancellationToken ct)
    {
        var started = time.GetUtcNow();
        known = await database.Sql($"""
            select min(p.caught_up_time), clock_timestamp()
            from feed_positions p
            where p.feed = any({Terms.Feeds})
            having count(p.caught_up_time) = {(long)Terms.Feeds.Length} and {Terms.IsReady}
            """).FindAsync(row => Read(row.GetFieldValue<DateTimeOffset>(0), row.GetFieldValue<DateTimeOffset>(1), started), ct);
    }

    private static Known Read(DateTimeOffset time, DateTimeOffset now, DateTimeOffset started) => new(time, started - (now - time));
}
