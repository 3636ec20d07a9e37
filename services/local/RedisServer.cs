using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using StackExchange.Redis;

namespace DirectorySync.Local;

/// <summary>A private Redis on the loopback interface that keeps nothing on disk but its users; the default user is off.</summary>
internal sealed partial class RedisServer : IAsyncDisposable
{
    public const int OldestVersion = 7;
    public const string Account = "redis";

    private readonly string folder;
    private readonly string logFile;
    private readonly string program;
    private ChildProcess? process;

    private RedisServer(string folder, string logFile, int port, string password, string program)
    {
        this.folder = folder;
        this.logFile = logFile;
        this.program = program;
        Port = port;
        AdminConnectionString = $"127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)},user=admin,password={password},allowAdmin=true";
    }

    public int Port { get; }

    public string AdminConnectionString { get; }

    public string LogFile => logFile;

    private string PidFile => Path.Combine(folder, "redis.pid");

    public static async Task<RedisServer> StartAsync(
        string folder, string logFile, int port, string password, Action<string>? say = null, CancellationToken ct = default)
    {
        var server = new RedisServer(folder, logFile, port, password, await FindAsync(ct));
        await server.ClearLeftoversAsync(say, ct);
        Ports.Require(port, "Redis", "REDIS_PORT");
        await server.ConfigureAsync(password, ct);
        await server.StartAsync(ct);
        return server;
    }

    /// <summary>The program of a usable version, or null.</summary>
    public static async Task<string?> FindUsableAsync(CancellationToken ct)
    {
        foreach (var name in new[] { "redis-server", "valkey-server" })
        {
            if (Command.Find(name) is { } program)
            {
                var version = VersionNumber().Match(await Command.RunAsync(program, ["--version"], ct: ct)).Groups[1].Value;
                if (int.Parse(version, CultureInfo.InvariantCulture) >= OldestVersion)
                {
                    return program;
                }
            }
        }

        return null;
    }

    /// <summary>Starts it again after a stop or a crash: empty, with the same users.</summary>
    public async Task StartAsync(CancellationToken ct = default)
    {
        if (process is { HasExited: false })
        {
            return;
        }

        process?.Dispose();
        process = ChildProcess.Start("redis", program, [Path.Combine(folder, "redis.conf")], logFile,
            OperatingSystemUser.ForServer(Account), folder: folder);
        await File.WriteAllTextAsync(PidFile, process.Id.ToString(CultureInfo.InvariantCulture), ct);
        await WaitUntilReadyAsync(ct);
    }

    public Task StopAsync() => process?.StopAsync() ?? Task.CompletedTask;

    public Task KillAsync() => process?.KillAsync() ?? Task.CompletedTask;

    /// <summary>Returns when the server is no longer running, for whatever reason.</summary>
    public Task WaitForExitAsync(CancellationToken ct) => process!.WaitForExitAsync(ct);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        process?.Dispose();
        File.Delete(PidFile);
    }

    private static async Task<string> FindAsync(CancellationToken ct) => await FindUsableAsync(ct) ?? throw new CannotRunException(
        $"Redis {OldestVersion} or later is not installed. Debian, Ubuntu: 'apt-get install redis-server'; elsewhere install Redis with "
        + "'redis-server' on the PATH, or set REDIS to the connection settings of a running server.");

    private async Task ConfigureAsync(string password, CancellationToken ct)
    {
        var account = OperatingSystemUser.ForServer(Account);
        await OperatingSystemUser.CreateFolderAsync(folder, account, ct);
        var users = Path.Combine(folder, "users.acl");
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(password)));
        await File.WriteAllTextAsync(users, $"user default off nopass nocommands\nuser admin on #{hash} ~* &* +@all\n", ct);
        await File.WriteAllTextAsync(Path.Combine(folder, "redis.conf"), $"""
            bind 127.0.0.1
            port {Port.ToString(CultureInfo.InvariantCulture)}
            save ""
            appendonly no
            dir "{folder}"
            aclfile "{users}"

            """, ct);
        if (account is not null)
        {
            await Command.RunAsync("chown", ["-R", $"{account}:", folder], ct: ct);
        }
    }

    private async Task ClearLeftoversAsync(Action<string>? say, CancellationToken ct)
    {
        if (File.Exists(PidFile)
            && int.TryParse(await File.ReadAllTextAsync(PidFile, ct), CultureInfo.InvariantCulture, out var pid)
            && Leftovers.CommandLine(pid) is var command
            && command.Contains("redis-server", StringComparison.Ordinal)
            && command.Contains($":{Port.ToString(CultureInfo.InvariantCulture)}", StringComparison.Ordinal))
        {
            say?.Invoke($"stopping the Redis of an earlier run (process {pid})");
            await ChildProcess.EndStrangerAsync(pid, ct);
        }
    }

    private async Task WaitUntilReadyAsync(CancellationToken ct)
    {
        var options = ConfigurationOptions.Parse(AdminConnectionString);
        options.AbortOnConnectFail = true;
        options.ConnectTimeout = 1000;
        options.ConnectRetry = 1;
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (process!.HasExited)
            {
                throw new CannotRunException($"Redis did not start. Its log, {logFile}, ends with:\n{process.LastLines()}");
            }

            try
            {
                await using var connection = await ConnectionMultiplexer.ConnectAsync(options);
                return;
            }
            catch (RedisConnectionException e) when (TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromSeconds(30))
            {
                throw new CannotRunException($"Redis is not ready after 30 seconds: {e.Message} Its log: {logFile}", e);
            }
            catch (RedisConnectionException)
            {
                await Task.Delay(50, ct);
            }
        }
    }

    [GeneratedRegex(@"v=(\d+)\.")]
    private static partial Regex VersionNumber();
}
