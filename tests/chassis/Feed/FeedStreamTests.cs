using System.Diagnostics;
using System.Globalization;
using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Feed;
using DirectorySync.Errors.V1;
using DirectorySync.Feed.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace DirectorySync.Chassis.Tests.Feed;

public sealed class FeedStreamTests : IAsyncLifetime
{
    private ThingDatabase things = null!;
    private TestHost host = null!;

    private Task<DateTime> NowAsync() =>
        things.Database.Sql($"select clock_timestamp()").SingleAsync(row => row.GetDateTime(0), CancellationToken.None);

    public async Task InitializeAsync()
    {
        things = await ThingDatabase.CreateAsync();
        host = await TestHost.StartFeedAsync(
            things.ConnectionString, options => options.Checkpoint = TimeSpan.FromMilliseconds(200));
    }

    public async Task DisposeAsync()
    {
        await host.DisposeAsync();
        await things.DisposeAsync();
    }

    [Fact]
    public async Task A_stream_begins_by_saying_that_it_is_up_to_date()
    {
        using var call = await WatchAsync(host);

        Assert.True(await call.ResponseStream.MoveNext(Soon()));
        Assert.Empty(call.ResponseStream.Current.Changes);
        Assert.True(call.ResponseStream.Current.CaughtUp);
    }

    [Fact]
    public async Task An_idle_stream_sends_checkpoints_that_move_on_when_transactions_end()
    {
        using var call = await WatchAsync(host);
        await using var connection = await things.Database.Source.OpenConnectionAsync();
        var open = await connection.BeginTransactionAsync();
        ulong xid;
        await using (var command = connection.CreateCommand())
        {
            command.CommandText = "select pg_current_xact_id()::text";
            xid = ulong.Parse((string)(await command.ExecuteScalarAsync())!, CultureInfo.InvariantCulture);
        }

        // The open transaction is older than this change, so it stands in the token.
        await things.WriteAsync("a");
        var withOpen = await NextAsync(call, response => response.Changes.Count == 1);
        Assert.Contains(xid, Decode(withOpen.ResumeToken).Seen.Xip);

        await open.RollbackAsync();
        var checkpoint = await NextAsync(call, response => !Decode(response.ResumeToken).Seen.Xip.Contains(xid));
        Assert.Empty(checkpoint.Changes);
        Assert.True(checkpoint.CaughtUp);
    }

    [Fact]
    public async Task A_checkpoint_says_until_when_all_is_known_through_the_services_that_this_one_follows()
    {
        var before = await NowAsync();
        using (var call = await WatchAsync(host))
        {
            Assert.InRange((await NextAsync(call, response => response.CaughtUp)).AsOf.ToDateTime(), before, await NowAsync());
        }

        await using var follower = await TestHost.StartAsync(
            things.ConnectionString,
            builder =>
            {
                builder.Services.AddChangeFeed(services => Things.Source(services)).AddSingleton(new FollowedFeed("other"));
                builder.Services.Configure<ChangeFeedOptions>(options => options.Checkpoint = TimeSpan.FromMilliseconds(200));
            },
            app => app.MapChangeFeed());
        using var followed = await WatchAsync(follower);
        Assert.Null((await NextAsync(followed, response => response.CaughtUp)).AsOf);

        await things.Database.Sql($"""
            insert into feed_positions (feed, resume_token, complete, caught_up_time) values ('other', '', true, '2020-02-02 12:00 utc')
            """).ExecuteAsync(CancellationToken.None);
        await NextAsync(followed, response => response.AsOf?.ToDateTime() == new DateTime(2020, 2, 2, 12, 0, 0, DateTimeKind.Utc));
        await things.Database.Sql($"update feed_positions set complete = false").ExecuteAsync(CancellationToken.None);
        await NextAsync(followed, response => response is { CaughtUp: true, AsOf: null });
    }

