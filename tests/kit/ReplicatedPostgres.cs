using System.Security.Cryptography;
using DirectorySync.Local;
using Npgsql;

namespace DirectorySync.Kit;

/// <summary>A PostgreSQL with a synchronous standby that follows it by streaming replication, and can take over.</summary>
public sealed class ReplicatedPostgres : IAsyncDisposable
{
    private readonly string folder;
    private readonly PostgresServer primary;
    private PostgresServer? standby;

    private ReplicatedPostgres(string folder, PostgresServer primary)
    {
        this.folder = folder;
        this.primary = primary;
    }

    public static async Task<ReplicatedPostgres> StartAsync()
    {
        var folder = TestRunServers.NewFolder();
        var password = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var pair = new ReplicatedPostgres(folder, await PostgresServer.StartAsync(
            Path.Combine(folder, "primary"), Path.Combine(folder, "primary.log"), Ports.Free(), password, Durability.Server));
        pair.standby = await pair.primary.StartStandbyAsync(Path.Combine(folder, "standby"), Path.Combine(folder, "standby.log"), Ports.Free(), password);
        // From now on a commit is answered when the standby has it.
        await ExecuteAsync(pair.primary, "alter system set synchronous_standby_names = '*'");
        await ExecuteAsync(pair.primary, "select pg_reload_conf()");
        return pair;
    }

    /// <summary>Creates an empty database and answers its settings at the primary.</summary>
    public async Task<string> CreateDatabaseAsync(string name)
    {
        await ExecuteAsync(primary, $"create database {name}");
        return new NpgsqlConnectionStringBuilder(primary.AdminConnectionString) { Database = name }.ConnectionString;
    }

    /// <summary>The same at whichever of the two is the primary.</summary>
    public string Both(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString)
    {
        Host = FormattableString.Invariant($"127.0.0.1:{primary.Port},127.0.0.1:{standby!.Port}"), TargetSessionAttributes = "primary",
        HostRecheckSeconds = 1,
    }.ConnectionString;

    /// <summary>Runs a dump.</summary>
    public async Task RestoreAsync(string dump, string connectionString)
    {
        var file = Path.Combine(folder, Guid.NewGuid().ToString("n") + ".sql");
        await File.WriteAllTextAsync(file, dump);
        await Command.RunAsync(
            primary.Programs.Program("psql"), ["-q", "-v", "ON_ERROR_STOP=1", "-f", file], environment: OwnPostgres.Environment(connectionString));
    }

    /// <summary>The primary dies, and the standby becomes it.</summary>
    public async Task FailOverAsync()
    {
        await primary.CrashAsync();
        await ExecuteAsync(standby!, "select pg_promote()");
        await ExecuteAsync(standby!, "alter system reset synchronous_standby_names");
        await ExecuteAsync(standby!, "select pg_reload_conf()");
    }

    public async ValueTask DisposeAsync()
    {
        if (standby is not null)
        {
            await standby.DisposeAsync();
        }

        await primary.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static async Task ExecuteAsync(PostgresServer server, string sql)
    {
        await using var connection = new NpgsqlConnection(server.AdminConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
