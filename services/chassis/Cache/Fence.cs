using System.Diagnostics;
using StackExchange.Redis;

namespace DirectorySync.Chassis.Cache;

/// <summary>A writer's mark on the entries that it is about to make out of date. None of its methods throws if Redis is away.</summary>
public sealed class Fence
{
    private readonly VersionedCache cache;
    private readonly RedisCache redis;
    private readonly RedisKey[] keys;
    private readonly RedisValue token;
    private long started = Stopwatch.GetTimestamp();

    internal Fence(VersionedCache cache, RedisCache redis, RedisKey[] keys, byte[] token, bool isSet)
    {
        IsSet = isSet;
        this.cache = cache;
        this.redis = redis;
        this.keys = keys;
        this.token = token;
    }

    /// <summary>False if Redis could not be told: other replicas may find what is out of date, for as long as an entry lives.</summary>
    public bool IsSet { get; }

    /// <summary>After the commit: the entry is what was written. Need not be awaited; until it is done, readers ask PostgreSQL.</summary>
    public Task SettleAsync(CacheKey key, long version, ReadOnlyMemory<byte> value) =>
        SettleAsync(key, CacheEntry.Write(CacheEntry.Value, version, value.Span));

    /// <summary>After the commit of a deletion: the entry says so, and keeps older versions out.</summary>
    public Task SettleDeletedAsync(CacheKey key, long version) =>
        SettleAsync(key, CacheEntry.Write(CacheEntry.Tombstone, version, default));

    /// <summary>
    /// After a rollback, if it is certain: the entries that are not settled are free again in five seconds. Without a call it takes longer.
    /// </summary>
    public Task ReleaseAsync() => Task.WhenAll(keys.Select(ReleaseAsync));

    /// <summary>For tests: as if it had been set so long ago.</summary>
    internal void Age(TimeSpan age) => started -= (long)(age.TotalSeconds * Stopwatch.Frequency);

    private async Task SettleAsync(CacheKey key, byte[] written)
    {
        var redisKey = cache.RedisKeyOf(key);
        if (Stopwatch.GetElapsedTime(started) > VersionedCache.StaleAfter)
        {
            // Newer versions may have come and gone meanwhile.
            await ReleaseAsync(redisKey);
            return;
        }

        var (told, _) = await redis.TryAsync(
            redis.Writes,
            static (database, settle) => database.ScriptEvaluateAsync(CacheScripts.Settle, [settle.Key], settle.Arguments),
            (Key: redisKey, Arguments: new RedisValue[] { written, VersionedCache.Milliseconds(VersionedCache.Lifetime), token }));
        redis.Settled(redisKey, told);
    }

    private async Task ReleaseAsync(RedisKey key)
    {
        var (told, _) = await redis.TryAsync(
            redis.Writes,
            static (database, release) => database.ScriptEvaluateAsync(CacheScripts.Release, [release.Key], release.Arguments),
            (Key: key,
                Arguments: new RedisValue[]
                {
                    VersionedCache.Milliseconds(VersionedCache.StaleAfter), VersionedCache.Milliseconds(VersionedCache.Lifetime), token,
                }));
        redis.Settled(key, told);
    }
}
