using DirectorySync.Identity.V1;
using Grpc.Core;

namespace DirectorySync.Gateway.Scim;

/// <summary>Tells the other replicas, by way of identity, what this one has let in, so that a directory has its rate once and not at each of them.</summary>
internal sealed class SharedRates(
    DirectoryRates rates, RequestLogService.RequestLogServiceClient identity, TimeProvider time, ILogger<SharedRates> logger) : BackgroundService
{
    private const int Most = 1000;
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private bool isAlone;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (rates.TakeCounts(Most) is { Count: > 0 } counts)
            {
                await ShareAsync(counts, stoppingToken);
            }
        }
    }

    // Not tried again: the next counts say what matters then.
    private async Task ShareAsync(IReadOnlyList<(string DirectoryId, long Requests)> counts, CancellationToken ct)
    {
        try
        {
            var request = new CountRequestsRequest
            {
                Counts = { counts.Select(count => new DirectoryRequests { DirectoryId = count.DirectoryId, Requests = count.Requests }) },
            };
            var answer = await identity.CountRequestsAsync(request, deadline: DateTime.UtcNow + Patience, cancellationToken: ct);
            foreach (var (count, sum) in counts.Zip(answer.Sums))
            {
                rates.Settle(count.DirectoryId, count.Requests, sum.Requests);
            }

            isAlone = false;
        }
        catch (RpcException e) when (!ct.IsCancellationRequested)
        {
            if (!isAlone)
            {
                logger.RatesNotShared(e.StatusCode);
            }

            isAlone = true;
        }
    }
}
