using System.Collections.Concurrent;
using DirectorySync.Local;

namespace DirectorySync.Kit;

/// <summary>A directory of a <see cref="Stack"/>: where Okta sends and with which token.</summary>
public sealed record StackDirectory(string OrganizationId, string Id, string ScimBaseUrl, string Token)
{
    /// <summary>A client of the directory, through one of the gateways.</summary>
    public ScimClient Client(string? gatewayUrl = null) =>
        new(gatewayUrl is null ? ScimBaseUrl : gatewayUrl + new Uri(ScimBaseUrl).AbsolutePath, Token);
}

/// <summary>What of a stack a test wants otherwise.</summary>
public sealed record StackOptions
{
    /// <summary>Processes of each service. Gateway n talks to replica n of each service.</summary>
    public int Replicas { get; init; } = 1;

    public int Gateways { get; init; } = 1;

    /// <summary>Services that are not started; <see cref="Stack.StartAgainAsync"/> starts them.</summary>
    public IReadOnlyList<string> NotStarted { get; init; } = [];

    /// <summary>SCIM alone: without the services that follow the feeds of others and answer nobody in this test.</summary>
    public static IReadOnlyList<string> Followers { get; } = ["attribute-mapping", "roles", "events"];

    /// <summary>Where PostgreSQL keeps its data; null: with all the rest.</summary>
    public string? PostgresFolder { get; init; }

    /// <summary>Services speak TLS, with certificates that a test may renew.</summary>
    public bool Tls { get; init; }

    /// <summary>Further settings of every process.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}

/// <summary>A whole system of real processes with its own PostgreSQL and Redis, all of which a test may stop, kill and start.</summary>
public sealed class Stack : IAsyncDisposable
{
    private readonly string folder;
    private readonly PostgresServer postgres;
    private readonly RedisServer redis;
    private readonly RunningSystem system;

    private Stack(string folder, PostgresServer postgres, RedisServer redis, RunningSystem system)
    {
        this.folder = folder;
        this.postgres = postgres;
        this.redis = redis;
        this.system = system;
    }

    /// <summary>A channel to a service as the bearer of a certificate.</summary>
    public Grpc.Net.Client.GrpcChannel ChannelTo(string service, string caller) => Grpc.Net.Client.GrpcChannel.ForAddress(
        ServiceUrl(service), new() { HttpHandler = Certificates!.Handler(caller), DisposeHttpClient = true });

    private Certificates? Certificates => system.Plan.Certificates;

    /// <summary>A new certificate in the files of a process, or of any other caller.</summary>
    public void IssueCertificate(string name, DateTimeOffset? expire = null) => Certificates!.Issue(name, expire);

    /// <summary>A second authority: what is issued from now on is its own.</summary>
    public void AddAuthority() => Certificates!.AddAuthority();

    /// <summary>Only the newest authority is trusted from now on.</summary>
    public void ForgetOldAuthorities() => Certificates!.ForgetOldAuthorities();

    /// <summary>With every scope.</summary>
    public string ApiKey { get; private set; } = "";

    /// <summary>SCIM and REST.</summary>
    public string GatewayUrl(int replica = 0) => system.GatewayUrl(replica);

    /// <summary>gRPC for internal callers, with the API key.</summary>
    public string GatewayGrpcUrl(int replica = 0) => system.GatewayGrpcUrl(replica);

    /// <summary>A service's own gRPC address.</summary>
    public string ServiceUrl(string service, int replica = 0) => system.ServiceUrl(Service.Get(service), replica);

    /// <summary>A service's database as the service reaches it.</summary>
    public string ConnectionString(string service) => system.Plan.Provisioning.PostgresOf(Service.Get(service));

    /// <summary>A service's database as the administrator.</summary>
    public string AdminConnectionString(string service) => new Npgsql.NpgsqlConnectionStringBuilder(postgres.AdminConnectionString)
    {
        Database = Service.Get(service).Role,
    }.ConnectionString;

