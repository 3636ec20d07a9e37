using System.Diagnostics;
using DirectorySync.Kit;

namespace DirectorySync.EndToEnd.Tests.Chaos;

/// <summary>Kills what the seed says, one after the other and sometimes two at once, and starts it again. All come equally often.</summary>
internal sealed class ChaosKills(Stack stack, int seed, int replicas)
{
    private const string Postgres = "PostgreSQL";
    private const string Redis = "Redis";

    private static readonly string[] Services = ["identity", "group-membership", "attribute-mapping", "roles", "events", "gateway"];
    private static readonly TimeSpan LongestAbsence = TimeSpan.FromSeconds(1.5);

    private readonly Random random = new(seed);
    private readonly Queue<string> next = [];

    public Dictionary<string, int> Count { get; } = [];

    /// <summary>Whom the next one takes.</summary>
    /// <param name="most">No more than so many.</param>
    public async Task<string> KillAsync(int most)
    {
        var victims = Enumerable.Range(0, Math.Min(most, random.Next(4) == 0 ? 2 : 1)).Select(_ => Next()).Distinct().ToList();
        var replica = random.Next(replicas);
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(victims.Select(victim => EndAsync(victim, replica)));
        await Task.Delay(random.NextDouble() * LongestAbsence);

        // A service that starts needs its database.
        foreach (var group in victims.GroupBy(victim => Services.Contains(victim)).OrderBy(group => group.Key))
        {
            await Task.WhenAll(group.Select(victim => StartAsync(victim, replica)));
        }

        victims.ForEach(victim => Count[victim] = Count.GetValueOrDefault(victim) + 1);
        return $"{string.Join(" and ", victims)}, back after {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s";
    }

    private string Next()
    {
        if (next.Count == 0)
        {
            string[] all = [.. Services, Postgres, Redis];
            random.Shuffle(all);
            Array.ForEach(all, next.Enqueue);
        }

        return next.Dequeue();
    }

    private Task EndAsync(string victim, int replica) => victim switch
    {
        Postgres => stack.CrashPostgresAsync(),
        Redis => stack.KillRedisAsync(),
        _ => stack.KillAsync(victim, replica),
    };

    private Task StartAsync(string victim, int replica) => victim switch
    {
        Postgres => stack.StartPostgresAsync(),
        Redis => stack.StartRedisAsync(),
        _ => stack.StartAgainAsync(victim, replica),
    };
}
