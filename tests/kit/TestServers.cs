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

    private static async Task<Provisioning> StartAsync()
    {
        var postgres = Environment.GetEnvironmentVariable("TEST_POSTGRES");
        var redis = Environment.GetEnvironmentVariable("TEST_REDIS");
        if (string.IsNullOrEmpty(postgres) || string.IsNullOrEmpty(redis))
        {
            var servers = await TestRunServers.StartAsync(CancellationToken.None);
            AppDomain.CurrentDomain.ProcessExit += (_, _) => servers.DisposeAsync().AsTask().GetAwaiter().GetResult();
            (postgres, redis) = (servers.Postgres, servers.Redis);
        }

        // The administrator's settings are what every assembly of the run shares, so the services' passwords follow from them.
        var provisioning = new Provisioning(postgres, redis, secret: postgres);
        await provisioning.ApplyAsync(withDatabases: false, CancellationToken.None);
        return provisioning;
    }
}
