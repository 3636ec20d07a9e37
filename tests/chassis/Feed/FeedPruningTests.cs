using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Feed;
using DirectorySync.Errors.V1;
using Google.Protobuf;
using Grpc.Core;

namespace DirectorySync.Chassis.Tests.Feed;

public sealed class FeedPruningTests : IAsyncLifetime
{
    private ThingDatabase things = null!;
    private TestHost host = null!;

    public async Task InitializeAsync()
    {
        things = await ThingDatabase.CreateAsync();
        // Pruned when the tests say so.
        host = await TestHost.StartFeedAsync(things.ConnectionString, options => options.Prune = TimeSpan.FromHours(1));
    }

    public async Task DisposeAsync()
    {
        await host.DisposeAsync();
        await things.DisposeAsync();
    }

    [Fact]
    public async Task Changes_go_when_the_slowest_consumer_has_applied_them()
    {
        var slow = await RegisterAsync("slow");
        var fast = await RegisterAsync("fast");
        await WriteAsync(5);
        await AcknowledgeAsync("fast", await ReadAsync(fast));
        Assert.Equal(0, await PruneAsync());

        slow = await PrunedAsync(5, ("slow", slow), ("fast", fast));
        Assert.Equal(0, await CountAsync());
        await WriteAsync(2);
        Assert.Equal(0, await PruneAsync());
        Assert.Equal(2, (await host.Get<FeedStore>().ReadAsync(FeedStreamTests.Decode(slow), default)).Changes.Count);
    }

    [Fact]
    public async Task What_an_open_transaction_may_still_commit_is_kept_for()
    {
        var token = await RegisterAsync("one");
        await using var connection = await things.Database.Source.OpenConnectionAsync();
        await using var open = await connection.BeginTransactionAsync();
        await using (var command = connection.CreateCommand())
        {
            command.CommandText = """
                insert into changes (directory_id, resource_type, resource_id, version, resource)
                values ('d', 'google.protobuf.StringValue', 'open', 1, '')
                """;
            await command.ExecuteNonQueryAsync();
        }

        await WriteAsync(3);
        token = await ReadAsync(token);
        await AcknowledgeAsync("one", token);
        Assert.Equal(0, await PruneAsync());

        await open.CommitAsync();
        var read = await host.Get<FeedStore>().ReadAsync(FeedStreamTests.Decode(token), default);
        Assert.Equal("open", Assert.Single(read.Changes).ResourceId);
        await PrunedAsync(4, ("one", token));
    }

    [Fact]
    public async Task A_token_behind_what_was_pruned_is_answered_with_feed_reset()
    {
        var late = await RegisterAsync("late");
        var token = await RegisterAsync("one");
        await WriteAsync(3);
        await things.ExecuteAsync($"update feed_consumers set seen_time = now() - interval '8 days' where name = 'late'");
        await PrunedAsync(3, ("one", token));

        var error = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(late));
        Assert.Equal(ErrorReason.FeedReset, error.Reason());
        error = await Assert.ThrowsAsync<RpcException>(() => AcknowledgeAsync("late", late));
        Assert.Equal(ErrorReason.FeedReset, error.Reason());

        // It registers again, and is there.
        Assert.NotEqual(late, await RegisterAsync("late"));
    }

    [Fact]
    public async Task Without_a_consumer_changes_are_kept_for_seven_days()
    {
        await WriteAsync(4);
        await things.ExecuteAsync($"""
            update changes set create_time = now() - interval '8 days' where id in (select id from changes order by id limit 3)
            """);

        await PrunedAsync(3);
        Assert.Equal(1, await CountAsync());

        await things.ExecuteAsync($"update changes set create_time = now() - interval '8 days'");
        await PrunedAsync(1);
    }

    [Fact]
    public async Task Replicas_may_prune_side_by_side_and_in_batches()
    {
        var token = await RegisterAsync("one");
        for (var i = 0; i < 12; i++)
        {
            await things.ExecuteAsync($"""
                insert into changes (directory_id, resource_type, resource_id, version, resource)
                select 'd', 'google.protobuf.StringValue', n::text, 1, '' from generate_series(1, 1000) n
                """);
        }

        FeedRead read;
        do
        {
            read = await host.Get<FeedStore>().ReadAsync(FeedStreamTests.Decode(token), default);
            token = read.Next.Encode();
        }
        while (!read.CaughtUp);

        await using var other = await TestHost.StartFeedAsync(things.ConnectionString, options => options.Prune = TimeSpan.FromHours(1));
        var pruned = 0;
        await Eventually.True(async () =>
        {
            token = await ReadAsync(token);
            await AcknowledgeAsync("one", token);
            pruned += (await Task.WhenAll(PruneAsync(), other.Get<FeedPruning>().PruneAsync(default), PruneAsync())).Sum();
            return pruned == 12_000;
        });
        Assert.Equal(0, await CountAsync());
        await WriteAsync(1);
        Assert.Single((await host.Get<FeedStore>().ReadAsync(FeedStreamTests.Decode(token), default)).Changes);
    }

    [Fact]
    public async Task An_acknowledgement_never_goes_back()
    {
        var first = await RegisterAsync("one");
        await WriteAsync(1);
        var second = await ReadAsync(first);
        await AcknowledgeAsync("one", second);
        await AcknowledgeAsync("one", first);

        Assert.Equal(second, await RegisterAsync("one"));
    }

    [Fact]
    public async Task A_restart_begins_now_whatever_was_acknowledged()
    {
        var first = await RegisterAsync("one");
        await WriteAsync(2);
        Assert.Equal(first, await RegisterAsync("one"));

        var restarted = (await host.Feed.RegisterConsumerAsync(new() { Consumer = "one", Restart = true })).ResumeToken;

        Assert.Empty((await host.Get<FeedStore>().ReadAsync(FeedStreamTests.Decode(restarted), default)).Changes);
        Assert.Equal(restarted, await RegisterAsync("one"));
    }

    private async Task<ByteString> RegisterAsync(string name) =>
        (await host.Feed.RegisterConsumerAsync(new() { Consumer = name })).ResumeToken;

    private async Task AcknowledgeAsync(string name, ByteString token) =>
        await host.Feed.AcknowledgeChangesAsync(new() { Consumer = name, ResumeToken = token });

    private async Task<ByteString> ReadAsync(ByteString token) =>
        (await host.Get<FeedStore>().ReadAsync(FeedStreamTests.Decode(token), default)).Next.Encode();

    /// <summary>
    /// Consumers go on and pruning is tried until so many changes are gone: transactions of other tests on the same server hold it up.
    /// Answers the last token of the first.
    /// </summary>
    private async Task<ByteString> PrunedAsync(int count, params (string Name, ByteString Token)[] consumers)
    {
        var pruned = 0;
        await Eventually.True(async () =>
        {
            for (var i = 0; i < consumers.Length; i++)
            {
                consumers[i].Token = await ReadAsync(consumers[i].Token);
                await AcknowledgeAsync(consumers[i].Name, consumers[i].Token);
            }

            pruned += await PruneAsync();
            return pruned >= count;
        });
        Assert.Equal(count, pruned);
        return consumers.Length > 0 ? consumers[0].Token : ByteString.Empty;
    }

    private Task<int> PruneAsync() => host.Get<FeedPruning>().PruneAsync(default);

    private Task<long> CountAsync() => things.CountAsync($"select count(*) from changes");

    private async Task WriteAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await things.WriteAsync($"{i}");
        }
    }
}
