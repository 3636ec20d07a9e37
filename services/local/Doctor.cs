using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Npgsql;

namespace DirectorySync.Local;

/// <summary>
/// Looks at a running installation and says what is wrong with it, and what to do (<c>make doctor</c>): the one that "make run" started, or that
/// which the environment names. It changes nothing.
/// </summary>
internal sealed class Doctor(DoctorSettings settings, Action<string> say)
{
    private static readonly TimeSpan LongestSkew = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestLag = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ShortestValidity = TimeSpan.FromDays(14);
    private const double FullestPool = 0.8;
    private const double FullestDisk = 0.9;

    private int found;

    /// <summary>Answers how much was found.</summary>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        await LookAtGatewayAsync(ct);
        foreach (var service in Service.All)
        {
            await LookAtServiceAsync(service, ct);
        }

        settings.Certificates.ToList().ForEach(LookAtCertificate);
        LookAtDisk();
        say(found == 0 ? "nothing is wrong" : FormattableString.Invariant($"{found} found"));
        return found;
    }

    private async Task LookAtGatewayAsync(CancellationToken ct)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        try
        {
            using var answer = await http.GetAsync(new Uri(settings.Gateway, "/health/ready"), ct);
            var text = (await answer.Content.ReadAsStringAsync(ct)).Trim();
            Judge(answer.IsSuccessStatusCode, $"gateway {settings.Gateway} is {text}", "start what is away, or see its log");
            if (answer.Headers.Date is { } date)
            {
                JudgeClock("gateway", date - DateTimeOffset.UtcNow);
            }
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !ct.IsCancellationRequested)
        {
            Judge(false, $"gateway {settings.Gateway} does not answer: {e.Message}", "start it; GATEWAY_URL names another address");
        }
    }

    private async Task LookAtServiceAsync(Service service, CancellationToken ct)
    {
        if (settings.Postgres(service) is not { } connectionString)
        {
            Judge(false, $"{service.Name}: its database is not known", $"start the system with make run, or set {DoctorSettings.Variable(service)}");
            return;
        }

        try
        {
            await using var connection = new NpgsqlConnection(
                new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Timeout = 5, CommandTimeout = 20 }.ConnectionString);
            await connection.OpenAsync(ct);
            await LookAtServerAsync(connection, service, ct);
            await LookAtMigrationsAsync(connection, service, ct);
            await LookAtFeedsAsync(connection, service, ct);
            if (service == Service.Events)
            {
                await LookAtDeliveriesAsync(connection, ct);
            }
        }
        catch (NpgsqlException e)
        {
            Judge(false, $"{service.Name}: {e.Message}", "see whether PostgreSQL runs, and whether the service was migrated");
        }
    }

    private async Task LookAtServerAsync(NpgsqlConnection connection, Service service, CancellationToken ct)
    {
        var before = DateTimeOffset.UtcNow;
        var (clock, used, most, idle) = (await ListAsync(connection, """
            select clock_timestamp(), (select count(*) from pg_stat_activity), current_setting('max_connections')::int,
              (select count(*) from pg_stat_activity where state = 'idle in transaction' and xact_start < now() - interval '1 minute')
            """, row => (row.GetFieldValue<DateTimeOffset>(0), row.GetInt64(1), row.GetInt32(2), row.GetInt64(3)), ct))[0];
        JudgeClock($"{service.Name}: PostgreSQL", clock - before);
        Judge(used < most * FullestPool, FormattableString.Invariant($"{service.Name}: {used} of {most} connections are used"),
            "raise max_connections, or lower Maximum Pool Size in the services' settings");
        Judge(idle == 0, FormattableString.Invariant($"{service.Name}: {idle} transactions rest for longer than a minute"), "end them: they keep vacuum from its work");
    }

    private async Task LookAtMigrationsAsync(NpgsqlConnection connection, Service service, CancellationToken ct)
    {
        var applied = await ListAsync(connection, "select scriptname from schemaversions", row => row.GetString(0), ct);
        var missing = new[] { "services/chassis", $"services/{service.Name}" }
            .SelectMany(folder => Directory.GetFiles(Path.Combine(Repository.Root, folder, "Migrations"), "*.sql")).Select(file => Path.GetFileName(file))
            .Where(file => !applied.Exists(script => script.EndsWith("." + file, StringComparison.Ordinal))).ToList();
        Judge(missing.Count == 0, missing.Count == 0 ? $"{service.Name}: all migrations are applied" : $"{service.Name}: not applied: {string.Join(", ", missing)}",
            $"restart the service, or run dotnet {service.Assembly}.dll migrate");
    }

    private async Task LookAtFeedsAsync(NpgsqlConnection connection, Service service, CancellationToken ct)
    {
        foreach (var (feed, complete, lag) in await ListAsync(connection,
            "select feed, complete, extract(epoch from clock_timestamp() - caught_up_time)::double precision from feed_positions",
            row => (row.GetString(0), row.GetBoolean(1), row.IsDBNull(2) ? (double?)null : row.GetDouble(2)), ct))
        {
            var text = lag is null ? "has never caught up" : string.Create(CultureInfo.InvariantCulture, $"caught up {Math.Max(0, lag.Value):0.0} s ago");
            Judge(complete && lag < LongestLag.TotalSeconds, $"{service.Name}: the feed of {feed} {text}",
                $"see the log of {service.Name} for \"feed of {feed}\"; a bootstrap under way ends by itself");
        }

        var parked = (await ListAsync(connection, "select count(*) from parked_changes", row => row.GetInt64(0), ct))[0];
        Judge(parked == 0, FormattableString.Invariant($"{service.Name}: {parked} changes are parked"),
            "see parked_changes and the log; they are tried every minute, and by the next version");
        foreach (var silent in await ListAsync(connection, "select name from feed_consumers where seen_time < now() - interval '1 hour'", row => row.GetString(0), ct))
        {
            Judge(false, $"{service.Name}: {silent} has not read its feed for more than an hour", "start it, or forget it: after seven days it is forgotten, and starts anew");
        }
    }

    private async Task LookAtDeliveriesAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var (letters, lanes) = (await ListAsync(connection, """
            select (select count(*) from dead_letters d where d.refused and d.replay_time is null), (select count(*) from webhook_lanes l where l.stopped)
            """, row => (row.GetInt64(0), row.GetInt64(1)), ct))[0];
        Judge(letters == 0, FormattableString.Invariant($"events: {letters} dead letters"), "GET /webhook_endpoints/{id}/dead_letters says why; mend the receiver and replay them");
        Judge(lanes == 0, FormattableString.Invariant($"events: {lanes} lanes have stopped"), "POST /webhook_endpoints/{id}/lanes/{directory_id}/resume once the receiver works");
    }

    private void LookAtCertificate(string path)
    {
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificateFromFile(path);
            var left = certificate.NotAfter.ToUniversalTime() - DateTime.UtcNow;
            Judge(left > ShortestValidity, string.Create(CultureInfo.InvariantCulture, $"{path}: {certificate.Subject} is valid for {left.TotalDays:0} days"),
                "renew it: the files are read again without a restart");
        }
        catch (Exception e) when (e is CryptographicException or IOException)
        {
            Judge(false, $"{path}: {e.Message}", "give the path of a certificate in CERTIFICATES");
        }
    }

    private void LookAtDisk()
    {
        if (!Directory.Exists(settings.DataFolder))
        {
            return;
        }

        var drive = new DriveInfo(settings.DataFolder);
        var used = 1 - ((double)drive.AvailableFreeSpace / drive.TotalSize);
        Judge(used < FullestDisk, string.Create(CultureInfo.InvariantCulture, $"disk of {settings.DataFolder}: {used:P0} are used"), "make room: PostgreSQL stops when it is full");
    }

    private void JudgeClock(string whose, TimeSpan difference) => Judge(
        difference.Duration() < LongestSkew, string.Create(CultureInfo.InvariantCulture, $"{whose}: its clock differs by {difference.TotalSeconds:0.0} s"),
        "synchronize the machines' clocks (chrony, systemd-timesyncd)");

    private void Judge(bool holds, string text, string remedy)
    {
        found += holds ? 0 : 1;
        say(holds ? $"ok    {text}" : $"WRONG {text}\n      → {remedy}");
    }

    private static async Task<List<T>> ListAsync<T>(NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<T>();
        while (await reader.ReadAsync(ct))
        {
            rows.Add(read(reader));
        }

        return rows;
    }
}

