using DirectorySync.Chassis;
using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Hosting;
using DirectorySync.Chassis.Sql;
using DirectorySync.Feed.V1;
using DirectorySync.Kit;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>
/// A service of this test that follows every feed with the chassis' own consumer and writes down each change it applies, in the order in
/// which it does; and a consumer that never acknowledges, so that no change is pruned and all can be compared.
/// </summary>
internal sealed class ChangeAudit : IAsyncDisposable
{
    private static readonly string[] Feeds = ["identity", "group-membership"];

    private readonly Stack stack;
    private readonly TestDatabase database;
    private readonly WebApplication app;
    private readonly Dictionary<string, long> starts = [];

    private ChangeAudit(Stack stack, TestDatabase database, WebApplication app)
    {
        this.stack = stack;
        this.database = database;
        this.app = app;
    }

    /// <summary>Ready when it has caught up with both feeds. Nobody may be writing meanwhile.</summary>
    public static async Task<ChangeAudit> StartAsync(Stack stack)
    {
        var database = await TestDatabase.CreateAsync(
            "identity",
            connection => SchemaMigration.ApplyAsync(connection, typeof(SchemaMigration).Assembly, NullLogger.Instance, CancellationToken.None),
            "chassis");
        await ReadAsync(database.ConnectionString, """
            create table applied (
              seq bigint generated always as identity primary key, feed text not null, change_id bigint not null, resource_type text not null,
              directory_id text not null, resource_id text not null, version bigint not null)
            """, _ => 0);
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration["ConnectionStrings:Postgres"] = database.ConnectionString;
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddChassis("audit");
        foreach (var feed in Feeds)
        {
            builder.Services.AddFeedConsumer(feed, _ => new Uri(stack.ServiceUrl(feed)), _ => new FeedEffect(
                (tx, batch, ct) => tx.ExecuteAllAsync(batch.Changes.Select(change => Applied(feed, change)), ct),
                (_, _, _) => Task.CompletedTask));
        }

        var audit = new ChangeAudit(stack, database, builder.Build());
        foreach (var feed in Feeds)
        {
            using var channel = GrpcChannel.ForAddress(stack.ServiceUrl(feed));
            await new ChangeFeedService.ChangeFeedServiceClient(channel).RegisterConsumerAsync(new() { Consumer = "never-acknowledges" });
        }

        await audit.app.StartAsync();
        await Eventually.True(
            async () => (await ReadAsync(database.ConnectionString, "select feed from feed_positions where complete", row => row.GetString(0))).Count
                == Feeds.Length,
            TimeSpan.FromSeconds(30),
            "the audit has caught up");
        foreach (var feed in Feeds)
        {
            audit.starts[feed] = (await audit.ToldIdsAsync(feed)).DefaultIfEmpty(0).Max();
        }

        return audit;
    }

    /// <summary>Every change since the start was applied once, each resource's in the order of its versions; answers how many there were.</summary>
    public async Task<int> AssertExactlyOnceInOrderAsync()
    {
        var count = 0;
        foreach (var feed in Feeds)
        {
            var told = (await ToldIdsAsync(feed)).Where(id => id > starts[feed]).Order().ToList();
            var applied = await Eventually.Get(
                async () => (await ReadAsync(database.ConnectionString,
                    $"select change_id from applied where feed = '{feed}' and change_id > {starts[feed]}", row => row.GetInt64(0))).Order().ToList(),
                ids => ids.Count >= told.Count,
                TimeSpan.FromSeconds(30),
                $"all of {told.Count} changes of {feed} are applied");
            Assert.Equal(told, applied);
            count += applied.Count;
        }

        var inverted = await ReadAsync(database.ConnectionString, """
            select feed || ' ' || resource_type || ' ' || resource_id || ': ' || version || ' after ' || previous from (
              select *, lag(version) over (partition by feed, resource_type, directory_id, resource_id order by seq) as previous
              from applied where change_id > 0) ordered
            where version <= previous
            """, row => row.GetString(0));
        Assert.Empty(inverted);
        return count;
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        await database.DisposeAsync();
    }

    public static async Task<List<T>> ReadAsync<T>(string connectionString, string sql, Func<NpgsqlDataReader, T> read)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    private Task<List<long>> ToldIdsAsync(string feed) =>
        ReadAsync(stack.AdminConnectionString(feed), "select id from changes", row => row.GetInt64(0));

    private static SqlText Applied(string feed, Change change) => $"""
        insert into applied (feed, change_id, resource_type, directory_id, resource_id, version)
        values ({feed}, {change.Id}, {FeedImage.TypeOf(change)}, {change.DirectoryId}, {change.ResourceId}, {change.Version})
        """;
}
