using System.Collections.Concurrent;
using DirectorySync.Events.Telling;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Options;

namespace DirectorySync.Events.Webhooks;

/// <summary>
/// Delivers what lanes have, each lane in order, many lanes side by side, in every replica. A failing endpoint holds a few of its own lanes and
/// nobody else's.
/// </summary>
internal sealed class Deliverer(
    LaneStore lanes,
    WebhookStore endpoints,
    WebhookSender sender,
    TellerSignal signal,
    TimeProvider time,
    IOptions<WebhookOptions> options,
    ILogger<Deliverer> logger) : BackgroundService
{
    private const int ClaimLimit = 16;
    private const int ReadLimit = 50;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // How many lanes of each endpoint are being delivered here.
    private readonly ConcurrentDictionary<string, int> running = new();
    private readonly ConcurrentDictionary<Guid, Task> work = new();
    private volatile TaskCompletionSource freed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var (told, free) = (signal.NextTold, freed.Task);
            try
            {
                if (await StartDueAsync(stoppingToken))
                {
                    continue;
                }

                Task woken = Task.WhenAny(told, free);
                await woken.WaitAsync(Poll, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                logger.DeliveryFailed(e);
                await Task.Delay(Pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        await Task.WhenAll(work.Values);
    }

    // True if there may be more.
    private async Task<bool> StartDueAsync(CancellationToken ct)
    {
        var room = Math.Min(ClaimLimit, options.Value.Lanes - work.Count);
        if (room <= 0)
        {
            return false;
        }

        var busy = running.Where(endpoint => endpoint.Value >= options.Value.LanesOfEndpoint).Select(endpoint => endpoint.Key).ToArray();
        // To its end: what is taken is to be known here.
        ct.ThrowIfCancellationRequested();
        var claimed = await lanes.ClaimAsync(busy, room, CancellationToken.None);
        foreach (var lane in claimed)
        {
            running.AddOrUpdate(lane.EndpointId, 1, (_, count) => count + 1);
            work[lane.Lease] = Task.CompletedTask;
            var run = Task.Run(() => RunAsync(lane, ct), CancellationToken.None);
            work.TryUpdate(lane.Lease, run, Task.CompletedTask);
        }

        return claimed.Count == room;
    }

    private async Task RunAsync(ClaimedLane lane, CancellationToken ct)
    {
        try
        {
            await DeliverAsync(lane, ct);
        }
        catch (Exception e)
        {
            if (!ct.IsCancellationRequested)
            {
                logger.DeliveryFailed(e);
            }

            await GiveBackAsync(lane, ct.IsCancellationRequested ? TimeSpan.Zero : Pause);
        }
        finally
        {
            work.TryRemove(lane.Lease, out _);
            running.AddOrUpdate(lane.EndpointId, 0, (_, count) => count - 1);
            running.TryRemove(new(lane.EndpointId, 0));
            Interlocked.Exchange(ref freed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }
    }

    // Somebody goes on from the row. Should this fail too, the lease ends by itself.
    private async Task GiveBackAsync(ClaimedLane lane, TimeSpan wait)
    {
        try
        {
            await lanes.ReleaseAsync(lane, exhausted: false, wait, CancellationToken.None);
        }
        catch (Exception e)
        {
            logger.DeliveryFailed(e);
        }
    }

    private async Task DeliverAsync(ClaimedLane lane, CancellationToken ct)
    {
        var events = await lanes.ListNextAsync(lane, ReadLimit, ct);
        var moved = lane;
        foreach (var told in events.TakeWhile(_ => !ct.IsCancellationRequested).Where(lane.Wants))
        {
            if (await AttemptAsync(moved, told, ct) is not { } next)
            {
                return;
            }

            moved = next;
        }

        // What nobody wants is behind it too.
        if (events is [.., var last] && !ct.IsCancellationRequested && last.Sequence > moved.Sequence)
        {
            await lanes.MoveAsync(moved, last, null, null, CancellationToken.None);
        }

        await lanes.ReleaseAsync(moved, exhausted: events.Count == 0, TimeSpan.Zero, CancellationToken.None);
    }

    // The lane behind the event; null: it is not this process's any more.
    private async Task<ClaimedLane?> AttemptAsync(ClaimedLane lane, Event told, CancellationToken ct)
    {
        var attempts = lane.Attempts + 1;
        var began = time.GetUtcNow();
        var replay = told.Sequence <= lane.ReplaySequence;
        var result = await sender.SendAsync(lane.Endpoint, told, replay, attempts, ct);
        var attempt = Attempt(lane.DirectoryId, lane.EndpointId, told, result, began, replay);
        var since = lane.FailingSince ?? began;
        var now = time.GetUtcNow();
        var outcome = DeliveryRules.Decide(
            result, now - since, lane.Refusals + 1, now - (lane.RefusedSince ?? began), options.Value);

        EventsMetrics.Attempted(outcome, time.GetUtcNow() - told.CreateTime.ToDateTimeOffset(), replay);

        // What came of it is recorded also while the process stops.
        switch (outcome)
        {
            case DeliveryOutcome.Delivered or DeliveryOutcome.Park:
                var letter = outcome == DeliveryOutcome.Delivered ? null : Letter(lane, told, "REFUSED", result.Text);
                if (await lanes.MoveAsync(lane, told, attempt, letter, CancellationToken.None))
                {
                    return lane.Behind(told);
                }

                await lanes.ReleaseAsync(lane, exhausted: false, TimeSpan.Zero, CancellationToken.None);
                return null;
            case DeliveryOutcome.Retry:
                var next = time.GetUtcNow() + DeliveryRules.Delay(attempts, result.RetryAfter, options.Value, Random.Shared);
                await lanes.FailAsync(lane, attempt, result, since, next, CancellationToken.None);
                return null;
            case DeliveryOutcome.Disable:
                // First: nobody is to try again in between, and find out about the endpoint as it was when it is another's again.
                if (await endpoints.DisableAsync(lane.Endpoint, "GONE", CancellationToken.None))
                {
                    logger.EndpointDisabled(lane.EndpointId);
                }

                await lanes.FailAsync(lane, attempt, result, since, time.GetUtcNow(), CancellationToken.None);
                return null;
            default:
                await lanes.FailAsync(lane, attempt, result, since, null, CancellationToken.None);
                logger.LaneStopped(lane.DirectoryId, lane.EndpointId);
                return null;
        }
    }

    /// <summary>An attempt as it is recorded.</summary>
    public static DeliveryAttempt Attempt(
        string directoryId, string endpointId, Event told, DeliveryResult result, DateTimeOffset began, bool replay) => new()
    {
        Id = Guid.CreateVersion7(began).ToString(),
        DirectoryId = directoryId,
        EndpointId = endpointId,
        EventId = told.Id,
        EventType = told.Type,
        Status = result.Status,
        Error = result.Error,
        LatencyMilliseconds = (int)result.Latency.TotalMilliseconds,
        ResponseStart = result.ResponseStart,
        CreateTime = began.ToTimestamp(),
        Replay = replay,
    };

    private DeadLetter Letter(ClaimedLane lane, Event told, string reason, string error) => new()
    {
        DirectoryId = lane.DirectoryId,
        EndpointId = lane.EndpointId,
        EventId = told.Id,
        Sequence = told.Sequence,
        EventType = told.Type,
        Reason = reason,
        LastError = error,
        CreateTime = time.GetUtcNow().ToTimestamp(),
    };
}
