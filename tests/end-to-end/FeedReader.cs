using System.Security.Cryptography;
using DirectorySync.Feed.V1;
using Grpc.Core;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>Reads a service's change feed as an internal caller does: through a gateway, with an API key.</summary>
internal sealed class FeedReader : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly AsyncServerStreamingCall<WatchChangesResponse> call;

    private FeedReader(AsyncServerStreamingCall<WatchChangesResponse> call) => this.call = call;

    /// <summary>All that was told so far, in its order.</summary>
    public List<Change> Changes { get; } = [];

    public static async Task<FeedReader> StartAsync(TestSystem system, string service, int gateway = 0)
    {
        var client = new ChangeFeedService.ChangeFeedServiceClient(system.Channel(gateway));
        var headers = system.Headers(service);
        var consumer = "end-to-end-" + RandomNumberGenerator.GetHexString(8, lowercase: true);
        var registered = await client.RegisterConsumerAsync(new() { Consumer = consumer }, headers);
        return new(client.WatchChanges(new() { Consumer = consumer, ResumeToken = registered.ResumeToken }, headers));
    }

    public async Task ReadUntilAsync(Predicate<Change> condition)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (await call.ResponseStream.MoveNext(deadline.Token))
        {
            var batch = call.ResponseStream.Current.Changes;
            Changes.AddRange(batch);
            if (batch.Any(change => condition(change)))
            {
                return;
            }
        }

        Assert.Fail("The feed ended.");
    }

    public ValueTask DisposeAsync()
    {
        call.Dispose();
        return ValueTask.CompletedTask;
    }
}