    /// <summary>Starts everything; ready when this returns.</summary>
    public static async Task<Stack> StartAsync(StackOptions? options = null)
    {
        options ??= new();
        var folder = TestRunServers.NewFolder();
        var secret = System.Security.Cryptography.RandomNumberGenerator.GetHexString(32, lowercase: true);
        var starting = (
            Postgres: PostgresServer.StartAsync(
                options.PostgresFolder ?? Path.Combine(folder, "postgres"), Path.Combine(folder, "postgres.log"), Ports.Free(), secret,
                Durability.Server),
            Redis: RedisServer.StartAsync(Path.Combine(folder, "redis"), Path.Combine(folder, "redis.log"), Ports.Free(), secret));
        var (postgres, redis) = (await starting.Postgres, await starting.Redis);
        var provisioning = new Provisioning(postgres.AdminConnectionString, redis.AdminConnectionString, secret);
        await provisioning.ApplyAsync(withDatabases: true, CancellationToken.None);
        var ports = new ConcurrentDictionary<(string, int), int>();
        int PortOf(string name, int replica) => ports.GetOrAdd((name, replica), _ => Ports.Free());
        var system = RunningSystem.Prepare(new()
        {
            Provisioning = provisioning,
            LogFolder = folder,
            ServicePort = (service, replica) => PortOf(service.Name, replica),
            GatewayPorts = replica => (PortOf("gateway http", replica), PortOf("gateway grpc", replica)),
            Replicas = options.Replicas,
            GatewayReplicas = options.Gateways,
            NotStarted = [.. options.NotStarted.Select(Service.Get)],
            Environment = options.Environment,
            Certificates = options.Tls ? new Certificates(Path.Combine(folder, "certificates")) : null,
        });
        await system.StartAsync();
        return new(folder, postgres, redis, system) { ApiKey = await Demo.CreateApiKeyAsync(system, CancellationToken.None) };
    }

    /// <summary>A new organization with one directory and one token.</summary>
    public async Task<StackDirectory> CreateDirectoryAsync(string name = "Okta", string type = "okta scim v2.0")
    {
        using var rest = new RestClient(GatewayUrl(), ApiKey);
        var created = await rest.CreateDirectoryAsync($"Organization of {name}", name, type);
        return new(created.OrganizationId, created.Id, created.ScimBaseUrl, created.Token);
    }

    /// <summary>kill -9; the name of a service, or "gateway".</summary>
    public Task KillAsync(string name, int replica = 0) => Of(name, replica).KillAsync();

    /// <summary>SIGTERM, and waits until it has ended.</summary>
    public Task StopAsync(string name, int replica = 0) => Of(name, replica).StopAsync();

    /// <summary>Starts a process that was killed or stopped, with other settings if given; ready when this returns.</summary>
    public async Task StartAgainAsync(string name, int replica = 0, IReadOnlyDictionary<string, string>? changed = null)
    {
        var process = Of(name, replica);
        process.Start(changed);
        await process.WaitUntilReadyAsync();
    }

    /// <summary>The operating system's number of a running process.</summary>
    public int ProcessId(string name, int replica = 0) => Of(name, replica).Id;

    /// <summary>What all processes have logged, PostgreSQL and Redis included, by the name of the file.</summary>
    public IReadOnlyDictionary<string, string> Logs() =>
        Directory.GetFiles(folder, "*.log").ToDictionary(file => Path.GetFileName(file), ReadLog);

    /// <summary>What pg_dump writes of a service's database, owners and rights aside.</summary>
    public Task<string> DumpAsync(string service) => OwnPostgres.DumpAsync(postgres, AdminConnectionString(service));

    /// <summary>What a process has logged, since the stack was started.</summary>
    public string Log(string name, int replica = 0) => ReadLog(Of(name, replica).LogFile);

    public Task StopPostgresAsync() => postgres.StopAsync();

    /// <summary>PostgreSQL stops as if it had crashed.</summary>
    public Task CrashPostgresAsync() => postgres.CrashAsync();

    public Task StartPostgresAsync() => postgres.StartAsync();

    public Task StopRedisAsync() => redis.StopAsync();

    public Task KillRedisAsync() => redis.KillAsync();

    /// <summary>Redis again: empty, with its users.</summary>
    public Task StartRedisAsync() => redis.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await system.DisposeAsync();
        await redis.DisposeAsync();
        await postgres.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static string ReadLog(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return new StreamReader(file).ReadToEnd();
    }

    private ServiceProcess Of(string name, int replica) =>
        name == "gateway" ? system.Gateways[replica] : system.Of(Service.Get(name))[replica];
}
