using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using DirectorySync.Kit;

namespace DirectorySync.EndToEnd.Tests.Chaos;

/// <summary>
/// An application that keeps directories by its webhooks, and fails, refuses, stalls and answers late; sometimes after it has applied what
/// it then says it has not.
/// </summary>
internal sealed class ChaosApplication : IAsyncDisposable
{
    /// <summary>How long the sender waits for an answer.</summary>
    public static readonly TimeSpan SenderPatience = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Stall = SenderPatience * 1.5;
    private static readonly TimeSpan Spell = TimeSpan.FromSeconds(4);

    private readonly ConcurrentDictionary<string, FoldedDirectory> directories = [];
    private readonly Random random;
    private readonly int seed;
    private readonly Receiver receiver;
    private int requests;

    private ChaosApplication(Receiver receiver, int seed)
    {
        (this.receiver, this.seed, random) = (receiver, seed, new(seed));
        receiver.Answer = AnswerAsync;
    }

    public string Url => receiver.Url;

    /// <summary>From now on all is answered at once, by 200.</summary>
    public bool IsWell { get; set; }

    public int Requests => requests;

    public int Events => directories.Values.Sum(directory => directory.Ids.Count);

    public int Repeated => directories.Values.Sum(directory => directory.Repeated);

    public FoldedDirectory Of(string directoryId) => directories.GetOrAdd(directoryId, _ => new());

    public static async Task<ChaosApplication> StartAsync(int seed) => new(await Receiver.StartAsync(), seed);

    public ValueTask DisposeAsync() => receiver.DisposeAsync();

    private async Task<int> AnswerAsync(Received received)
    {
        Interlocked.Increment(ref requests);
        switch (IsWell ? 99 : IsAway ? 0 : Roll())
        {
            case < 10:
                return 503;
            case < 14:
                return 429;
            case < 17:
                return 404;
            case < 20:
                Apply(received);
                return 500;
            case < 27:
                await Task.Delay(TimeSpan.FromMilliseconds(Roll() * 7));
                break;
            case < 28:
                await Task.Delay(Stall);
                break;
            case < 30:
                Apply(received);
                await Task.Delay(Stall);
                break;
        }

        Apply(received);
        return 200;
    }

    private void Apply(Received received)
    {
        var told = JsonNode.Parse(received.Body)!.AsObject();
        Of((string)told["directory_id"]!).Apply(told);
    }

    // For a while now and then nobody gets through.
    private bool IsAway => new Random(seed ^ (int)(Environment.TickCount64 / (long)Spell.TotalMilliseconds)).Next(6) == 0;

    private int Roll()
    {
        lock (random)
        {
            return random.Next(100);
        }
    }
}
