using DirectorySync.Chassis.Errors;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DirectorySync.Chassis.Feed;

/// <summary>While streams are open, looks for what other replicas committed and wakes them: one cheap query for all.</summary>
internal sealed class FeedPoller(ChangeFeed feed, FeedStore store, IOptions<ChangeFeedOptions> options, ILogger<FeedPoller> logger)
    : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await feed.AnyStream.WaitAsync(stoppingToken);
                await PollAsync(stoppingToken);
            }
            catch (Exception e) when (ErrorInterceptor.IsStoreFailure(e))
            {
                logger.FeedStoreUnavailable(e);
                await Task.Delay(Pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task PollAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(options.Value.Poll);
        FeedSnapshot? seen = null;
        do
        {
            var (any, now) = await store.ProbeAsync(seen ?? FeedSnapshot.Never, ct);
            if (any || seen is null)
            {
                feed.Wake();
            }

            seen = now;
        }
        while (await timer.WaitForNextTickAsync(ct) && feed.Streams > 0);
    }
}
