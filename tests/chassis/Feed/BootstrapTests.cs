using DirectorySync.Chassis.Feed;

namespace DirectorySync.Chassis.Tests.Feed;

public sealed class BootstrapTests : IAsyncLifetime
{
    private ThingDatabase things = null!;
    private ThingDatabase images = null!;
    private TestHost host = null!;

    public async Task InitializeAsync()
    {
        things = await ThingDatabase.CreateAsync();
        images = await ThingDatabase.CreateAsync();
        host = await TestHost.StartFeedAsync(things.ConnectionString, options => options.BatchSize = 20);
    }

    public async Task DisposeAsync()
    {
        await host.DisposeAsync();
        await images.DisposeAsync();
        await things.DisposeAsync();
    }

    [Fact]
    public async Task It_lists_what_exists_and_sweeps_what_does_not()
    {
        for (var i = 0; i < 50; i++)
        {
            await things.WriteAsync($"{i}");
        }

        await things.WriteAsync("7", deleted: true);
        await images.ExecuteAsync($"insert into images values ('d', 'gone long ago', 3), ('d', '7', 1), ('d', '8', 99)");

        await using var consumer = await FeedConsumerTests.StartConsumerAsync(images, host.Url);

        await SameAsync();
    }

    [Fact]
    public async Task What_is_written_meanwhile_is_not_lost()
    {
        for (var i = 0; i < 300; i++)
        {
            await things.WriteAsync($"{i}");
        }

        using var writing = new CancellationTokenSource();
        var writer = Task.Run(async () =>
        {
            var random = new Random(2);
            while (!writing.IsCancellationRequested)
            {
                await things.WriteAsync($"{random.Next(400)}", deleted: random.Next(4) == 0);
                // Not faster than the consumer below can follow: it would never have caught up.
                await Task.Delay(2);
            }
        });

        // Slow enough for many writes between two pages.
        var effect = Things.Effect with
        {
            Apply = async (tx, batch, ct) =>
            {
                await tx.Sql($"select pg_sleep(0.03)").ExecuteAsync(ct);
                await Things.Effect.Apply(tx, batch, ct);
            },
        };
        await using var consumer = await FeedConsumerTests.StartConsumerAsync(images, host.Url, effect);
        await CompleteAsync();
        await writing.CancelAsync();
        await writer;

        await SameAsync();
    }

    [Fact]
    public async Task Nothing_counts_as_complete_before_it_has_caught_up()
    {
        await things.WriteAsync("a");
        var seen = new System.Collections.Concurrent.ConcurrentQueue<(bool Bootstrap, bool Complete)>();
        var effect = Things.Effect with
        {
            Apply = async (tx, batch, ct) =>
            {
                if (batch.Bootstrap is not null && seen.IsEmpty)
                {
                    // Written after the noted position, where the listing has already been.
                    await things.WriteAsync("0");
                }

                seen.Enqueue((batch.Bootstrap is not null, batch.Complete));
                await Things.Effect.Apply(tx, batch, ct);
            },
        };
        await using var consumer = await FeedConsumerTests.StartConsumerAsync(images, host.Url, effect);
        await CompleteAsync();
        await things.WriteAsync("c");
        await Eventually.True(() => seen.Count == 3);

        Assert.Equal([(true, false), (false, false), (false, true)], seen);
    }

    [Fact]
    public async Task One_that_is_interrupted_starts_over()
    {
        for (var i = 0; i < 100; i++)
        {
            await things.WriteAsync($"{i}");
        }

        var pages = 0;
        var effect = Things.Effect with
        {
            Apply = async (tx, batch, ct) =>
            {
                await Things.Effect.Apply(tx, batch, ct);
                if (pages++ == 3)
                {
                    throw new InvalidOperationException("Here it dies.");
                }
            },
        };
        await using (await FeedConsumerTests.StartConsumerAsync(images, host.Url, effect))
        {
            await Eventually.True(() => pages > 3);
        }

        // What the first attempt had listed may be gone by now.
        await things.WriteAsync("0", deleted: true);
        await using var again = await FeedConsumerTests.StartConsumerAsync(images, host.Url);

        await CompleteAsync();
        await SameAsync();
    }

    [Fact]
    public async Task A_forgotten_consumer_bootstraps_by_itself()
    {
        await using var consumer = await FeedConsumerTests.StartConsumerAsync(images, host.Url);
        await CompleteAsync();
        await things.WriteAsync("a");
        await SameAsync();

        await things.ExecuteAsync($"update feed_consumers set seen_time = now() - interval '8 days'");
        await things.ExecuteAsync($"insert into things values ('d', 'never fed', 1)");
        await host.Get<FeedPruning>().PruneAsync(default);
        await things.WriteAsync("b");

        await SameAsync();
    }

    private Task CompleteAsync() => Eventually.True(
        async () => await images.CountAsync($"select count(*) from feed_positions where complete and bootstrap is null") == 1);

    private async Task SameAsync()
    {
        var wanted = await things.ListAsync(
            $"select id, version from things where not deleted order by id", row => (row.GetString(0), row.GetInt64(1)));
        await Eventually.Get(
            () => images.ListAsync($"select id, version from images order by id", row => (row.GetString(0), row.GetInt64(1))),
            got => got.SequenceEqual(wanted));
    }
}
