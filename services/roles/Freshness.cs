using DirectorySync.Chassis.Sql;

namespace DirectorySync.Roles;

/// <summary>How new what this service knows is: until when it has applied all that the services it follows have told.</summary>
internal sealed class Freshness(Database database, TimeProvider time, ILogger<Freshness> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly string[] Followed = ["attribute-mapping", "group-membership"];

    // Ticks of the time; 0: unknown.
    private long until;

    /// <summary>Null: not known, or not all has arrived yet.</summary>
    public DateTimeOffset? Until => Volatile.Read(ref until) is var ticks and not 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

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
        // By the database's clock, so that this machine's does not matter.
        var started = time.GetUtcNow();
        var age = await database.Sql($"""
            select case when {Terms.IsReady} then extract(epoch from clock_timestamp() - min(p.caught_up_time))::float8 end
            from feed_positions p
            where p.feed = any({Followed})
            """).SingleAsync(row => row.IsDBNull(0) ? (double?)null : row.GetDouble(0), ct);
        Volatile.Write(ref until, age is { } seconds ? (started - TimeSpan.FromSeconds(Math.Max(0, seconds))).UtcTicks : 0);
    }
}
