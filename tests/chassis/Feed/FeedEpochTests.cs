using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Feed;
using DirectorySync.Errors.V1;
using Grpc.Core;

namespace DirectorySync.Chassis.Tests.Feed;

public sealed class FeedEpochTests
{
    [Fact]
    public async Task A_database_restored_from_a_dump_begins_a_new_epoch_and_the_feed_goes_on()
    {
        await using var old = await ThingDatabase.CreateAsync();
        await using var consumers = await ThingDatabase.CreateAsync();
        await using var postgres = await OwnPostgres.StartAsync();
        var restored = await postgres.CreateDatabaseAsync("restored");
        int port;
        string dump;
        await using (var before = await TestHost.StartFeedAsync(old.ConnectionString))
        await using (await FeedConsumerTests.StartConsumerAsync(consumers, before.Url))
        {
            port = before.Url.Port;
            await old.WriteAsync("kept");
            await old.WriteAsync("undone by the restore");
            await Eventually.True(async () => await consumers.CountAsync($"select count(*) from images") == 2);
            await old.ExecuteAsync($"delete from things where id <> 'kept'");
            dump = await postgres.DumpAsync(old.AdminConnectionString);
            await postgres.RestoreAsync(dump, restored);
        }

        // The new cluster has had far fewer transactions than the old one.
        await using var things = ThingDatabase.Of(restored);
        await using var after = await TestHost.StartFeedAsync(restored, port: port);
        await using var consumer = await FeedConsumerTests.StartConsumerAsync(consumers, after.Url);
        await things.WriteAsync("new");

        await Eventually.True(async () =>
            (await consumers.ListAsync($"select id from images order by id", row => row.GetString(0))) is ["kept", "new"]);
        await things.WriteAsync("newer");
        await Eventually.True(async () => await consumers.CountAsync($"select count(*) from applications where id = 'newer'") == 1);
    }

    [Fact]
    public async Task Tokens_of_the_old_epoch_are_refused_and_its_changes_are_gone()
    {
        await using var things = await ThingDatabase.CreateAsync();
        await using var host = await TestHost.StartFeedAsync(things.ConnectionString);
        var registered = await host.Feed.RegisterConsumerAsync(new() { Consumer = "one" });
        await things.WriteAsync("a");

        // As a dump brings it: the row names another cluster.
        await things.ExecuteAsync($"update feed set system_identifier = system_identifier + 1");
        var read = () => host.Get<FeedStore>().ReadAsync(FeedStreamTests.Decode(registered.ResumeToken), default);

        Assert.Equal(ErrorReason.FeedReset, (await Assert.ThrowsAsync<RpcException>(read)).Reason());
        Assert.Equal(0, await things.CountAsync($"select count(*) from changes"));
        Assert.Equal(0, await things.CountAsync($"select count(*) from feed_consumers"));
        var again = await host.Feed.RegisterConsumerAsync(new() { Consumer = "one" });
        await things.WriteAsync("b");
        Assert.Single((await host.Get<FeedStore>().ReadAsync(FeedStreamTests.Decode(again.ResumeToken), default)).Changes);
    }

    [Fact]
    public async Task An_open_stream_notices_the_new_epoch()
    {
        await using var things = await ThingDatabase.CreateAsync();
        await using var host = await TestHost.StartFeedAsync(things.ConnectionString);
        var registered = await host.Feed.RegisterConsumerAsync(new() { Consumer = "one" });
        using var call = host.Feed.WatchChanges(new() { Consumer = "one", ResumeToken = registered.ResumeToken });
        await FeedStreamTests.NextAsync(call, response => response.CaughtUp);

        await things.ExecuteAsync($"update feed set database_oid = 1");

        var error = await Assert.ThrowsAsync<RpcException>(() => FeedStreamTests.NextAsync(call, _ => false));
        Assert.Equal(ErrorReason.FeedReset, error.Reason());
    }

    [Fact]
    public async Task Replicas_that_start_together_agree_on_one_epoch()
    {
        await using var things = await ThingDatabase.CreateAsync();
        await using var host = await TestHost.StartFeedAsync(things.ConnectionString);
        await things.ExecuteAsync($"delete from feed");

        var epochs = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => host.Get<FeedEpoch>().EnsureAsync(default)));

        Assert.Single(epochs.Distinct());
    }

    [Fact]
    public async Task A_crash_of_the_server_loses_no_change_although_it_gives_transaction_numbers_again()
    {
        await using var postgres = await OwnPostgres.StartAsync();
        var connectionString = await postgres.CreateDatabaseAsync("things");
        await ThingDatabase.MigrateAsync(connectionString);
        await using var things = ThingDatabase.Of(connectionString);
        await using var host = await TestHost.StartFeedAsync(connectionString);
        var store = host.Get<FeedStore>();
        var token = FeedStreamTests.Decode((await host.Feed.RegisterConsumerAsync(new() { Consumer = "one" })).ResumeToken);
        await things.WriteAsync("before");
        token = (await store.ReadAsync(token, default)).Next;

        // Transactions that leave nothing on the disk: their numbers may be given again.
        ulong last = 0;
        for (var i = 0; i < 100; i++)
        {
            await using var connection = await things.Database.Source.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "select pg_current_xact_id()::text";
            last = ulong.Parse((string)(await command.ExecuteScalarAsync())!, System.Globalization.CultureInfo.InvariantCulture);
            await transaction.RollbackAsync();
        }

        token = (await store.ReadAsync(token, default)).Next;
        Assert.True(token.Seen.Xmax <= last, "The token calls transactions ended whose end is not on the disk.");
        await postgres.CrashAsync();
        await postgres.StartAgainAsync();
        await Eventually.True(async () =>
        {
            try
            {
                return await things.WriteAsync("after") == 1;
            }
            catch (Npgsql.NpgsqlException)
            {
                return false;
            }
        });

        var read = await Eventually.Get(
            async () =>
            {
                try
                {
                    return await store.ReadAsync(token, default);
                }
                catch (Npgsql.NpgsqlException)
                {
                    return null;
                }
            },
            read => read is not null);
        Assert.Equal("after", Assert.Single(read!.Changes).ResourceId);
    }
}