    [Fact]
    public async Task What_another_replica_commits_comes_within_a_poll()
    {
        using var call = await WatchAsync(host);
        await NextAsync(call, response => response.CaughtUp);

        // Nobody in the host's process calls Wake.
        var delays = new List<double>();
        for (var i = 0; i < 10; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await things.WriteAsync($"{i}");
            await NextAsync(call, response => response.Changes.Any(change => change.ResourceId == $"{i}"));
            delays.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        // The checkpoint every 200 ms alone would make it 100 ms.
        Assert.InRange(delays.Order().ElementAt(delays.Count / 2), 0, 80);
    }

    [Fact]
    public async Task Streams_that_have_come_equally_far_share_a_read_but_never_one_that_found_nothing()
    {
        var tail = host.Get<FeedTail>();
        var registered = await host.Feed.RegisterConsumerAsync(new() { Consumer = "test" });
        await things.WriteAsync("a");

        var (first, _) = await tail.ReadAsync(Decode(registered.ResumeToken), Soon());
        var (same, _) = await tail.ReadAsync(Decode(registered.ResumeToken), Soon());
        Assert.Equal("a", Assert.Single(first.Changes).ResourceId);
        Assert.Same(first, same);

        var (nothing, _) = await tail.ReadAsync(first.Next, Soon());
        Assert.Empty(nothing.Changes);
        await things.WriteAsync("b");
        var (second, _) = await tail.ReadAsync(nothing.Next, Soon());
        Assert.Equal("b", Assert.Single(second.Changes).ResourceId);

        // Whoever is cancelled leaves the read to the others.
        await things.WriteAsync("c");
        var one = tail.ReadAsync(second.Next, new CancellationToken(canceled: true));
        var other = tail.ReadAsync(second.Next, Soon());
        await Task.WhenAny(one, Task.Delay(TimeSpan.FromSeconds(10)));
        Assert.True(one.IsCompleted);
        Assert.Equal("c", Assert.Single((await other).Read.Changes).ResourceId);
    }

    [Fact]
    public async Task Who_is_in_no_hurry_is_told_more_at_once()
    {
        var registered = await host.Feed.RegisterConsumerAsync(new() { Consumer = "test" });
        var request = new WatchChangesRequest { Consumer = "test", ResumeToken = registered.ResumeToken, Interval = TimeSpan.FromSeconds(0.99).ToDuration() };
        using var call = host.Feed.WatchChanges(request);

        await things.WriteAsync("a");
        await NextAsync(call, response => response.Changes.Count > 0);
        await things.WriteAsync("b");
        await things.WriteAsync("c");

        var together = await NextAsync(call, response => response.Changes.Count > 0);
        Assert.Equal(["b", "c"], together.Changes.Select(change => change.ResourceId));
        using var wrong = host.Feed.WatchChanges(new(request) { Interval = TimeSpan.FromSeconds(1).ToDuration() });
        Assert.Equal(ErrorReason.InvalidValue, (await Assert.ThrowsAsync<RpcException>(() => NextAsync(wrong, _ => false))).Reason());
    }

    [Fact]
    public async Task A_change_carries_what_the_write_stored()
    {
        using var call = await WatchAsync(host);
        await things.ExecuteAsync($"""
            insert into changes (directory_id, resource_type, resource_id, version, deleted, resource, traceparent)
            values ('d', 'directorysync.feed.v1.RegisterConsumerRequest', 'r', 7, true,
              {new RegisterConsumerRequest { Consumer = "x" }.ToByteArray()},
              '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')
            """);

        var change = (await NextAsync(call, response => response.Changes.Count > 0)).Changes.Single();

        Assert.Equal(("d", "r", 7, true), (change.DirectoryId, change.ResourceId, change.Version, change.Deleted));
        Assert.Equal("x", change.Resource.Unpack<RegisterConsumerRequest>().Consumer);
        Assert.Equal("directorysync.feed.v1.RegisterConsumerRequest", FeedImage.TypeOf(change));
        Assert.Equal("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", change.Traceparent);
        Assert.InRange(change.CreateTime.ToDateTime(), DateTime.UtcNow.AddMinutes(-5), DateTime.UtcNow.AddMinutes(5));
    }

    [Fact]
    public async Task Resources_are_listed_in_batches_for_one_directory_or_all()
    {
        await things.ExecuteAsync($"insert into things select 'a', n::text, n from generate_series(1, 1001) n");
        await things.ExecuteAsync($"insert into things values ('b', 'x', 3, false), ('b', 'gone', 4, true)");

        var all = await ListAsync("");
        var one = await ListAsync("b");

        Assert.Equal([500, 500, 2], all.Select(response => response.Resources.Count));
        Assert.Equal(
            1002,
            all.SelectMany(response => response.Resources).Select(change => (change.DirectoryId, change.ResourceId)).Distinct().Count());
        var only = Assert.Single(one.SelectMany(response => response.Resources));
        Assert.Equal(("b", "x", 3, 0, false), (only.DirectoryId, only.ResourceId, only.Version, only.Id, only.Deleted));
    }

    [Fact]
    public async Task Streams_end_at_once_with_unavailable_when_the_service_stops()
    {
        await using var stopping = await TestHost.StartFeedAsync(things.ConnectionString);
        using var call = await WatchAsync(stopping);
        await NextAsync(call, response => response.CaughtUp);

        var started = Stopwatch.GetTimestamp();
        var stopped = stopping.StopAsync();
        var error = await Assert.ThrowsAsync<RpcException>(async () => await NextAsync(call, _ => false));
        await stopped;

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Equal(ErrorReason.StoreUnavailable, error.Reason());
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 3);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("another epoch")]
    [InlineData("pruned")]
    [InlineData("ahead")]
    [InlineData("unregistered")]
    public async Task A_token_that_cannot_go_on_is_answered_with_feed_reset(string what)
    {
        var consumer = what == "unregistered" ? "nobody" : "test";
        var registered = await host.Feed.RegisterConsumerAsync(new() { Consumer = "test" });
        var token = Decode(registered.ResumeToken);
        var bytes = what switch
        {
            "garbage" => ByteString.CopyFromUtf8("garbage"),
            "another epoch" => (token with { Epoch = Guid.NewGuid() }).Encode(),
            "pruned" => (token with { Seen = new(3, []) }).Encode(),
            "ahead" => (token with { Seen = new(token.Seen.Xmax + 1_000_000, []) }).Encode(),
            _ => registered.ResumeToken,
        };

        using var call = host.Feed.WatchChanges(new() { Consumer = consumer, ResumeToken = bytes });
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Soon()));

        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        Assert.Equal(ErrorReason.FeedReset, error.Reason());
    }

    [Fact]
    public async Task A_consumer_needs_a_name()
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await host.Feed.RegisterConsumerAsync(new()));

        Assert.Equal(ErrorReason.InvalidValue, error.Reason());
        Assert.Equal("consumer", error.FindMetadata("attribute"));
    }

    internal static ResumeToken Decode(ByteString bytes) =>
        ResumeToken.TryDecode(bytes, out var token) ? token : throw new InvalidOperationException("No token.");

    internal static CancellationToken Soon() => new CancellationTokenSource(TimeSpan.FromSeconds(10)).Token;

    internal static async Task<WatchChangesResponse> NextAsync(
        AsyncServerStreamingCall<WatchChangesResponse> call, Func<WatchChangesResponse, bool> wanted)
    {
        var soon = Soon();
        while (await call.ResponseStream.MoveNext(soon))
        {
            if (wanted(call.ResponseStream.Current))
            {
                return call.ResponseStream.Current;
            }
        }

        throw new InvalidOperationException("The stream ended.");
    }

    private static async Task<AsyncServerStreamingCall<WatchChangesResponse>> WatchAsync(TestHost host)
    {
        var registered = await host.Feed.RegisterConsumerAsync(new() { Consumer = "test" });
        return host.Feed.WatchChanges(new() { Consumer = "test", ResumeToken = registered.ResumeToken });
    }

    private async Task<List<ListResourcesResponse>> ListAsync(string directoryId)
    {
        using var call = host.Feed.ListResources(new() { DirectoryId = directoryId });
        return await call.ResponseStream.ReadAllAsync().ToListAsync();
    }
}
