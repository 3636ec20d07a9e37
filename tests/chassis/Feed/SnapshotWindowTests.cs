using DirectorySync.Chassis.Feed;
using Npgsql;

namespace DirectorySync.Chassis.Tests.Feed;

public sealed class SnapshotWindowTests : IAsyncLifetime
{
    private ThingDatabase things = null!;
    private TestHost host = null!;

    public async Task InitializeAsync()
    {
        things = await ThingDatabase.CreateAsync();
        host = await TestHost.StartFeedAsync(things.ConnectionString, options => options.BatchSize = 10);
    }

    public async Task DisposeAsync()
    {
        await host.DisposeAsync();
        await things.DisposeAsync();
    }

    [Fact]
    public async Task A_change_that_commits_after_a_later_one_is_not_lost()
    {
        var token = await StartAsync();
        await using var slow = await OpenAsync();
        await slow.ExecuteAsync("slow");
        await things.WriteAsync("fast");

        var first = await ReadAsync(token);
        Assert.Equal(["fast"], Ids(first));

        await slow.CommitAsync();
        await things.WriteAsync("later");
        var second = await ReadAsync(first.Next);
        Assert.Equal(["slow", "later"], Ids(second));
        Assert.Empty((await ReadAsync(second.Next)).Changes);
    }

    [Fact]
    public async Task A_transaction_that_rolls_back_is_never_seen_and_holds_nothing_up()
    {
        var token = await StartAsync();
        await using (var undone = await OpenAsync())
        {
            await undone.ExecuteAsync("undone");
            await things.WriteAsync("a");
            token = (await ReadAsync(token)).Next;
        }

        await things.WriteAsync("b");
        Assert.Equal(["b"], Ids(await ReadAsync(token)));
    }

    [Fact]
    public async Task A_backlog_comes_in_pages_of_one_window_whatever_is_committed_between_them()
    {
        var token = await StartAsync();
        await using var open = await OpenAsync();
        await open.ExecuteAsync("open");
        for (var i = 0; i < 35; i++)
        {
            await things.WriteAsync($"before {i:d2}");
        }

        var seen = new List<string>();
        var pages = new List<int>();
        var read = await ReadAsync(token);
        for (var page = 0; read.Next.Upper is not null; page++)
        {
            seen.AddRange(Ids(read));
            pages.Add(read.Changes.Count);
            if (page == 0)
            {
                await open.CommitAsync();
            }

            await things.WriteAsync($"between {page}");
            read = await ReadAsync(read.Next);
        }

        seen.AddRange(Ids(read));
        pages.Add(read.Changes.Count);
        Assert.Equal([10, 10, 10, 5], pages);
        Assert.Equal(Enumerable.Range(0, 35).Select(i => $"before {i:d2}"), seen);

        Assert.False(read.CaughtUp);
        read = await ReadAsync(read.Next);
        Assert.Equal(["open", "between 0", "between 1", "between 2"], Ids(read));
        Assert.True(read.CaughtUp);
    }

    [Fact]
    public async Task A_batch_of_large_resources_is_cut_by_bytes()
    {
        var token = await StartAsync();
        await things.ExecuteAsync($"""
            insert into changes (directory_id, resource_type, resource_id, version, resource)
            select 'd', 'google.protobuf.StringValue', n::text, 1, decode(repeat('00', 3000000), 'hex') from generate_series(1, 5) n
            """);

        var counts = new List<int>();
        var ids = new List<string>();
        FeedRead read;
        do
        {
            read = await ReadAsync(token);
            token = read.Next;
            counts.Add(read.Changes.Count);
            ids.AddRange(Ids(read));
        }
        while (!read.CaughtUp);

        Assert.Equal([2, 2, 1, 0], counts);
        Assert.Equal(["1", "2", "3", "4", "5"], ids);
    }