/// <summary>Which installation the doctor looks at.</summary>
internal sealed record DoctorSettings
{
    /// <summary>GATEWAY_URL; else that of "make run".</summary>
    public Uri Gateway { get; init; } = new(Environment.GetEnvironmentVariable("GATEWAY_URL") ?? $"http://localhost:{new UpSettings().HttpPort}");

    /// <summary>The settings of a service's database; null: not known.</summary>
    public Func<Service, string?> Postgres { get; init; } = Find;

    /// <summary>CERTIFICATES, paths separated by commas.</summary>
    public IReadOnlyList<string> Certificates { get; init; } =
        (Environment.GetEnvironmentVariable("CERTIFICATES") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public string DataFolder { get; init; } = Repository.DataFolder;

    /// <summary>For example IDENTITY_POSTGRES.</summary>
    public static string Variable(Service service) => service.Name.Replace('-', '_').ToUpperInvariant() + "_POSTGRES";

    private static string? Find(Service service)
    {
        if (Environment.GetEnvironmentVariable(Variable(service)) is { Length: > 0 } given)
        {
            return given;
        }

        var settings = new UpSettings();
        var secret = Path.Combine(Repository.DataFolder, "secret");
        if (!File.Exists(secret))
        {
            return null;
        }

        var admin = settings.Postgres ?? new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = settings.PostgresPort }.ConnectionString;
        return new Provisioning(admin, "", File.ReadAllText(secret).Trim()).PostgresOf(service);
    }
}
