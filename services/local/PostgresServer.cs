using System.Globalization;
using Npgsql;

namespace DirectorySync.Local;

/// <summary>What a PostgreSQL instance must survive; less is faster.</summary>
internal enum Durability
{
    /// <summary>A power cut.</summary>
    Machine,

    /// <summary>A crash of PostgreSQL, not of the machine.</summary>
    Server,

    /// <summary>Only the death of its clients.</summary>
    Clients,
}

/// <summary>A private PostgreSQL instance on the loopback interface; every role needs its password.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    public const string Account = "postgres";

    private readonly string folder;
    private readonly string logFile;
    private readonly Durability durability;
    private readonly PostgresPrograms programs;
    private ChildProcess? process;

    private PostgresServer(string folder, string logFile, int port, string password, Durability durability, PostgresPrograms programs)
    {
        this.folder = folder;
        this.logFile = logFile;
        this.durability = durability;
        this.programs = programs;
        Port = port;
        AdminConnectionString = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = port,
            Username = "postgres",
            Password = password,
            Database = "postgres",
        }.ConnectionString;
    }

    public int Port { get; }

    public string AdminConnectionString { get; }

    public string LogFile => logFile;

    public PostgresPrograms Programs => programs;

    private string DataFolder => Path.Combine(folder, "data");


    /// <summary>Starts the instance whose data is in the folder, creating it first if there is none.</summary>
    public static async Task<PostgresServer> StartAsync(
        string folder, string logFile, int port, string password, Durability durability, Action<string>? say = null, CancellationToken ct = default)
    {
        var data = Path.Combine(folder, "data");
        var versionFile = Path.Combine(data, "PG_VERSION");
        int? version = File.Exists(versionFile)
            ? int.Parse((await File.ReadAllTextAsync(versionFile, ct)).Trim(), CultureInfo.InvariantCulture)
            : null;
        var programs = await PostgresPrograms.GetAsync(version, data, ct);
        var server = new PostgresServer(folder, logFile, port, password, durability, programs);
        if (version is null)
        {
            say?.Invoke($"creating a PostgreSQL {programs.Version} database cluster in {data}");
            await server.CreateAsync(password, ct);
        }
        else
        {
            await server.ClearLeftoversAsync(say, ct);
        }

        Ports.Require(port, "PostgreSQL", "POSTGRES_PORT");
        await server.StartAsync(ct);
        if (version is null)
        {
            await using var connection = new NpgsqlConnection(server.AdminConnectionString + ";Pooling=false");
            await connection.OpenAsync(ct);
            await Provisioning.RevokePublicAsync(connection, "postgres, template1", ct);
        }

        return server;
    }

    /// <summary>Another instance that follows this one, and may be promoted.</summary>
    public async Task<PostgresServer> StartStandbyAsync(string standbyFolder, string standbyLog, int port, string password, CancellationToken ct = default)
    {
        var account = OperatingSystemUser.ForServer(Account);
        var standby = new PostgresServer(standbyFolder, standbyLog, port, password, durability, programs);
        await OperatingSystemUser.CreateFolderAsync(standbyFolder, account, ct);
        var settings = $"host=127.0.0.1 port={Port.ToString(CultureInfo.InvariantCulture)} user=postgres password={password} application_name=standby";
        await Command.RunAsync(
            programs.Program("pg_basebackup"), ["-D", standby.DataFolder, "-R", "-X", "stream", "-c", "fast", "-d", settings], account, folder: standbyFolder, ct: ct);
        await standby.StartAsync(ct);
        return standby;
    }

    /// <summary>Starts it again after a stop or a crash.</summary>
    public async Task StartAsync(CancellationToken ct = default)
    {
        if (process is { HasExited: false })
        {
            return;
        }

        process?.Dispose();
        process = ChildProcess.Start("postgres", programs.Program("postgres"), ["-D", DataFolder, .. Settings()], logFile,
            OperatingSystemUser.ForServer(Account), folder: folder);
        await WaitUntilReadyAsync(ct);
    }

    /// <summary>Ends all sessions and stops cleanly.</summary>
    public Task StopAsync() => process?.InterruptAsync() ?? Task.CompletedTask;

    /// <summary>Stops as if it had crashed; the next start recovers from the log.</summary>
    public Task CrashAsync() => process?.QuitAsync() ?? Task.CompletedTask;

    /// <summary>Returns when the server is no longer running, for whatever reason.</summary>
    public Task WaitForExitAsync(CancellationToken ct) => process!.WaitForExitAsync(ct);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        process?.Dispose();
    }

    private IEnumerable<string> Settings()
    {
        List<string> settings =
        [
            "listen_addresses=127.0.0.1", $"port={Port}", "unix_socket_directories=", "max_connections=300",
            "idle_in_transaction_session_timeout=10s", "password_encryption=scram-sha-256", "log_min_messages=warning",
            // Neither values nor statements: they hold what must not be in a log.
            "log_error_verbosity=terse", "log_min_error_statement=panic",
            "shared_buffers=128MB", "max_wal_size=1GB",
        ];
        if (durability != Durability.Machine)
        {
            settings.AddRange(["fsync=off", "full_page_writes=off"]);
        }

        if (durability == Durability.Clients)
        {
            settings.Add("synchronous_commit=off");
        }

        return settings.SelectMany(setting => new[] { "-c", setting });
    }

    private async Task CreateAsync(string password, CancellationToken ct)
    {
        var account = OperatingSystemUser.ForServer(Account);
        if (OperatingSystemUser.IsRoot && account is null)
        {
            throw new CannotRunException("PostgreSQL does not run as root, and there is no account 'postgres' to run it as. "
                + "Create one ('useradd --system postgres') or run as another user.");
        }

        if (Directory.Exists(DataFolder))
        {
            // An interrupted first start: initdb refuses a folder that is not empty, and it holds nothing yet.
            Directory.Delete(DataFolder, recursive: true);
        }

        await OperatingSystemUser.CreateFolderAsync(folder, account, ct);
        var passwordFile = Path.Combine(folder, "initial-password");
        await File.WriteAllTextAsync(passwordFile, password, ct);
        if (account is not null)
        {
            await Command.RunAsync("chown", [$"{account}:", passwordFile], ct: ct);
        }

        string[] safe = durability == Durability.Machine ? [] : ["--no-sync"];
        try
        {
            await Command.RunAsync(programs.Program("initdb"),
                ["-D", DataFolder, "-U", "postgres", "--auth=scram-sha-256", $"--pwfile={passwordFile}", "--encoding=UTF8", "--locale=C", .. safe],
                account, folder: folder, ct: ct);
        }
        finally
        {
            File.Delete(passwordFile);
        }
    }

    /// <summary>Ends an instance that an earlier run left on this data, and removes the lock file of one that is gone.</summary>
    private async Task ClearLeftoversAsync(Action<string>? say, CancellationToken ct)
    {
        var lockFile = Path.Combine(DataFolder, "postmaster.pid");
        if (!File.Exists(lockFile) || !int.TryParse(File.ReadLines(lockFile).First(), CultureInfo.InvariantCulture, out var pid))
        {
            return;
        }

        if (Leftovers.CommandLine(pid).Contains(DataFolder, StringComparison.Ordinal))
        {
            say?.Invoke($"stopping the PostgreSQL of an earlier run (process {pid})");
            await ChildProcess.EndStrangerAsync(pid, ct);
        }
        else
        {
            say?.Invoke("PostgreSQL was not stopped cleanly last time; it recovers from its log");
        }

        File.Delete(lockFile);
    }

    private async Task WaitUntilReadyAsync(CancellationToken ct)
    {
        var settings = new NpgsqlConnectionStringBuilder(AdminConnectionString) { Pooling = false, Timeout = 5 }.ConnectionString;
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (process!.HasExited)
            {
                throw new CannotRunException($"PostgreSQL did not start. Its log, {logFile}, ends with:\n{process.LastLines()}");
            }

            try
            {
                await using var connection = new NpgsqlConnection(settings);
                await connection.OpenAsync(ct);
                return;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidPassword)
            {
                throw new CannotRunException($"The data in {DataFolder} has another administrator's password than the file beside it says. "
                    + "Discard both with 'make clean'.", e);
            }
            catch (NpgsqlException e) when (TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromMinutes(2))
            {
                throw new CannotRunException($"PostgreSQL is not ready after two minutes: {e.Message} Its log: {logFile}", e);
            }
            catch (NpgsqlException)
            {
                // Not yet listening, or recovering.
                await Task.Delay(50, ct);
            }
        }
    }
}
