using System.Security.Cryptography;

namespace DirectorySync.Local;

/// <summary>The PostgreSQL and the Redis that the tests of one run share; gone with it, however it ends.</summary>
internal sealed class TestRunServers : IAsyncDisposable
{
    private readonly string folder;
    private readonly PostgresServer postgres;
    private readonly RedisServer redis;

    private TestRunServers(string folder, PostgresServer postgres, RedisServer redis)
    {
        this.folder = folder;
        this.postgres = postgres;
        this.redis = redis;
    }

    public string Postgres => postgres.AdminConnectionString;

    public string Redis => redis.AdminConnectionString;

    public static async Task<TestRunServers> StartAsync(CancellationToken ct)
    {
        var folder = NewFolder();
        var password = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var postgres = PostgresServer.StartAsync(
            Path.Combine(folder, "postgres"), Path.Combine(folder, "postgres.log"), Ports.Free(), password, Durability.Clients, ct: ct);
        var redis = RedisServer.StartAsync(Path.Combine(folder, "redis"), Path.Combine(folder, "redis.log"), Ports.Free(), password, ct: ct);
        return new(folder, await postgres, await redis);
    }

    /// <summary>A new folder for servers of tests, removed with this process however it ends.</summary>
    public static string NewFolder()
    {
        // Not Directory.CreateTempSubdirectory: servers run under accounts of their own and must be able to enter.
        var folder = Path.Combine(Path.GetTempPath(), "directory-sync-tests-" + RandomNumberGenerator.GetHexString(8, lowercase: true));
        Directory.CreateDirectory(folder);
        ProcessGuard.Remove(folder);
        return folder;
    }

    public async ValueTask DisposeAsync()
    {
        await postgres.DisposeAsync();
        await redis.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
