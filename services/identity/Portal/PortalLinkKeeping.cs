namespace DirectorySync.Identity.Portal;

/// <summary>Removes portal links whose time has long been over.</summary>
internal sealed class PortalLinkKeeping(PortalLinkStore links, TimeProvider time, ILogger<PortalLinkKeeping> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            try
            {
                await links.RemoveExpiredAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // The next hour tries again.
                logger.LinksNotRemoved(e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
