using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using DirectorySync.Chassis.Cache;
using Microsoft.Extensions.Logging.Abstractions;

namespace DirectorySync.Chassis.Tests.Cache;

public sealed class CacheConsistencyTests : IAsyncLifetime
{
    private const int Keys = 5;
    private const int Replicas = 3;

    private ThingDatabase things = null!;
    private OwnRedis redis = null!;
    private List<RedisCache> caches = [];

    public async Task InitializeAsync()
    {
        things = await ThingDatabase.CreateAsync();
        redis = await OwnRedis.StartAsync();
        caches = [.. Enumerable.Range(0, Replicas).Select(_ =>
            CacheHosting.Connect(redis.ConnectionString, "identity:", NullLogger<RedisCache>.Instance, TimeSpan.FromSeconds(5)))];
        for (var i = 0; i < Keys; i++)
        {
            await things.WriteAsync($"{i}");
        }
    }

    public async Task DisposeAsync()
    {
        foreach (var cache in caches)
        {
            await cache.DisposeAsync();
        }

        await redis.DisposeAsync();
        await things.DisposeAsync();
    }

    [Theory]
    [InlineData("reachable")]
    [InlineData("away")]
    [InlineData("comes and goes")]
    public async Task After_a_write_is_answered_no_replica_reads_an_older_version(string how)
    {
        if (how == "away")
        {
            await redis.StopAsync();
        }

        using var running = new CancellationTokenSource(TimeSpan.FromSeconds(how == "comes and goes" ? 8 : 4));
        // The newest version of each key whose write has been answered.
        var answered = new ConcurrentDictionary<string, long>();
        var (reads, hits) = (0, 0);
        var stale = new ConcurrentQueue<string>();
        var work = Enumerable.Range(0, 6).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            var cache = caches[worker % Replicas].Of("thing");
            while (!running.IsCancellationRequested)
            {
                var id = $"{random.Next(Keys)}";
                if (random.Next(8) == 0)
                {
                    var version = await WriteAsync(cache, id, random);
                    answered.AddOrUpdate(id, version, (_, known) => Math.Max(known, version));
                    continue;
                }

                var atLeast = answered.GetValueOrDefault(id);
                var (read, hit) = await ReadAsync(cache, id, random);
                Interlocked.Increment(ref reads);
                Interlocked.Add(ref hits, hit ? 1 : 0);
                if (read < atLeast)
                {
                    stale.Enqueue($"{id}: {read} after {atLeast}, {(hit ? "cached" : "PostgreSQL")}");
                }
            }
        })).ToList();
        if (how == "comes and goes")
        {
            await Eventually.True(() => Volatile.Read(ref hits) > 0);
            await redis.KillAsync();
            await Eventually.True(() => !caches[0].IsConnected);
            await redis.StartAgainAsync();
            await Eventually.True(() => caches.TrueForAll(cache => cache.IsConnected));
        }

        await Task.WhenAll(work);

        Assert.Empty(stale);
        Assert.True(reads > 100, $"Only {reads} reads.");
        Assert.True(how == "away" ? hits == 0 : hits > 0, $"{hits} hits.");
    }

    [Fact]
    public async Task A_redis_that_goes_costs_no_time_and_one_that_comes_back_is_used_again()
    {
        var cache = caches[0].Of("thing");
        await HitAsync(cache);
        await redis.StopAsync();
        await FindAsync(cache);

        // While it is away, requests do not wait for it.
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < 1000; i++)
        {
            Assert.False(await FindAsync(cache));
            var fence = await cache.FenceAsync(new CacheKey("d", "0"));
            await fence.SettleAsync(new("d", "0"), 2, "x"u8.ToArray());
        }

        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 2);

        await redis.StartAgainAsync();
        await HitAsync(cache, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task What_could_not_be_fenced_is_not_believed_when_redis_is_back()
    {
        var (writer, reader) = (caches[0].Of("thing"), caches[1].Of("thing"));
        await HitAsync(writer);
        await redis.StopAsync();
        await FindAsync(writer);
        await writer.FenceAsync(new CacheKey("d", "0"));

        await redis.StartAgainAsync();
        await Eventually.True(() => caches[1].IsConnected && caches[0].IsConnected);

        // Somebody fills what he has read before the write.
        await Eventually.True(
            async () =>
            {
                await reader.FillAsync(new("d", "0"), CacheResult.Miss(), 1, "old"u8.ToArray());
                return await caches[1].HasAsync("identity:v1:thing:d:0");
            });

        Assert.False((await writer.FindAsync(new("d", "0"))).IsHit);
        Assert.False((await reader.FindAsync(new("d", "0"))).IsHit);
    }

    private static async Task<bool> FindAsync(VersionedCache cache) => (await cache.FindAsync(new("d", "0"))).IsHit;

    private static Task HitAsync(VersionedCache cache, TimeSpan? within = null) => Eventually.True(
        async () =>
        {
            await cache.FillAsync(new("d", "0"), await cache.FindAsync(new("d", "0")), 1, "x"u8.ToArray());
            return await FindAsync(cache);
        },
        within);

    private async Task<long> WriteAsync(VersionedCache cache, string id, Random random)
    {
        var key = new CacheKey("d", id);
        var fence = await cache.FenceAsync(key);
        if (random.Next(6) == 0)
        {
            await fence.ReleaseAsync();
            return 0;
        }

        var version = await things.WriteAsync(id);
        await PauseAsync(random);
        await fence.SettleAsync(key, version, Bytes(version));
        return version;
    }

    private async Task<(long Version, bool Hit)> ReadAsync(VersionedCache cache, string id, Random random)
    {
        var key = new CacheKey("d", id);
        var found = await cache.FindAsync(key);
        if (found.IsHit)
        {
            Assert.Equal(found.Version, long.Parse(Encoding.UTF8.GetString(found.Value.Span), CultureInfo.InvariantCulture));
            return (found.Version, true);
        }

        var version = await things.CountAsync($"select version from things where directory_id = 'd' and id = {id}");
        await PauseAsync(random);
        await cache.FillAsync(key, found, version, Bytes(version));
        return (version, false);
    }

    // Lets others in between two steps.
    private static async Task PauseAsync(Random random)
    {
        for (var i = random.Next(4); i > 0; i--)
        {
            await Task.Delay(random.Next(4));
        }
    }

    private static byte[] Bytes(long version) => Encoding.UTF8.GetBytes(version.ToString(CultureInfo.InvariantCulture));
}
