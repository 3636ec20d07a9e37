using System.Security.Cryptography;
using DirectorySync.Local;

namespace DirectorySync.Kit;

/// <summary>
/// The PostgreSQL and the Redis that all tests of a run share: those that TEST_POSTGRES and TEST_REDIS name, else instances of this
/// process, started on first use and gone with it.
/// </summary>
internal static class TestServers
{
    private static readonly Lazy<Task<Provisioning>> Started = new(StartAsync);

    public static Task<Provisioning> GetAsync() => Started.Value;

    /// <summary>A new folder for servers of tests, removed with this process however it ends.</summary>
    public static string NewFolder()
    {
        // Not Directory.CreateTempSubdirectory: servers run under accounts of their own and must be able to enter.
        var folder = Path.Combine(Path.GetTempPath(), "directory-sync-tests-" + RandomNumberGenerator.GetHexString(8, lowercase: true));
        Directory.CreateDirectory(folder);
        ProcessGuard.Remove(folder);
        return folder;
    }

    public static string NewSecret() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    private static async Task<Provisioning> StartAsync()
    {
        var postgres = Environment.GetEnvironmentVariable("TEST_POSTGRES");
        var redis = Environment.GetEnvironmentVariable("TEST_REDIS");
        if (string.IsNullOrEmpty(postgres) || string.IsNullOrEmpty(redis))
        {
            var folder = NewFolder();
            var password = NewSecret();
            var servers = (
                Postgres: PostgresServer.StartAsync(Path.Combine(folder, "postgres"), Ports.Free(), password, Durability.Clients),
                Redis: RedisServer.StartAsync(Path.Combine(folder, "redis"), Ports.Free(), password));
            AppDomain.CurrentDomain.ProcessExit += (_, _) =>
                Task.WhenAll(servers.Postgres.Result.StopAsync(), servers.Redis.Result.StopAsync()).GetAwaiter().GetResult();
            (postgres, redis) = ((await servers.Postgres).AdminConnectionString, (await servers.Redis).AdminConnectionString);
        }

        // The administrator's settings are what every assembly of the run shares, so the services' passwords follow from them.
        var provisioning = new Provisioning(postgres, redis, secret: postgres);
        await provisioning.ApplyAsync(withDatabases: false, CancellationToken.None);
        return provisioning;
    }
}
