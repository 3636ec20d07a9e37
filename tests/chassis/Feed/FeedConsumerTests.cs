using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace DirectorySync.Chassis.Tests.Feed;

public sealed class FeedConsumerTests : IAsyncLifetime
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
    public async Task Writes_arrive_and_are_acknowledged()
    {
        await using var consumer = await StartConsumerAsync(images, host.Url);
        await CompleteAsync();
        await WriteAsync(100);
        await things.WriteAsync("5", deleted: true);

        await SameAsync();
        Assert.Equal(101, await images.CountAsync($"select count(*) from applications"));
        await Eventually.True(
            async () => Convert.ToHexString(await TokenAsync(things, $"select resume_token from feed_consumers"))
                == Convert.ToHexString(await TokenAsync(images, $"select resume_token from feed_positions")),
            what: "the stored position is acknowledged");
    }

    [Fact]
    public async Task Each_change_has_its_effect_exactly_once_and_in_order_whatever_dies_when()
    {
        await using var consumer = await StartConsumerAsync(images, host.Url);
        await using var replica = await StartConsumerAsync(images, host.Url);
        await CompleteAsync();
        using var writing = new CancellationTokenSource(TimeSpan.FromSeconds(6));
        var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            var random = new Random(writer);
            while (!writing.IsCancellationRequested)
            {
                await things.WriteAsync($"{random.Next(10)}");
                await Task.Delay(random.Next(3));
            }
        })).ToList();

        // Sessions of the consumers die at random: before, in and after their commits; now and then the feed's service goes.
        var chance = new Random(1);
        var port = host.Url.Port;
        while (!writing.IsCancellationRequested)
        {
            await KillSessionsAsync(images, chance.Next(100));
            if (chance.Next(10) == 0)
            {
                await host.DisposeAsync();
                host = await TestHost.StartFeedAsync(things.ConnectionString, options => options.BatchSize = 20, port);
            }

            await Task.Delay(chance.Next(5, 150));
        }

        await Task.WhenAll(writers);
        images.Database.Source.Clear();
        await SameAsync(TimeSpan.FromSeconds(30));
        await ExactlyOnceAsync();
    }

    [Fact]
    public async Task Of_two_replicas_one_applies_and_the_other_takes_over_at_once()
    {
        var first = await StartConsumerAsync(images, host.Url);
        await CompleteAsync();
        await using var second = await StartConsumerAsync(images, host.Url);
        await WriteAsync(10);
        await SameAsync();
        Assert.Equal(1, await TurnsAsync());

        await first.DisposeAsync();
        await things.WriteAsync("after");

        await SameAsync(TimeSpan.FromSeconds(3));
        await ExactlyOnceAsync();
        Assert.Equal(1, await TurnsAsync());
    }

    [Fact]
    public async Task A_consumer_that_was_away_goes_on_where_it_was()
    {
        await using (await StartConsumerAsync(images, host.Url))
        {
            await CompleteAsync();
            await WriteAsync(30);
            await SameAsync();
        }

        await WriteAsync(50);
        await using var again = await StartConsumerAsync(images, host.Url);

        await SameAsync();
        await ExactlyOnceAsync();
    }

    [Fact]
    public async Task The_feed_comes_back_by_itself()
    {
        var port = host.Url.Port;
        await using var consumer = await StartConsumerAsync(images, host.Url);
        await CompleteAsync();
        await host.DisposeAsync();
        await WriteAsync(10);

        host = await TestHost.StartFeedAsync(things.ConnectionString, port: port);

        await SameAsync();
        await ExactlyOnceAsync();
    }

    [Fact]
    public async Task A_change_that_cannot_be_applied_is_named_and_tried_again_and_nothing_overtakes_it()
    {
        var poisoned = true;
        var effect = Poisoned(() => poisoned);
        await using var consumer = await StartConsumerAsync(images, host.Url, effect);
        await CompleteAsync();
        await things.Database.InTransactionAsync(
            async tx =>
            {
                foreach (var id in new[] { "a", "poison", "b" })
                {
                    await tx.Sql(ThingDatabase.Write(id)).ExecuteAsync(default);
                }
            },
            default);
        var bad = await things.CountAsync($"select id from changes where resource_id = 'poison'");

        await Eventually.True(() => consumer.Log.Lines.Any(line => line.Contains($"changes {bad} to {bad} ", StringComparison.Ordinal)));
        Assert.Equal(0, await images.CountAsync($"select count(*) from applications"));

        poisoned = false;
        await SameAsync(TimeSpan.FromSeconds(15));
        await ExactlyOnceAsync();
    }

    [Fact]
    public async Task A_poison_change_is_parked_and_tried_again_and_the_others_go_on()
    {
        var poisoned = true;
        var effect = Poisoned(() => poisoned);
        await using (var consumer = await StartConsumerAsync(images, host.Url, effect))
        {
            await CompleteAsync();
            await things.WriteAsync("poison");
            await things.WriteAsync("a");
            await things.WriteAsync("poison");
            await things.WriteAsync("b");

            await Eventually.True(async () => await images.CountAsync($"select count(*) from images where id = 'b'") == 1, what: "the others go on");
            // The newer one replaces the older.
            Assert.Equal(1, await images.CountAsync($"select count(*) from parked_changes where resource_id = 'poison'"));
            Assert.Equal(0, await images.CountAsync($"select count(*) from images where id = 'poison'"));
            Assert.Contains(consumer.Log.Lines, line => line.Contains("is parked", StringComparison.Ordinal));
        }

        poisoned = false;
        await using var mended = await StartConsumerAsync(images, host.Url, effect);
        await SameAsync(TimeSpan.FromSeconds(15));
        // The older one was never applied, the newer one once.
        Assert.Equal([2L], await images.ListAsync($"select version from applications where id = 'poison'", row => row.GetInt64(0)));
        Assert.Equal(0, await images.CountAsync($"select count(*) from parked_changes"));
    }

    [Fact]
    public async Task What_happens_after_the_commit_happens_only_then()
    {
        var told = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var attempts = 0;
        var effect = Things.Effect with
        {
            Apply = async (tx, batch, ct) =>
            {
                await Things.Effect.Apply(tx, batch, ct);
                tx.AfterCommit(async () =>
                {
                    var stored = await images.CountAsync($"select count(*) from applications where id = {batch.Changes[0].ResourceId}");
                    told.Enqueue(FormattableString.Invariant($"{batch.Changes[0].ResourceId} {stored}"));
                });
                if (attempts++ == 0)
                {
                    throw new InvalidOperationException("Once.");
                }
            },
        };
        await using var consumer = await StartConsumerAsync(images, host.Url, effect);
        await CompleteAsync();
        await things.WriteAsync("a");

        await Eventually.True(() => !told.IsEmpty);
        Assert.Equal(["a 1"], told);
    }

    internal static Task<TestHost> StartConsumerAsync(ThingDatabase images, Uri feed, FeedEffect? effect = null) =>
        TestHost.StartAsync(
            images.ConnectionString,
            builder => builder.Services.AddFeedConsumer("identity", _ => feed, _ => effect ?? Things.Effect),
            service: "group-membership");

    private async Task WriteAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await things.WriteAsync($"{i % 17}");
        }
    }

    private Task CompleteAsync() => Eventually.True(
        async () => await images.CountAsync($"select count(*) from feed_positions where complete") == 1, what: "the bootstrap is complete");

    /// <summary>Until the images are as the things are.</summary>
    private async Task SameAsync(TimeSpan? within = null)
    {
        var wanted = await things.ListAsync($"select id, version from things where not deleted order by id", Read);
        await Eventually.Get(
            () => images.ListAsync($"select id, version from images order by id", Read),
            got => got.SequenceEqual(wanted),
            within,
            "the same");
    }

    /// <summary>Every change that there was since the consumer began, once, each resource's by rising version.</summary>
    private async Task ExactlyOnceAsync()
    {
        // The primary key keeps a second application out: the consumer would stand still.
        var all = await things.ListAsync($"select id, resource_id, version from changes order by id", ReadChange);
        var applied = await images.ListAsync($"select change_id, id, version from applications order by seq", ReadChange);
        Assert.Equal(all.Order(), applied.Order());
        Assert.All(
            applied.GroupBy(change => change.Item2),
            resource => Assert.Equal(resource.Select(change => change.Item3).Order(), resource.Select(change => change.Item3)));
    }

    private static Task<byte[]> TokenAsync(ThingDatabase database, SqlText sql) =>
        database.Database.Sql(sql).SingleAsync(row => row.GetFieldValue<byte[]>(0), default);

    private Task<long> TurnsAsync() => images.CountAsync($"""
        select count(*) from pg_locks where locktype = 'advisory' and granted
          and database = (select oid from pg_database where datname = current_database())
        """);

    private static async Task KillSessionsAsync(ThingDatabase database, int percent)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(database.AdminConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            """
            select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and random() * 100 < $1
            """,
            connection)
        {
            Parameters = { new() { Value = percent } },
        };
        await command.ExecuteNonQueryAsync();
    }

    private static (long, string, long) ReadChange(NpgsqlDataReader row) => (row.GetInt64(0), row.GetString(1), row.GetInt64(2));

    private static (string, long) Read(NpgsqlDataReader row) => (row.GetString(0), row.GetInt64(1));

    // Fails, while it is to, after what it has written.
    private static FeedEffect Poisoned(Func<bool> isPoisoned) => Things.Effect with
    {
        Apply = async (tx, batch, ct) =>
        {
            await Things.Effect.Apply(tx, batch, ct);
            if (isPoisoned() && batch.Changes.Any(change => change.ResourceId == "poison"))
            {
                throw new InvalidOperationException("It cannot be.");
            }
        },
    };
}
