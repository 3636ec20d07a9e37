using System.Diagnostics;
using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using DirectorySync.Feed.V1;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DirectorySync.Chassis.Feed;

/// <summary>
/// Follows another service's feed and applies it, for as long as the service runs. Whatever fails is tried again from the stored position. A
/// change that fails again and again is parked, so that it does not keep the others; it is tried on, and never forgotten.
/// </summary>
internal sealed class FeedConsumer(
    string feed,
    string consumer,
    ChangeFeedService.ChangeFeedServiceClient client,
    FeedEffect effect,
    Database database,
    FeedPositions positions,
    ILogger<FeedConsumer> logger) : BackgroundService
{
    private static readonly TimeSpan TakeTurnEvery = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan AcknowledgeEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShowLifeEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    // The server says something every second; so long a silence is a connection that is dead without knowing it.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(20);

    // A page of a large table may be slow to read, and says nothing until it is.
    private static readonly TimeSpan LongestListingSilence = TimeSpan.FromMinutes(1);

    private const int TriesBeforeParking = 8;
    private static readonly TimeSpan TryParkedEvery = TimeSpan.FromMinutes(1);

    private readonly FeedMetrics metrics = new(feed);
    private readonly ParkedChanges parked = new(feed, database);
    private long parkedTried;

    // Failures in a row that are no outage.
    private int refusals;

    // Failures since something was applied or was found to be up to date.
    private int failures;

    // Set after a failure: changes are then applied one by one, so that the log can name the one that fails.
    private bool careful;

    // What was stored last, for the acknowledgement.
    private volatile ByteString? stored;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var wait = TakeTurnEvery;
            try
            {
                await using var turn = await FeedTurn.TryTakeAsync(database, feed, stoppingToken);
                if (turn is not null)
                {
                    await FollowAsync(turn.Ended);
                }
            }
            catch (PositionTakenException)
            {
                logger.PositionTaken(feed);
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                wait = BackOff.After(++failures, Random.Shared);
                metrics.Behind();
                if (e is RpcException { StatusCode: StatusCode.Unavailable or StatusCode.Cancelled } or OperationCanceledException
                    || ErrorInterceptor.IsStoreFailure(e))
                {
                    // The other service, or this one's own database.
                    logger.FeedUnavailable(feed, wait.TotalSeconds, e.Message);
                }
                else
                {
                    careful = true;
                    refusals++;
                    logger.FeedFailed(feed, wait.TotalSeconds, e);
                }
            }

            await Task.Delay(wait, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FollowAsync(CancellationToken ct)
    {
        var position = await positions.FindAsync(feed, ct);
        await parked.CountAsync(ct);
        while (true)
        {
            if (position is null or { Bootstrap: not null })
            {
                position = await BootstrapAsync(ct);
            }

            try
            {
                await WatchAsync(position, ct);
            }
            catch (RpcException e) when (e.Reason() == ErrorReason.FeedReset)
            {
                logger.FeedReset(feed, e.Status.Detail);
                position = null;
            }
        }
    }

    private async Task WatchAsync(FeedPosition position, CancellationToken ct)
    {
        stored = position.Token;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var call = client.WatchChanges(
            new()
            {
                Consumer = consumer, ResumeToken = position.Token, ResourceTypes = { effect.ResourceTypes }, Interval = effect.Interval.ToDuration(),
            },
            cancellationToken: ending.Token);
        var acknowledging = AcknowledgeAsync(ending);
        try
        {
            while (await call.ResponseStream.MoveNext(ending.Token).WaitAsync(LongestSilence, ending.Token))
            {
                position = await ReceiveAsync(position, call.ResponseStream.Current, ending.Token);
            }
        }
        finally
        {
            await ending.CancelAsync();
            // Says FEED_RESET if the acknowledgement was answered so.
            await acknowledging;
        }

        throw new RpcException(new Status(StatusCode.Unavailable, "The stream ended."));
    }

    private async Task<FeedPosition> ReceiveAsync(FeedPosition position, WatchChangesResponse response, CancellationToken ct)
    {
        var next = position with { Token = response.ResumeToken, Complete = position.Complete || response.CaughtUp };
        var asOf = response.CaughtUp ? response.AsOf?.ToDateTime() : null;
        if (next != position)
        {
            await ApplyAsync(position, next, response.Changes, asOf, ct);
            stored = next.Token;
        }
        else if (asOf is { } time)
        {
            await positions.MarkCaughtUpAsync(feed, time, ct);
        }

        failures = 0;
        refusals = 0;
        careful = false;
        await TryParkedAsync(next, ct);
        metrics.Received(response.Changes, response.CaughtUp);
        return next;
    }

    /// <summary>Applies a batch and moves on, both or neither.</summary>
    private async Task ApplyAsync(
        FeedPosition from, FeedPosition to, RepeatedField<Change> changes, DateTime? asOf, CancellationToken ct)
    {
        using var activity = FeedMetrics.StartBatch(feed, changes);
        try
        {
            await positions.MoveAsync(
                feed,
                from,
                to,
                asOf,
                async tx =>
                {
                    parked.Forget(tx, changes);
                    foreach (var part in changes.Chunk(careful ? 1 : Math.Max(1, changes.Count)))
                    {
                        await ApplyPartAsync(tx, new FeedBatch(part, from.Bootstrap, from.Complete), ct);
                    }
                },
                ct);
        }
        catch (Exception e) when (e is not PositionTakenException)
        {
            activity?.SetStatus(ActivityStatusCode.Error);
            throw;
        }
    }

    private async Task ApplyPartAsync(Transaction tx, FeedBatch batch, CancellationToken ct)
    {
        if (refusals >= TriesBeforeParking)
        {
            if (await tx.TryAsync(() => effect.Apply(tx, batch, ct), e => IsRefusal(e, ct), ct) is { } reason)
            {
                parked.Park(tx, batch.Changes[0], reason);
                logger.ChangeParked(feed, batch.Changes[0].Id, FeedImage.TypeOf(batch.Changes[0]), reason);
            }

            return;
        }

        try
        {
            await effect.Apply(tx, batch, ct);
            if (careful)
            {
                await tx.FlushAsync(ct);
            }
        }
        catch (Exception e) when (IsRefusal(e, ct))
        {
            logger.ChangeFailed(feed, batch.Changes[0].Id, batch.Changes[^1].Id, FeedImage.TypeOf(batch.Changes[0]));
            throw;
        }
    }

    private async Task TryParkedAsync(FeedPosition position, CancellationToken ct)
    {
        if (parked.Count == 0 || (parkedTried != 0 && Stopwatch.GetElapsedTime(parkedTried) < TryParkedEvery))
        {
            return;
        }

        parkedTried = Stopwatch.GetTimestamp();
        await positions.MoveAsync(
            feed,
            position,
            position,
            asOf: null,
            async tx =>
            {
                foreach (var change in await parked.ListAsync(tx, ct))
                {
                    var batch = new FeedBatch([change], Bootstrap: null, position.Complete);
                    var applied = await tx.TryAsync(() => effect.Apply(tx, batch, ct), e => IsRefusal(e, ct), ct) is null;
                    parked.Tried(tx, change, applied);
                    if (applied)
                    {
                        logger.ParkedChangeApplied(feed, change.Id, FeedImage.TypeOf(change));
                    }
                }
            },
            ct);
        await parked.CountAsync(ct);
        metrics.Parked(parked.Count);
    }

    private static bool IsRefusal(Exception e, CancellationToken ct) =>
        !ct.IsCancellationRequested && !ErrorInterceptor.IsStoreFailure(e) && e is not RpcException { StatusCode: StatusCode.Unavailable };

    /// <summary>
    /// Starts from nothing: notes where the feed is, lists what exists, sweeps what was not listed. What happens meanwhile is in the feed
    /// after the noted position. One that did not end well starts over.
    /// </summary>
    private async Task<FeedPosition> BootstrapAsync(CancellationToken ct)
    {
        var bootstrap = Guid.CreateVersion7();
        var registered = await client.RegisterConsumerAsync(
            new() { Consumer = consumer, Restart = true }, deadline: DateTime.UtcNow + CallTimeout, cancellationToken: ct);
        var position = new FeedPosition(registered.ResumeToken, Complete: false, bootstrap);
        await positions.BeginAsync(feed, position.Token, bootstrap, ct);
        logger.BootstrapBegins(feed, bootstrap);

        var listed = 0;
        using var call = client.ListResources(new(), cancellationToken: ct);
        while (await call.ResponseStream.MoveNext(ct).WaitAsync(LongestListingSilence, ct))
        {
            var resources = call.ResponseStream.Current.Resources;
            await ApplyAsync(position, position, resources, asOf: null, ct);
            listed += resources.Count;
        }

        var done = position with { Bootstrap = null };
        await positions.MoveAsync(feed, position, done, asOf: null, tx => effect.Sweep(tx, bootstrap, ct), ct);
        logger.BootstrapListed(feed, listed);
        return done;
    }

    /// <summary>
    /// Tells the other service what may be pruned, beside the stream. Only FEED_RESET is an answer of interest: it ends the stream. If the
    /// service is away the stream notices by itself.
    /// </summary>
    private async Task AcknowledgeAsync(CancellationTokenSource stream)
    {
        ByteString? acknowledged = null;
        var at = 0L;
        while (true)
        {
            await Task.Delay(AcknowledgeEvery, stream.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stream.IsCancellationRequested)
            {
                return;
            }

            var token = stored!;
            if (token == acknowledged && Stopwatch.GetElapsedTime(at) < ShowLifeEvery)
            {
                continue;
            }

            try
            {
                await client.AcknowledgeChangesAsync(
                    new() { Consumer = consumer, ResumeToken = token },
                    deadline: DateTime.UtcNow + CallTimeout,
                    cancellationToken: stream.Token);
                (acknowledged, at) = (token, Stopwatch.GetTimestamp());
            }
            catch (RpcException e) when (e.Reason() == ErrorReason.FeedReset)
            {
                await stream.CancelAsync();
                throw;
            }
            catch (RpcException e)
            {
                logger.NotAcknowledged(feed, e.StatusCode);
            }
        }
    }
}
