using System.Text;
using DirectorySync.Chassis.Cache;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace DirectorySync.Chassis.Tests.Cache;

/// <summary>Each race that the cache has to survive, step by step.</summary>
public sealed class CacheRuleTests : IAsyncLifetime
{
    private static readonly CacheKey Key = new("d", "1");
    private static readonly CacheKey Other = new("d", "2");

    private RedisCache redis = null!;
    private VersionedCache cache = null!;
    private IDatabase admin = null!;
    private string prefix = "";

    public async Task InitializeAsync()
    {
        var server = await TestRedis.CreateAsync("identity");
        prefix = server.KeyPrefix;
        // As the service's own user, who may do little.
        redis = CacheHosting.Connect(server.ConnectionString, prefix, NullLogger<RedisCache>.Instance, TimeSpan.FromSeconds(5));
        cache = redis.Of("thing");
        admin = (await ConnectionMultiplexer.ConnectAsync(server.AdminConnectionString)).GetDatabase();
        await Eventually.True(async () => (await cache.FindAsync(new("d", "0"))).IsMiss, within: TimeSpan.FromSeconds(15));
    }

    public async Task DisposeAsync()
    {
        await redis.DisposeAsync();
        await admin.Multiplexer.DisposeAsync();
    }

    [Fact]
    public async Task Replicas_count_together_and_without_Redis_nobody_counts()
    {
        var server = await TestRedis.CreateAsync("identity");
        await using var other = CacheHosting.Connect(server.ConnectionString, prefix, NullLogger<RedisCache>.Instance, TimeSpan.FromSeconds(5));

        Assert.True(await redis.CountAsync("thing", [("a", 3), ("b", 1)], TimeSpan.FromMinutes(1)) is [3, 1]);
        await Eventually.True(async () => await other.CountAsync("thing", [("a", 0)], TimeSpan.FromMinutes(1)) is [3], what: "the other replica sees it");
        Assert.True(await redis.CountAsync("other", [("a", 2)], TimeSpan.FromMilliseconds(1)) is not null);
        await Eventually.True(async () => await redis.CountAsync("other", [("a", 1)], TimeSpan.FromMilliseconds(1)) is [1], what: "it starts anew");
        await using var none = CacheHosting.Connect(null, prefix, NullLogger<RedisCache>.Instance);
        Assert.Null(await none.CountAsync("thing", [("a", 1)], TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task A_miss_is_filled_and_then_hit()
    {
        var found = await cache.FindAsync(Key);
        Assert.True(found is { IsHit: false, IsDeleted: false });

        await FillAsync(found, 3, "three");

        Assert.Equal("3 three", await ReadAsync(Key));
    }

    [Fact]
    public async Task An_entry_has_a_written_key_and_lives_at_most_ten_seconds()
    {
        await FillAsync(await cache.FindAsync(Key), 1, "one");

        var left = await admin.KeyTimeToLiveAsync($"{prefix}v1:thing:d:1");
        Assert.InRange(left!.Value.TotalSeconds, 1, 10);
    }

    [Fact]
    public async Task A_fence_hides_what_was_there_and_the_new_version_follows()
    {
        await FillAsync(await cache.FindAsync(Key), 1, "one");
        var fence = await cache.FenceAsync(Key);
        Assert.Equal("ask PostgreSQL", await ReadAsync(Key));

        await fence.SettleAsync(Key, 2, Bytes("two"));

        Assert.Equal("2 two", await ReadAsync(Key));
    }

    [Fact]
    public async Task A_reader_does_not_fill_over_a_fence()
    {
        var found = await cache.FindAsync(Key);
        var fence = await cache.FenceAsync(Key);
        await FillAsync(found, 1, "one");
        Assert.Equal("ask PostgreSQL", await ReadAsync(Key));

        await fence.SettleAsync(Key, 2, Bytes("two"));
        await FillAsync(found, 1, "one");
        Assert.Equal("2 two", await ReadAsync(Key));
    }

    [Fact]
    public async Task A_fill_replaces_an_older_version_only()
    {
        var found = await cache.FindAsync(Key);
        await FillAsync(found, 5, "five");
        await FillAsync(found, 4, "four");
        Assert.Equal("5 five", await ReadAsync(Key));
        await FillAsync(found, 5, "other five");
        Assert.Equal("5 five", await ReadAsync(Key));
        await FillAsync(found, 300, "three hundred");
        Assert.Equal("300 three hundred", await ReadAsync(Key));
    }

    [Fact]
    public async Task A_tombstone_keeps_older_versions_out()
    {
        var found = await cache.FindAsync(Key);
        var fence = await cache.FenceAsync(Key);
        await fence.SettleDeletedAsync(Key, 7);

        await FillAsync(found, 6, "six");
        Assert.Equal("deleted 7", await ReadAsync(Key));
        await FillAsync(found, 7, "seven");
        Assert.Equal("deleted 7", await ReadAsync(Key));
        await FillAsync(found, 8, "eight, created again");
        Assert.Equal("8 eight, created again", await ReadAsync(Key));
    }

    [Theory]
    [InlineData(2, 3)]
    [InlineData(3, 2)]
    public async Task Of_writers_under_way_together_the_newest_stays_whoever_ends_last(long first, long second)
    {
        var one = await cache.FenceAsync(Key);
        var two = await cache.FenceAsync(Key);

        await one.SettleAsync(Key, first, Bytes("one"));
        Assert.Equal("ask PostgreSQL", await ReadAsync(Key));
        await two.SettleAsync(Key, second, Bytes("two"));
        Assert.Equal(first > second ? "3 one" : "3 two", await ReadAsync(Key));
    }

    [Fact]
    public async Task A_writer_that_fenced_later_but_committed_earlier_does_not_bring_the_old_version_back()
    {
        var later = await cache.FenceAsync(Key);
        var earlier = await cache.FenceAsync(Key);
        await later.SettleAsync(Key, 3, Bytes("three"));

        await earlier.SettleAsync(Key, 2, Bytes("two"));

        Assert.Equal("3 three", await ReadAsync(Key));
    }

    [Fact]
    public async Task A_rollback_ends_only_its_own_fence()
    {
        var first = await cache.FenceAsync(Key);
        var second = await cache.FenceAsync(Key);
        await first.ReleaseAsync();
        Assert.InRange((await LeftAsync()).TotalSeconds, 20, 60);
        Assert.Equal("ask PostgreSQL", await ReadAsync(Key));

        await second.ReleaseAsync();
        Assert.InRange((await LeftAsync()).TotalSeconds, 0, 5);
        Assert.Equal("ask PostgreSQL", await ReadAsync(Key));
    }

    [Fact]
    public async Task A_rollback_publishes_what_another_writer_has_committed_meanwhile()
    {
        var giving = await cache.FenceAsync(Key);
        var committing = await cache.FenceAsync(Key);
        await committing.SettleAsync(Key, 2, Bytes("two"));
        Assert.Equal("ask PostgreSQL", await ReadAsync(Key));

        await giving.ReleaseAsync();

        Assert.Equal("2 two", await ReadAsync(Key));
    }

    [Fact]
    public async Task A_rollback_does_not_let_an_old_read_in_that_a_commit_has_overtaken()
    {
        // A reader has read version 1. Version 2 is written and cached; then somebody fences it away and gives up.
        var reader = await cache.FindAsync(Key);
        var committing = await cache.FenceAsync(Key);
        await committing.SettleAsync(Key, 2, Bytes("two"));
        var giving = await cache.FenceAsync(Key);
        await giving.ReleaseAsync();

        await FillAsync(reader, 1, "one");

        Assert.Equal("ask PostgreSQL", await ReadAsync(Key));
    }

    [Fact]
    public async Task A_writer_who_died_is_given_up_and_what_was_settled_beside_it_is_not_believed()
    {
        await cache.FenceAsync(Key);
        var beside = await cache.FenceAsync(Key);
        await beside.SettleAsync(Key, 2, Bytes("two"));

        // Forty seconds later: the dead writer's time in the fence.
        var entry = (byte[])(await admin.StringGetAsync($"{prefix}v1:thing:d:1"))!;
        "0000000000001"u8.CopyTo(entry.AsSpan(3 + 16));
        await admin.StringSetAsync($"{prefix}v1:thing:d:1", entry, TimeSpan.FromSeconds(40));
        var next = await cache.FenceAsync(Key);
        await next.ReleaseAsync();
        Assert.Equal("ask PostgreSQL", await ReadAsync(Key));

        var last = await cache.FenceAsync(Key);
        await last.SettleAsync(Key, 4, Bytes("four"));
        Assert.Equal("4 four", await ReadAsync(Key));
    }

    [Fact]
    public async Task A_read_that_took_too_long_is_not_cached()
    {
        var old = CacheResult.Miss(age: VersionedCache.StaleAfter + TimeSpan.FromSeconds(1));

        await cache.FillAsync(Key, old, 1, Bytes("one"));

        Assert.False(await admin.KeyExistsAsync($"{prefix}v1:thing:d:1"));
    }

    [Fact]
    public async Task A_writer_that_took_too_long_settles_nothing_but_ends_its_fence()
    {
        var slow = await cache.FenceAsync(Key);
        slow.Age(VersionedCache.StaleAfter + TimeSpan.FromSeconds(1));

        await slow.SettleAsync(Key, 2, Bytes("two"));

        Assert.Equal("ask PostgreSQL", await ReadAsync(Key));
        Assert.InRange((await LeftAsync()).TotalSeconds, 0, 5);
    }

    [Fact]
    public async Task A_created_resource_is_cached_without_a_read()
    {
        var before = CacheResult.Miss();
        await cache.FillAsync(Key, before, 1, Bytes("one"));

        Assert.Equal("1 one", await ReadAsync(Key));
    }

    [Fact]
    public async Task Many_are_found_in_order_and_fenced_at_once()
    {
        await FillAsync(await cache.FindAsync(Key), 1, "one");
        var found = await cache.FindAllAsync([Other, Key, new("e", "1")]);
        Assert.Equal([false, true, false], found.Select(result => result.IsHit));

        var fence = await cache.FenceAsync([Key, Other]);
        Assert.All(await cache.FindAllAsync([Key, Other]), result => Assert.True(result is { IsHit: false, IsMiss: false }));
        await fence.SettleAsync(Key, 2, Bytes("two"));
        await fence.SettleDeletedAsync(Other, 9);

        Assert.Equal(["2 two", "deleted 9"], [await ReadAsync(Key), await ReadAsync(Other)]);
        Assert.Empty(await cache.FindAllAsync([]));
    }

    [Fact]
    public async Task Large_versions_and_any_bytes_survive()
    {
        var bytes = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        await cache.FillAsync(Key, await cache.FindAsync(Key), 1L << 52, bytes);

        var found = await cache.FindAsync(Key);

        Assert.Equal((1L << 52, true), (found.Version, found.Value.Span.SequenceEqual(bytes)));
    }

    [Fact]
    public async Task Formats_and_things_do_not_mix()
    {
        await FillAsync(await cache.FindAsync(Key), 1, "one");

        Assert.True((await redis.Of("thing", format: 2).FindAsync(Key)).IsMiss);
        Assert.True((await redis.Of("other").FindAsync(Key)).IsMiss);
    }

    [Fact]
    public async Task Scripts_are_loaded_again_where_redis_forgot_them()
    {
        await FillAsync(await cache.FindAsync(Key), 1, "one");
        await admin.ExecuteAsync("script", "flush");

        await FillAsync(await cache.FindAsync(Key), 2, "two");
        await Eventually.True(async () =>
        {
            await FillAsync(await cache.FindAsync(Key), 2, "two");
            return await ReadAsync(Key) == "2 two";
        });
    }

    [Fact]
    public async Task Without_redis_nothing_is_cached_and_nothing_fails()
    {
        var none = CacheHosting.Connect(null, "identity:", NullLogger<RedisCache>.Instance).Of("thing");

        var fence = await none.FenceAsync(Key);
        await fence.SettleAsync(Key, 1, Bytes("one"));
        await none.FillAsync(Key, CacheResult.Miss(), 1, Bytes("one"));

        Assert.True(await none.FindAsync(Key) is { IsHit: false, IsDeleted: false });
    }

    private Task FillAsync(CacheResult found, long version, string value) => cache.FillAsync(Key, found, version, Bytes(value));

    private async Task<string> ReadAsync(CacheKey key) => await cache.FindAsync(key) switch
    {
        { IsHit: true } hit => $"{hit.Version} {Encoding.UTF8.GetString(hit.Value.Span)}",
        { IsDeleted: true } deleted => $"deleted {deleted.Version}",
        { IsMiss: true } => "miss",
        _ => "ask PostgreSQL",
    };

    private async Task<TimeSpan> LeftAsync() => (await admin.KeyTimeToLiveAsync($"{prefix}v1:thing:d:1"))!.Value;

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
