using System.Diagnostics.Metrics;
using DirectorySync.Chassis.Hosting;

namespace DirectorySync.Chassis.Feed;

/// <summary>
/// Reads at the feed's end, shared: streams that have come equally far, as most have most of the time, are given what was read once. A
/// stream that is a few reads behind is given those, and so comes to share the next ones.
/// </summary>
internal sealed class FeedTail(FeedStore store, ChangeFeed feed)
{
    private const int Kept = 4;

    private static readonly Counter<long> Reads = Telemetry.Meter.CreateCounter<long>(
        "directorysync.feed.reads", "{read}", "Reads of this service's feed by result: read, or shared with another stream.");

    private static readonly KeyValuePair<string, object?> Own = new("result", "read");
    private static readonly KeyValuePair<string, object?> Other = new("result", "shared");

    private readonly Lock gate = new();
    private readonly Queue<SharedRead> recent = new();

    private sealed record SharedRead(ResumeToken From, Task Wake, Task<FeedRead> Read)
    {
        // One that found nothing may be older than what has come since.
        public bool IsOf(ResumeToken token) =>
            (!Read.IsCompleted || (Read.IsCompletedSuccessfully && Read.Result.Changes.Count > 0)) && From == token;
    }

    /// <summary>What came after the token, and what ends when more has come since that was read.</summary>
    public async Task<(FeedRead Read, Task Wake)> ReadAsync(ResumeToken token, CancellationToken ct)
    {
        if (token.Upper is not null)
        {
            // A page of a backlog, of this stream alone.
            var wake = feed.NextWake;
            Reads.Add(1, Own);
            return (await store.ReadAsync(token, ct), wake);
        }

        var shared = FindOrBegin(token);
        return (await shared.Read.WaitAsync(ct), shared.Wake);
    }

    private SharedRead FindOrBegin(ResumeToken token)
    {
        lock (gate)
        {
            if (recent.FirstOrDefault(read => read.IsOf(token)) is { } found)
            {
                Reads.Add(1, Other);
                return found;
            }

            Reads.Add(1, Own);
            // For whoever waits for it: the end of one stream does not end it.
            var begun = new SharedRead(token, feed.NextWake, store.ReadAsync(token, CancellationToken.None));
            recent.Enqueue(begun);
            if (recent.Count > Kept)
            {
                recent.Dequeue();
            }

            return begun;
        }
    }
}
