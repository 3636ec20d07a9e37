using System.Security.Cryptography;
using DirectorySync.Local;
using Npgsql;

namespace DirectorySync.Kit;

/// <summary>A PostgreSQL instance for one test that stops it, crashes it, or restores a dump into it.</summary>
public sealed class OwnPostgres : IAsyncDisposable
{
    private readonly string folder;
    private readonly PostgresServer server;

    private OwnPostgres(string folder, PostgresServer server)
    {
        this.folder = folder;
        this.server = server;
    }

    /// <summary>As administrator, to the database "postgres".</summary>
    public string ConnectionString => server.AdminConnectionString;

    public static async Task<OwnPostgres> StartAsync()
    {
        var folder = TestRunServers.NewFolder();
        return new(folder, await PostgresServer.StartAsync(
            Path.Combine(folder, "postgres"), Path.Combine(folder, "postgres.log"), Ports.Free(), RandomNumberGenerator.GetHexString(32, lowercase: true), Durability.Server));
    }

    /// <summary>Creates an empty database owned by the administrator and answers its settings.</summary>
    public async Task<string> CreateDatabaseAsync(string name)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"create database {name}", connection);
        await command.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(ConnectionString) { Database = name }.ConnectionString;
    }

    /// <summary>Stops cleanly.</summary>
    public Task StopAsync() => server.StopAsync();

    /// <summary>Stops as if it had crashed.</summary>
    public Task CrashAsync() => server.CrashAsync();

    /// <summary>Starts again with the same data and port.</summary>
    public Task StartAgainAsync() => server.StartAsync();

    /// <summary>What pg_dump writes of a database anywhere, owners and rights aside.</summary>
    public Task<string> DumpAsync(string connectionString) => DumpAsync(server, connectionString);

    internal static Task<string> DumpAsync(PostgresServer server, string connectionString) =>
        Command.RunAsync(server.Programs.Program("pg_dump"), ["--no-owner", "--no-acl"], environment: Environment(connectionString));

    /// <summary>Runs a dump in a database of this instance.</summary>
    public async Task RestoreAsync(string dump, string connectionString)
    {
        var file = Path.Combine(folder, Guid.NewGuid().ToString("n") + ".sql");
        await File.WriteAllTextAsync(file, dump);
        await Command.RunAsync(server.Programs.Program("psql"), ["-q", "-v", "ON_ERROR_STOP=1", "-f", file],
            environment: Environment(connectionString));
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    internal static Dictionary<string, string> Environment(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        return new()
        {
            ["PGHOST"] = settings.Host!,
            ["PGPORT"] = settings.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["PGUSER"] = settings.Username!,
            ["PGPASSWORD"] = settings.Password ?? "",
            ["PGDATABASE"] = settings.Database!,
        };
    }
}
