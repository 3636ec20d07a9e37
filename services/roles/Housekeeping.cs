namespace DirectorySync.Roles;

/// <summary>Empties closed directories, in the background of any replica; it may run twice at once.</summary>
internal sealed class Housekeeping(DirectoryStore directories, TimeProvider time, ILogger<Housekeeping> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                foreach (var directoryId in await directories.ListToPurgeAsync(stoppingToken))
                {
                    await directories.PurgeAsync(directoryId, stoppingToken);
                    logger.DirectoryPurged(directoryId);
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // The next tick tries again.
                logger.HousekeepingFailed(e);
            }
        }
    }
}
