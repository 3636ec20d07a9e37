using System.Globalization;

namespace DirectorySync.Local;

/// <summary>How a system is to be started.</summary>
internal sealed record SystemPlan
{
    public required Provisioning Provisioning { get; init; }

    public required string LogFolder { get; init; }

    /// <summary>The port of a service's replica (from 0).</summary>
    public required Func<Service, int, int> ServicePort { get; init; }

    /// <summary>The HTTP and the gRPC port of a gateway's replica (from 0).</summary>
    public required Func<int, (int Http, int Grpc)> GatewayPorts { get; init; }

    public string? PublicUrl { get; init; }

    /// <summary>The host part of the gateway's addresses.</summary>
    public string Listen { get; init; } = "localhost";

    public int Replicas { get; init; } = 1;

    public int GatewayReplicas { get; init; } = 1;

    /// <summary>Services that wait to be started one by one.</summary>
    public IReadOnlyList<Service> NotStarted { get; init; } = [];

    /// <summary>Services speak TLS, with these; null: plaintext.</summary>
    public Certificates? Certificates { get; init; }

    /// <summary>Further settings for every process.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}

/// <summary>All services and gateways as real processes. The gateway's replica n talks to replica n of each service, in turn.</summary>
internal sealed class RunningSystem : IAsyncDisposable
{
    private readonly Dictionary<Service, ServiceProcess[]> services = [];

    private RunningSystem(SystemPlan plan)
    {
        Plan = plan;
        foreach (var service in Service.All)
        {
            services[service] = [.. Enumerable.Range(0, plan.Replicas).Select(replica => PlanService(service, replica))];
        }

        Gateways = [.. Enumerable.Range(0, plan.GatewayReplicas).Select(PlanGateway)];
    }

    public SystemPlan Plan { get; }

    public IReadOnlyList<ServiceProcess> Gateways { get; }

    public IEnumerable<ServiceProcess> All => services.Values.SelectMany(replicas => replicas).Concat(Gateways);

    public IReadOnlyList<ServiceProcess> Of(Service service) => services[service];

    public string GatewayUrl(int replica = 0) => Url("localhost", Plan.GatewayPorts(replica).Http);

    public string GatewayGrpcUrl(int replica = 0) => Url("localhost", Plan.GatewayPorts(replica).Grpc);

    public string ServiceUrl(Service service, int replica = 0) => ServiceUrl(Plan.ServicePort(service, replica));

    public static RunningSystem Prepare(SystemPlan plan) => new(plan);

    /// <summary>Starts everything and returns when all of it is ready.</summary>
    public async Task StartAsync(Action<string>? say = null, CancellationToken ct = default)
    {
        var starting = services.Where(service => !Plan.NotStarted.Contains(service.Key)).SelectMany(service => service.Value).Concat(Gateways).ToList();
        foreach (var process in starting)
        {
            process.Start();
        }

        await Task.WhenAll(starting.Select(async process =>
        {
            await process.WaitUntilReadyAsync(ct);
            say?.Invoke($"{process.Name} is ready at {process.Readiness.GetLeftPart(UriPartial.Authority)}");
        }));
    }

    /// <summary>The gateways first: they finish what they began, with services behind them.</summary>
    public async Task StopAsync()
    {
        await Task.WhenAll(Gateways.Select(gateway => gateway.StopAsync()));
        await Task.WhenAll(services.Values.SelectMany(replicas => replicas).Select(service => service.StopAsync()));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var process in All)
        {
            await process.DisposeAsync();
        }
    }

    /// <summary>The settings of a service's process.</summary>
    public Dictionary<string, string> EnvironmentOf(Service service, int replica)
    {
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings__Postgres"] = Plan.Provisioning.PostgresOf(service),
            ["ConnectionStrings__Redis"] = Plan.Provisioning.RedisOf(service),
            ["Kestrel__Endpoints__Grpc__Url"] = ServiceUrl(service, replica),
        };
        foreach (var (other, property) in service.Needs)
        {
            settings[$"{service.Assembly}__{property}"] = ServiceUrl(other, replica);
        }

        AddTls(settings, service.Name);
        return With(settings);
    }

    private ServiceProcess PlanService(Service service, int replica)
    {
        var name = NameOf(service.Name, replica, Plan.Replicas);
        return new(name, Repository.Assembly($"services/{service.Name}", service.Assembly), EnvironmentOf(service, replica),
            Path.Combine(Plan.LogFolder, name + ".log"), new Uri(ServiceUrl(service, replica)), Plan.Certificates);
    }

    private ServiceProcess PlanGateway(int replica)
    {
        var name = NameOf("gateway", replica, Plan.GatewayReplicas);
        var (http, grpc) = Plan.GatewayPorts(replica);
        var settings = new Dictionary<string, string>
        {
            ["Kestrel__Endpoints__Http__Url"] = Url(Plan.Listen, http),
            ["Kestrel__Endpoints__Grpc__Url"] = Url(Plan.Listen, grpc),
            ["PUBLIC_URL"] = Plan.PublicUrl ?? Url("localhost", http),
        };
        foreach (var service in Service.All)
        {
            settings[$"Gateway__{service.Assembly}Url"] = ServiceUrl(service, replica % Plan.Replicas);
        }

        AddTls(settings, "gateway");
        return new(name, Repository.Assembly("gateway", "Gateway"), With(settings), Path.Combine(Plan.LogFolder, name + ".log"),
            new Uri(GatewayUrl(replica) + "/health/ready"));
    }

    private string ServiceUrl(int port) =>
        Plan.Certificates is null ? Url("127.0.0.1", port) : $"https://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}";

    private void AddTls(Dictionary<string, string> settings, string name)
    {
        if (Plan.Certificates is { } certificates)
        {
            certificates.Issue(name);
            (settings["Tls__Certificate"], settings["Tls__Key"]) = (certificates.CertificateOf(name), certificates.KeyOf(name));
            settings["Tls__Authority"] = certificates.Authority;
        }
    }

    private Dictionary<string, string> With(Dictionary<string, string> settings)
    {
        // What the caller's shell says about ASP.NET must not reach the services.
        settings["ASPNETCORE_URLS"] = "";
        settings["ASPNETCORE_ENVIRONMENT"] = "Production";
        foreach (var (name, value) in Plan.Environment)
        {
            settings[name] = value;
        }

        return settings;
    }

    private static string NameOf(string name, int replica, int replicas) =>
        replicas == 1 ? name : $"{name}-{(replica + 1).ToString(CultureInfo.InvariantCulture)}";

    private static string Url(string host, int port) => $"http://{host}:{port.ToString(CultureInfo.InvariantCulture)}";
}
