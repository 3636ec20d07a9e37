using System.Security.Cryptography;
using DirectorySync.Local;

namespace DirectorySync.Kit;

/// <summary>A Redis instance for one test that stops or kills it.</summary>
public sealed class OwnRedis : IAsyncDisposable
{
    private readonly string folder;
    private readonly RedisServer server;

    private OwnRedis(string folder, RedisServer server)
    {
        this.folder = folder;
        this.server = server;
    }

    /// <summary>As administrator: every key, every command.</summary>
    public string ConnectionString => server.AdminConnectionString;

    public static async Task<OwnRedis> StartAsync()
    {
        var folder = TestRunServers.NewFolder();
        return new(folder, await RedisServer.StartAsync(Path.Combine(folder, "redis"), Path.Combine(folder, "redis.log"), Ports.Free(), RandomNumberGenerator.GetHexString(32, lowercase: true)));
    }

    public Task StopAsync() => server.StopAsync();

    public Task KillAsync() => server.KillAsync();

    /// <summary>Starts again, empty, on the same port.</summary>
    public Task StartAgainAsync() => server.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
