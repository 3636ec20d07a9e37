using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using DirectorySync.Feed.V1;
using DirectorySync.Kit;
using Grpc.Core;
using Grpc.Net.Client;

namespace DirectorySync.Load.PipelineBench;

/// <summary>Notes when a service tells of a user's version, as the next service hears it.</summary>
/// <typeparam name="T">What the service tells.</typeparam>
internal sealed class FeedWatch<T> : IAsyncDisposable
    where T : Google.Protobuf.IMessage, new()
{
    // In the order in which they came.
    private readonly ConcurrentDictionary<string, ImmutableList<(long Version, long Time)>> heard = [];
    private readonly CancellationTokenSource ending = new();
    private readonly GrpcChannel channel;
    private readonly Task watching;

    private FeedWatch(GrpcChannel channel, ChangeFeedService.ChangeFeedServiceClient client, RegisterConsumerResponse registered, Func<T, (string, long)> read)
    {
        this.channel = channel;
        watching = WatchAsync(client, registered, read);
    }

    /// <summary>Hears all from now on, and acknowledges it once a second, as services do.</summary>
    public static async Task<FeedWatch<T>> StartAsync(Stack stack, string service, Func<T, (string UserId, long UserVersion)> read)
    {
        var channel = GrpcChannel.ForAddress(stack.ServiceUrl(service));
        var client = new ChangeFeedService.ChangeFeedServiceClient(channel);
        return new(channel, client, await client.RegisterConsumerAsync(new() { Consumer = "bench", Restart = true }), read);
    }

    /// <summary>When that version, or a newer one instead, was heard of; waits for it.</summary>
    public async Task<long> HeardAsync(string userId, long version)
    {
        var time = 0L;
        await Eventually.True(
            () =>
            {
                if (watching.IsCompleted)
                {
                    throw new InvalidOperationException("The feed ended.", watching.Exception);
                }

                time = heard.GetValueOrDefault(userId)?.Find(told => told.Version >= version).Time ?? 0;
                return time != 0;
            },
            TimeSpan.FromMinutes(3),
            "every write arrives");
        return time;
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await ((Task)watching).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        channel.Dispose();
        ending.Dispose();
    }

    private async Task WatchAsync(
        ChangeFeedService.ChangeFeedServiceClient client, RegisterConsumerResponse registered, Func<T, (string, long)> read)
    {
        using var call = client.WatchChanges(
            new() { Consumer = "bench", ResumeToken = registered.ResumeToken }, cancellationToken: ending.Token);
        var acknowledged = 0L;
        await foreach (var batch in call.ResponseStream.ReadAllAsync(ending.Token))
        {
            var now = Stopwatch.GetTimestamp();
            foreach (var change in batch.Changes.Where(change => change.Resource.Is(new T().Descriptor)))
            {
                var (userId, version) = read(change.Resource.Unpack<T>());
                heard.AddOrUpdate(userId, [(version, now)], (_, before) => before.Add((version, now)));
            }

            if (Stopwatch.GetElapsedTime(acknowledged) > TimeSpan.FromSeconds(1))
            {
                acknowledged = now;
                await client.AcknowledgeChangesAsync(
                    new() { Consumer = "bench", ResumeToken = batch.ResumeToken }, cancellationToken: ending.Token);
            }
        }
    }
}
