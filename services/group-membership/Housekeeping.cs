namespace DirectorySync.GroupMembership;

/// <summary>Empties closed directories and folds counts, in the background of any replica; both may run twice at once.</summary>
internal sealed class Housekeeping(DirectoryStore directories, TimeProvider time, ILogger<Housekeeping> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FoldEvery = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var folded = time.GetTimestamp();
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

                if (time.GetElapsedTime(folded) >= FoldEvery)
                {
                    await directories.FoldCountsAsync(stoppingToken);
                    folded = time.GetTimestamp();
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
