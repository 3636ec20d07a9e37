using System.Diagnostics;
using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Feed.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace DirectorySync.Chassis.Feed;

/// <summary>The feed as a gRPC service.</summary>
internal sealed class ChangeFeedRpc(
    ChangeFeed feed,
    FeedTail tail,
    FeedRegistry registry,
    IEnumerable<FeedSource> sources,
    IHostApplicationLifetime lifetime,
    IOptions<ChangeFeedOptions> options) : ChangeFeedService.ChangeFeedServiceBase
{
    private const int MaxConsumerName = 100;

    public override async Task<RegisterConsumerResponse> RegisterConsumer(RegisterConsumerRequest request, ServerCallContext context)
    {
        CheckName(request.Consumer);
        return new() { ResumeToken = await registry.RegisterAsync(request.Consumer, request.Restart, context.CancellationToken) };
    }

    public override Task WatchChanges(
        WatchChangesRequest request, IServerStreamWriter<WatchChangesResponse> responseStream, ServerCallContext context) =>
        UntilStoppingAsync(ct => WatchAsync(request, responseStream, ct), context);

    public override async Task<AcknowledgeChangesResponse> AcknowledgeChanges(AcknowledgeChangesRequest request, ServerCallContext context)
    {
        await registry.AcknowledgeAsync(
            request.Consumer, Decode(request.ResumeToken), request.ResumeToken, context.CancellationToken);
        return new();
    }

    public override Task ListResources(
        ListResourcesRequest request, IServerStreamWriter<ListResourcesResponse> responseStream, ServerCallContext context) =>
        UntilStoppingAsync(ct => ListAsync(request, responseStream, ct), context);

    private async Task WatchAsync(WatchChangesRequest request, IServerStreamWriter<WatchChangesResponse> responses, CancellationToken ct)
    {
        var token = Decode(request.ResumeToken);
        if (!await registry.IsRegisteredAsync(request.Consumer, ct))
        {
            throw FeedEpoch.Reset($"Consumer '{request.Consumer}' is not registered.");
        }

        var wanted = request.ResourceTypes.ToHashSet();
        var interval = IntervalOf(request);
        var sent = 0L;
        feed.StreamOpened();
        try
        {
            while (true)
            {
                var started = Stopwatch.GetTimestamp();
                var (read, wake) = await tail.ReadAsync(token, ct);
                token = read.Next;
                var changes = wanted.Count == 0 ? read.Changes : read.Changes.Where(change => wanted.Contains(FeedImage.TypeOf(change))).ToList();
                if (changes.Count > 0 || sent == 0 || Stopwatch.GetElapsedTime(sent) >= options.Value.Checkpoint)
                {
                    await responses.WriteAsync(
                        new()
                        {
                            Changes = { changes }, ResumeToken = token.Encode(), CaughtUp = read.CaughtUp, AsOf = read.AsOf?.ToTimestamp(),
                        },
                        ct);
                    sent = Stopwatch.GetTimestamp();
                }

                if (read.CaughtUp)
                {
                    await wake.WaitAsync(options.Value.Checkpoint, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    if (options.Value.GatherAfter(read.Changes.Count, interval) - Stopwatch.GetElapsedTime(started) is { Ticks: > 0 } rest)
                    {
                        await Task.Delay(rest, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    }
                }

                ct.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            feed.StreamClosed();
        }
    }

    private async Task ListAsync(ListResourcesRequest request, IServerStreamWriter<ListResourcesResponse> responses, CancellationToken ct)
    {
        foreach (var source in sources)
        {
            Change? last = null;
            while (await source(request.DirectoryId, last, options.Value.BatchSize, ct) is { Count: > 0 } page)
            {
                last = page[^1];
                foreach (var response in Split(page))
                {
                    await responses.WriteAsync(response, ct);
                }
            }
        }
    }

    private IEnumerable<ListResourcesResponse> Split(IReadOnlyList<Change> page)
    {
        var response = new ListResourcesResponse();
        var bytes = 0;
        foreach (var resource in page)
        {
            response.Resources.Add(resource);
            bytes += resource.Resource.Value.Length;
            if (bytes >= options.Value.BatchBytes)
            {
                yield return response;
                (response, bytes) = (new(), 0);
            }
        }

        if (response.Resources.Count > 0)
        {
            yield return response;
        }
    }

    /// <summary>Streams never end by themselves: SIGTERM ends them, so that the process can go and consumers ask another replica.</summary>
    private async Task UntilStoppingAsync(Func<CancellationToken, Task> stream, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            await stream(ending.Token);
        }
        catch (Exception e) when (e is not RpcException
            && lifetime.ApplicationStopping.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            throw ErrorReason.StoreUnavailable.ToRpc("The service is stopping. Try again.");
        }
    }

    private static ResumeToken Decode(ByteString bytes) =>
        ResumeToken.TryDecode(bytes, out var token) ? token : throw FeedEpoch.Reset("The resume token is no token of this feed.");

    private static TimeSpan IntervalOf(WatchChangesRequest request) => request.Interval switch
    {
        null => TimeSpan.Zero,
        { Seconds: 0, Nanos: >= 0 and < 1_000_000_000 and var nanos } => TimeSpan.FromMicroseconds(nanos / 1000),
        var other => throw ErrorReason.InvalidValue.ToRpc(
            "The interval is from 0 to less than a second.",
            ("attribute", "interval"), ("value", $"{other}"), ("remedy", "Leave it out, or send less than a second.")),
    };

    private static void CheckName(string consumer)
    {
        if (consumer.Length is 0 or > MaxConsumerName)
        {
            throw ErrorReason.InvalidValue.ToRpc(
                $"A consumer's name has 1 to {MaxConsumerName} characters.",
                ("attribute", "consumer"), ("remedy", "Send the name of the service that consumes."));
        }
    }
}
