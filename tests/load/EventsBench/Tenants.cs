using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using DirectorySync.Kit;
using DirectorySync.Load.PipelineBench;
using DirectorySync.Load.ScimBench;

namespace DirectorySync.Load.EventsBench;

/// <summary>Many directories whose users are created and renamed, and one application that is told of all of them.</summary>
internal sealed class Tenants : IAsyncDisposable
{
    private const int Directories = 20;
    private const int Connections = 16;
    private const int UsersOfEach = 100;

    // Of each user, which name came when: 0 is the creation.
    private readonly ConcurrentDictionary<string, ConcurrentQueue<(int Name, long Time)>> heard = [];
    private readonly List<ScimWorkload> work = [];
    private readonly Receiver receiver;
    private readonly Stack stack;
    private int turn = -1;

    private Tenants(Stack stack, Receiver receiver)
    {
        (this.stack, this.receiver) = (stack, receiver);
        receiver.Answer = AnswerAsync;
    }

    /// <summary>What the application does before it answers 200.</summary>
    public TimeSpan Sleep { get; set; }

    /// <summary>Directories with some users, all of which have been told.</summary>
    public static async Task<Tenants> StartAsync(Stack stack)
    {
        var tenants = new Tenants(stack, await Receiver.StartAsync());
        using var rest = new HttpClient { BaseAddress = new(stack.GatewayUrl()) };
        rest.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", stack.ApiKey);
        using var endpoint = await rest.PostAsJsonAsync(
            "/webhook_endpoints", new { endpoint_url = tenants.receiver.Url, events = new[] { "dsync.user.created", "dsync.user.updated" } });
        endpoint.EnsureSuccessStatusCode();
        for (var number = 0; number < Directories; number++)
        {
            var directory = await stack.CreateDirectoryAsync($"Directory {number}");
            tenants.work.Add(new(directory.ScimBaseUrl, directory.Token, Connections));
        }

        await Parallel.ForEachAsync(tenants.work, new ParallelOptions { MaxDegreeOfParallelism = Connections }, async (one, ct) =>
        {
            for (var user = 0; user < UsersOfEach; user++)
            {
                ct.ThrowIfCancellationRequested();
                await one.PostAsync();
            }
        });
        await tenants.DrainAsync();
        return tenants;
    }

    /// <summary>
    /// Writes at a steady rate, whatever the answers take, to one directory after the other: half of it are new users, half new names of
    /// others. Answers how long SCIM took to answer, and how long after that the application had it.
    /// </summary>
    public async Task<(Latency Scim, Func<Task<Latency>> Webhooks)> WriteAsync(int perSecond, TimeSpan during)
    {
        var writes = new List<Task<(double Milliseconds, string UserId, int Name, long Answered)>>();
        var begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < during)
        {
            while (writes.Count < Stopwatch.GetElapsedTime(begin).TotalSeconds * perSecond)
            {
                writes.Add(WriteAsync());
            }

            await Task.Delay(1);
        }

        var written = await Task.WhenAll(writes);
        return (
            Latency.Of(written.Select(write => write.Milliseconds)),
            async () => Latency.Of(await Task.WhenAll(written.Select(async write =>
                Math.Max(0, Stopwatch.GetElapsedTime(write.Answered, await HeardAsync(write.UserId, write.Name)).TotalMilliseconds)))));
    }

    /// <summary>Waits until the application has all.</summary>
    public Task DrainAsync() => Eventually.True(
        async () => await stack.QueryAsync("events", """
            select not exists (select from pending_directories) and not exists (select from webhook_lanes where sequence < last_sequence)
            """, row => row.GetBoolean(0)),
        TimeSpan.FromMinutes(5),
        "everything is told and delivered");

    public async ValueTask DisposeAsync()
    {
        work.ForEach(one => one.Dispose());
        await receiver.DisposeAsync();
    }

    private async Task<(double Milliseconds, string UserId, int Name, long Answered)> WriteAsync()
    {
        var number = Interlocked.Increment(ref turn);
        var tenant = work[number % work.Count];
        var started = Stopwatch.GetTimestamp();
        var (id, name) = number / work.Count % 2 == 0 ? ((await tenant.CreateAsync()).Id, 0) : await tenant.RenameAsync();
        return (Stopwatch.GetElapsedTime(started).TotalMilliseconds, id, name, Stopwatch.GetTimestamp());
    }

    private async Task<int> AnswerAsync(Received received)
    {
        var now = Stopwatch.GetTimestamp();
        var told = JsonNode.Parse(received.Body)!["data"]!;
        heard.GetOrAdd((string)told["id"]!, _ => []).Enqueue((ScimWorkload.NameOf((string?)told["last_name"]), now));
        await Task.Delay(Sleep);
        return 200;
    }

    // Of two changes at once the application may be told as of one.
    private async Task<long> HeardAsync(string userId, int name)
    {
        var time = 0L;
        await Eventually.True(
            () => (time = heard.GetValueOrDefault(userId)?.FirstOrDefault(told => told.Name >= name).Time ?? 0) != 0, TimeSpan.FromMinutes(3),
            "every write arrives");
        return time;
    }
}
