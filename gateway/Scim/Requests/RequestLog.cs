using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Threading.Channels;
using DirectorySync.Gateway.Calls;
using DirectorySync.Identity.V1;
using Grpc.Core;

namespace DirectorySync.Gateway.Scim.Requests;

/// <summary>
/// Sends entries to identity in batches, behind the requests' backs. No request waits for it: when more come than can be written, or identity is
/// away for long, entries are left out and counted, and the log says how many are missing.
/// </summary>
internal sealed class RequestLog(
    RequestLogService.RequestLogServiceClient identity, ServiceCalls calls, TimeProvider time, ILogger<RequestLog> logger) : BackgroundService
{
    private const int Capacity = 10_000;
    private const int MostHeld = 32 * 1024 * 1024;
    private const int BatchEntries = 500;
    private const int BatchBytes = 4 * 1024 * 1024;
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private static readonly Counter<long> Unlogged = ScimMetrics.Meter.CreateCounter<long>(
        "directorysync.scim.requests_not_logged", "{request}", "SCIM requests that the log has no entry of: they came faster than they could be written.");

    private readonly Channel<RequestTrail> pending =
        Channel.CreateBounded<RequestTrail>(new BoundedChannelOptions(Capacity) { SingleReader = true });

    private readonly ConcurrentDictionary<(string DirectoryId, string Endpoint), long> missing = new();
    private int held;

    /// <summary>Takes a request that is over. Never waits.</summary>
    public void Add(RequestTrail trail)
    {
        if (Interlocked.Add(ref held, trail.Weight) <= MostHeld && pending.Writer.TryWrite(trail))
        {
            return;
        }

        Interlocked.Add(ref held, -trail.Weight);
        Miss(trail.DirectoryId, trail.Endpoint);
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // What is pending is still sent: requests have ended by now.
        pending.Writer.TryComplete();
        if (ExecuteTask is { } running)
        {
            await running.WaitAsync(Farewell, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await pending.Reader.WaitToReadAsync(stoppingToken))
        {
            if (pending.Reader.Count < BatchEntries && !pending.Reader.Completion.IsCompleted)
            {
                await Task.WhenAny(Task.Delay(Every, time, stoppingToken), pending.Reader.Completion);
            }

            await SendAsync(Take(), stoppingToken);
        }
    }

    private List<ScimRequest> Take()
    {
        var batch = new List<ScimRequest>();
        var now = time.GetUtcNow();
        foreach (var (owner, _) in missing)
        {
            if (missing.TryRemove(owner, out var count))
            {
                batch.Add(RequestEntry.Missing(owner.DirectoryId, owner.Endpoint, count, now));
            }
        }

        for (var bytes = 0; batch.Count < BatchEntries && bytes < BatchBytes && pending.Reader.TryRead(out var trail);)
        {
            Interlocked.Add(ref held, -trail.Weight);
            var entry = RequestEntry.Of(trail);
            bytes += entry.CalculateSize();
            batch.Add(entry);
        }

        return batch;
    }

    // For as long as identity is away the batch waits, and others behind it.
    private async Task SendAsync(List<ScimRequest> batch, CancellationToken ct)
    {
        foreach (var part in batch.Chunk(BatchEntries))
        {
            while (!await TrySendAsync(part))
            {
                await Task.Delay(Every, time, ct);
            }
        }
    }

    private async Task<bool> TrySendAsync(ScimRequest[] part)
    {
        try
        {
            var request = new AppendRequestsRequest { Requests = { part } };
            await calls.SendAsync($"request-log-{part[0].Id}", call => identity.AppendRequestsAsync(request, call).ResponseAsync);
            return true;
        }
        catch (RpcException e) when (ServiceCalls.IsAway(e))
        {
            return false;
        }
        catch (RpcException e)
        {
            logger.EntriesRefused(part.Length, e.Status);
            Unlogged.Add(part.Length);
            return true;
        }
    }

    private void Miss(string directoryId, string endpoint)
    {
        missing.AddOrUpdate((directoryId, endpoint), 1, (_, count) => count + 1);
        Unlogged.Add(1);
    }
}
