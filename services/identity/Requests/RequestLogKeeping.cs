using DirectorySync.Chassis.Sql;

namespace DirectorySync.Identity.Requests;

/// <summary>Makes the days of the log of requests before they come, and drops those that are over.</summary>
internal sealed class RequestLogKeeping(Database database, TimeProvider time, ILogger<RequestLogKeeping> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);
    private static readonly TimeSpan Ahead = TimeSpan.FromDays(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            try
            {
                await KeepAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // The next hour tries again; there are days enough.
                logger.KeepingFailed(e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    internal async Task KeepAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        await database.Sql($"select ensure_request_partitions({now}, {now + Ahead})").ExecuteAsync(ct);
        var dropped = await database.Sql($"select drop_request_partitions({now - RequestLogStore.Kept})").SingleAsync(row => row.GetInt32(0), ct);
        if (dropped > 0)
        {
            logger.DaysDropped(dropped);
        }
    }
}