    [Fact]
    public async Task A_hot_rows_changes_all_come_in_order_and_without_waiting_for_a_transaction_elsewhere()
    {
        const int Writers = 16;
        const int WritesEach = 150;

        // A writing transaction of another database of the server, open all the time.
        await using var elsewhere = await ThingDatabase.CreateAsync();
        await using var foreign = await OpenAsync(elsewhere);
        await foreign.ExecuteAsync("elsewhere");

        await using var fast = await TestHost.StartFeedAsync(things.ConnectionString, options => options.BatchSize = 50);
        var registered = await fast.Feed.RegisterConsumerAsync(new() { Consumer = "hot" });
        using var call = fast.Feed.WatchChanges(new() { Consumer = "hot", ResumeToken = registered.ResumeToken });
        var versions = new List<long>();
        var watching = Task.Run(async () =>
        {
            while (versions.Count < Writers * WritesEach && await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                versions.AddRange(call.ResponseStream.Current.Changes.Select(change => change.Version));
            }
        });
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < WritesEach; i++)
            {
                await things.WriteAsync("hot");
                if (writer % 2 == 0)
                {
                    fast.Get<ChangeFeed>().Wake();
                }
            }
        })));

        await watching.WaitAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(Enumerable.Range(1, Writers * WritesEach).Select(version => (long)version), versions);
    }

    [Fact]
    public async Task Each_of_many_resources_keeps_its_order_while_transactions_overlap()
    {
        var token = await StartAsync();
        using var writing = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        var writers = Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            var random = new Random(writer);
            while (!writing.IsCancellationRequested)
            {
                await things.Database.InTransactionAsync(
                    async tx =>
                    {
                        // Always in the same order, so that no transaction has to be undone for a deadlock.
                        foreach (var id in Enumerable.Range(0, 6).Where(_ => random.Next(3) == 0))
                        {
                            await tx.Sql(ThingDatabase.Write($"{id}")).ExecuteAsync(CancellationToken.None);
                        }
                    },
                    CancellationToken.None);
            }
        })).ToArray();

        var versions = new Dictionary<string, long>();
        var count = 0L;
        var done = false;
        while (!done)
        {
            done = writers.All(writer => writer.IsCompleted);
            var read = await ReadAsync(token);
            token = read.Next;
            done &= read.CaughtUp;
            foreach (var change in read.Changes)
            {
                Assert.Equal(versions.GetValueOrDefault(change.ResourceId) + 1, change.Version);
                versions[change.ResourceId] = change.Version;
                count++;
            }
        }

        await Task.WhenAll(writers);
        Assert.Equal(await things.CountAsync($"select count(*) from changes"), count);
    }

    private static IEnumerable<string> Ids(FeedRead read) => read.Changes.Select(change => change.ResourceId);

    private async Task<ResumeToken> StartAsync()
    {
        var registered = await host.Feed.RegisterConsumerAsync(new() { Consumer = "test" });
        Assert.True(ResumeToken.TryDecode(registered.ResumeToken, out var token));
        return token;
    }

    /// <summary>Each read goes on from the token's bytes, as after a restart.</summary>
    private async Task<FeedRead> ReadAsync(ResumeToken token)
    {
        Assert.True(ResumeToken.TryDecode(token.Encode(), out var decoded));
        return await host.Get<FeedStore>().ReadAsync(decoded, CancellationToken.None);
    }

    private async Task<OpenTransaction> OpenAsync(ThingDatabase? database = null)
    {
        var connection = await (database ?? things).Database.Source.OpenConnectionAsync();
        return new(connection, await connection.BeginTransactionAsync());
    }

    private sealed class OpenTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction) : IAsyncDisposable
    {
        public async Task ExecuteAsync(string id)
        {
            await using var command = new NpgsqlCommand(
                """
                insert into changes (directory_id, resource_type, resource_id, version, resource)
                values ('d', 'google.protobuf.StringValue', $1, 1, '')
                """,
                connection,
                transaction)
            {
                Parameters = { new() { Value = id } },
            };
            await command.ExecuteNonQueryAsync();
        }

        public Task CommitAsync() => transaction.CommitAsync();

        public async ValueTask DisposeAsync()
        {
            await transaction.DisposeAsync();
            await connection.DisposeAsync();
        }
    }
}
