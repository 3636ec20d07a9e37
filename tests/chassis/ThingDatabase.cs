using DirectorySync.Chassis.Sql;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace DirectorySync.Chassis.Tests;

/// <summary>A database with the chassis' tables and the things of this assembly's Migrations.</summary>
internal sealed class ThingDatabase : IAsyncDisposable
{
    private readonly TestDatabase? database;
    private readonly NpgsqlDataSource source;

    private ThingDatabase(string connectionString, TestDatabase? database)
    {
        ConnectionString = connectionString;
        this.database = database;
        source = NpgsqlDataSource.Create(connectionString);
        Database = new(source);
    }

    public string ConnectionString { get; }

    public Database Database { get; }

    /// <summary>As the server's administrator.</summary>
    public string AdminConnectionString => database!.AdminConnectionString;

    public static async Task<ThingDatabase> CreateAsync()
    {
        var database = await TestDatabase.CreateAsync("identity", MigrateAsync, "things");
        return new(database.ConnectionString, database);
    }

    /// <summary>Over a database that the test keeps itself.</summary>
    public static ThingDatabase Of(string connectionString) => new(connectionString, null);

    public static Task MigrateAsync(string connectionString) =>
        SchemaMigration.ApplyAsync(connectionString, typeof(ThingDatabase).Assembly, NullLogger.Instance, CancellationToken.None);

    /// <summary>A write as services do it: the row and its change in one statement. Answers the new version.</summary>
    public Task<long> WriteAsync(string id, bool deleted = false, string directoryId = "d") =>
        Database.Sql(Write(id, deleted, directoryId)).SingleAsync(row => row.GetInt64(0), CancellationToken.None);

    public static SqlText Write(string id, bool deleted = false, string directoryId = "d") => $"""
        with written as (
          insert into things (directory_id, id, version, deleted) values ({directoryId}, {id}, 1, {deleted})
          on conflict (directory_id, id) do update set version = things.version + 1, deleted = excluded.deleted
          returning *
        )
        insert into changes (directory_id, resource_type, resource_id, version, deleted, resource)
        select directory_id, 'google.protobuf.StringValue', id, version, deleted, '\x' from written
        returning version
        """;

    public Task<List<T>> ListAsync<T>(SqlText sql, Func<NpgsqlDataReader, T> read) =>
        Database.Sql(sql).ListAsync(read, CancellationToken.None);

    public Task<long> CountAsync(SqlText sql) => Database.Sql(sql).SingleAsync(row => row.GetInt64(0), CancellationToken.None);

    public Task ExecuteAsync(SqlText sql) => Database.Sql(sql).ExecuteAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await source.DisposeAsync();
        if (database is not null)
        {
            await database.DisposeAsync();
        }
    }
}
