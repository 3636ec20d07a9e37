using System.Diagnostics;
using System.Diagnostics.Metrics;
using DirectorySync.Chassis.Hosting;
using StackExchange.Redis;

namespace DirectorySync.Chassis.Cache;

/// <summary>
/// Cached resources of one kind, by version. PostgreSQL is the truth: nothing may be decided or written from what is found here. A writer
/// fences the keys before its commit and settles them after it; a reader that finds nothing reads PostgreSQL and fills. With Redis
/// away all of it does nothing, quickly.
/// </summary>
public sealed class VersionedCache
{
    /// <summary>An entry lives no longer, so nothing is ever more out of date.</summary>
    internal static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);

    /// <summary>Longer than any statement may take (Command Timeout): a fence outlives its writer's commit.</summary>
    internal static readonly TimeSpan FenceLifetime = TimeSpan.FromSeconds(60);

    /// <summary>
    /// What was read or committed longer ago is not cached any more. Half of <see cref="Lifetime"/>: whoever holds something old has
    /// given up before the entry ends that says so.
    /// </summary>
    internal static readonly TimeSpan StaleAfter = TimeSpan.FromSeconds(5);

    private static readonly Counter<long> Reads = Telemetry.Meter.CreateCounter<long>(
        "directorysync.cache.reads", "{read}", "Reads by thing and result: hit, deleted, miss, or bypass (fenced, or Redis away).");

    private readonly RecentKeys recent = new();
    private readonly RedisCache redis;
    private readonly string prefix;
    private readonly TagList hit;
    private readonly TagList deleted;
    private readonly TagList miss;
    private readonly TagList bypass;

    internal VersionedCache(RedisCache redis, string prefix, string thing)
    {
        this.redis = redis;
        this.prefix = prefix;
        hit = new() { { "thing", thing }, { "result", "hit" } };
        deleted = new() { { "thing", thing }, { "result", "deleted" } };
        miss = new() { { "thing", thing }, { "result", "miss" } };
        bypass = new() { { "thing", thing }, { "result", "bypass" } };
    }

    /// <summary>
    /// Whether the key is asked so often that Redis is worth a round trip. For reads that PostgreSQL answers as well and nearly as fast:
    /// those of one row by its key.
    /// </summary>
    public bool IsAskedOften(CacheKey key) => recent.Ask(key);

    /// <summary>What the cache knows of a resource.</summary>
    public async ValueTask<CacheResult> FindAsync(CacheKey key)
    {
        var redisKey = RedisKeyOf(key);
        if (redis.IsDistrusted(redisKey))
        {
            return Count(CacheResult.Bypass(mayFill: true));
        }

        var (done, entry) = await redis.TryAsync(redis.Reads, static (database, key) => database.StringGetAsync(key), redisKey);
        return Count(done ? CacheEntry.Read(entry) : CacheResult.Bypass(mayFill: false));
    }

    /// <summary>The same of several, in one round trip and in their order.</summary>
    public async ValueTask<CacheResult[]> FindAllAsync(IReadOnlyList<CacheKey> keys)
    {
        if (keys.Count == 0)
        {
            return [];
        }

        var redisKeys = keys.Select(RedisKeyOf).ToArray();
        var (done, entries) = await redis.TryAsync(redis.Reads, static (database, keys) => database.StringGetAsync(keys), redisKeys);
        var results = new CacheResult[redisKeys.Length];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = Count(
                !done ? CacheResult.Bypass(mayFill: false)
                : redis.IsDistrusted(redisKeys[i]) ? CacheResult.Bypass(mayFill: true)
                : CacheEntry.Read(entries![i]));
        }

        return results;
    }

    /// <summary>
    /// Offers what PostgreSQL said after <paramref name="found"/> came. Refused where a write is under way or something as new is known,
    /// and if the read took too long.
    /// </summary>
    public async Task FillAsync(CacheKey key, CacheResult found, long version, ReadOnlyMemory<byte> value)
    {
        if (found.MayFill && Stopwatch.GetElapsedTime(found.Started) < StaleAfter)
        {
            await redis.TryAsync(
                redis.Reads,
                static (database, fill) => database.ScriptEvaluateAsync(CacheScripts.Fill, [fill.Key], fill.Arguments),
                (Key: RedisKeyOf(key),
                    Arguments: new RedisValue[] { CacheEntry.Write(CacheEntry.Value, version, value.Span), Milliseconds(Lifetime) }));
        }
    }

    /// <summary>
    /// To be called before the statement that commits: from now on readers ask PostgreSQL, until all who fenced have settled or released.
    /// What is neither settled nor released ends by itself, so an unknown outcome needs nothing.
    /// </summary>
    public Task<Fence> FenceAsync(CacheKey key) => FenceAsync([key]);

    /// <summary>The same for several entries, in one round trip.</summary>
    public async Task<Fence> FenceAsync(IReadOnlyList<CacheKey> keys)
    {
        var token = CacheEntry.NewToken();
        var redisKeys = keys.Select(RedisKeyOf).ToArray();
        var (done, _) = await redis.TryAsync(
            redis.Writes,
            static (database, fence) => Task.WhenAll(
                fence.Keys.Select(key => database.ScriptEvaluateAsync(CacheScripts.Fence, [key], fence.Arguments))),
            (Keys: redisKeys, Arguments: new RedisValue[] { token, Milliseconds(FenceLifetime) }));
        if (!done)
        {
            redis.NotFenced(redisKeys);
        }

        return new Fence(this, redis, redisKeys, token, done);
    }

    internal static RedisValue Milliseconds(TimeSpan time) => (long)time.TotalMilliseconds;

    internal RedisKey RedisKeyOf(CacheKey key) => $"{prefix}{key.DirectoryId}:{key.Id}";

    private CacheResult Count(CacheResult result)
    {
        Reads.Add(1, result switch { { IsHit: true } => hit, { IsDeleted: true } => deleted, { IsMiss: true } => miss, _ => bypass });
        return result;
    }
}
