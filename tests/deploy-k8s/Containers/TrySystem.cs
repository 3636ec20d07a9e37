using System.Globalization;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DirectorySync.Kit;
using DirectorySync.Local;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Npgsql;

namespace DirectorySync.DeployK8s.Tests.Containers;

/// <summary>The overlay "try" in containers, two replicas of every process, on a network of its own in which names answer as in a cluster.</summary>
internal sealed class TrySystem : IAsyncDisposable
{
    private const string Network = "directory-sync-try";
    private const string Prefix = "directory-sync-";
    private const string Once = "once";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    private readonly Overlay overlay = Overlay.Of("try");
    private readonly string folder = System.IO.Directory.CreateTempSubdirectory("directory-sync-try-").FullName;
    private readonly KubePod pods;
    private readonly bool localBase;
    private readonly Dictionary<string, string> addresses = [];

    /// <param name="localBase">PostgreSQL and Redis as this machine made them, instead of the images that the overlay names.</param>
    public TrySystem(bool localBase)
    {
        pods = new(overlay, folder);
        this.localBase = localBase;
    }

    /// <summary>The tag of the images of the version that is upgraded.</summary>
    public const string Older = "older";

    public static string[] Stores { get; } = ["try-postgres", "try-redis"];

    /// <summary>Names of the workloads that run this repository's processes; each after those that it calls.</summary>
    public static IEnumerable<string> Processes => Service.All.Select(service => service.Name).Append("gateway");

    /// <summary>The machine's own address in the network.</summary>
    public string Host { get; private set; } = "";

    /// <summary>The images of its pods, as they are run.</summary>
    public IEnumerable<string> Images => overlay.Workloads.SelectMany(Kustomization.Containers).Select(container => ImageOf((string)container["image"]!, null));

    public string GatewayUrl(int replica) => $"http://{addresses[NameOf("gateway", replica)]}:8080";

    /// <summary>The network and the stores, on a machine on which nothing is left of a run before.</summary>
    public async Task StartStoresAsync()
    {
        await RemoveAllAsync();
        await Podman.RunAsync("network", "create", Network);
        var network = await Podman.InspectAsync("network", Network);
        Host = (string)network["subnets"]!.AsArray().Single()!["gateway"]!;
        foreach (var store in Stores)
        {
            await StartAsync(store, 0);
        }
    }

    /// <summary>Starts a pod of the workload; it is ready when this returns, and a gateway then in service.</summary>
    /// <param name="workload">A process or a store.</param>
    /// <param name="replica">Any number that is free.</param>
    /// <param name="tag">The version of the image, if it is not the overlay's.</param>
    /// <param name="writers">Who is told that a gateway is there.</param>
    /// <returns>How long its process needed, from its start.</returns>
    public async Task<TimeSpan> StartAsync(string workload, int replica, string? tag = null, Writers? writers = null)
    {
        var name = NameOf(workload, replica);
        var document = overlay.Workloads.Single(one => Overlay.NameOf(one) == workload);
        await PlayAsync(name, pods.Make(document, name, image => ImageOf(image, tag)), $"{Network}:alias={workload}");
        var pod = await Podman.InspectAsync("pod", name);
        var infra = await Podman.InspectAsync("container", (string)pod["InfraContainerID"]!);
        addresses[name] = (string)infra["NetworkSettings"]!["Networks"]![Network]!["IPAddress"]!;
        var container = ContainerOf(document, name);
        var started = (await Podman.InspectAsync("container", container))["State"]!["StartedAt"]!;
        await Eventually.True(() => IsReadyAsync(workload, name), Patience, $"{name} is ready");
        var needed = DateTimeOffset.UtcNow - DateTimeOffset.Parse((string)started!, CultureInfo.InvariantCulture);
        if (workload == "gateway")
        {
            writers?.SetInService(replica, true);
        }

        return needed;
    }

    /// <summary>Ends a pod as a cluster does: SIGTERM, and the patience that the manifest names. A gateway is taken out of service before.</summary>
    public async Task RemoveAsync(string workload, int replica, Writers? writers = null)
    {
        if (workload == "gateway" && writers is not null)
        {
            // That is what the manifest's pause is for; services get none here, which is harder than in a cluster.
            writers.SetInService(replica, false);
            await Task.Delay(PauseOf(workload));
        }

        var patience = (int)overlay.Processes[workload]["spec"]!["template"]!["spec"]!["terminationGracePeriodSeconds"]!;
        // Not the pod, whose network would be gone at once.
        await Podman.RunAsync(
            "stop", "--time", patience.ToString(CultureInfo.InvariantCulture), ContainerOf(overlay.Processes[workload], NameOf(workload, replica)));
        var code = (int)(await InspectAsync(workload, replica))["State"]!["ExitCode"]!;
        if (code != 0)
        {
            throw new InvalidOperationException($"{NameOf(workload, replica)} ended with {code}.");
        }

        await Podman.RunAsync("pod", "rm", "--force", NameOf(workload, replica));
    }

    /// <summary>SIGKILL, as when its node is gone.</summary>
    public static Task KillAsync(string workload, int replica) => Podman.RunAsync("pod", "rm", "--force", "--time", "0", NameOf(workload, replica));

    /// <summary>Scripts that each service's database has had.</summary>
    public async Task<IReadOnlyDictionary<string, int>> CountMigrationsAsync()
    {
        var counts = new Dictionary<string, int>();
        foreach (var service in Service.All)
        {
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder
            {
                Host = addresses[NameOf("try-postgres", 0)], Username = "postgres", Password = pods.PostgresPassword, Database = service.Role, Pooling = false,
            }.ConnectionString);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand("select count(*)::int from schemaversions", connection);
            counts[service.Name] = (int)(await command.ExecuteScalarAsync())!;
        }

        return counts;
    }

    /// <summary>Runs a process with other arguments, as a Job would.</summary>
    /// <param name="workload">The process.</param>
    /// <param name="tag">The version of the image, if it is not the overlay's.</param>
    /// <param name="arguments">What it gets.</param>
    /// <returns>What it printed.</returns>
    public async Task<string> RunOnceAsync(string workload, string? tag, params string[] arguments)
    {
        var name = NameOf(workload, Once);
        var document = overlay.Processes[workload];
        var pod = pods.Make(document, name, image => ImageOf(image, tag));
        pod["spec"]!["restartPolicy"] = "Never";
        pod["spec"]!["containers"]![0]!["args"] = new JsonArray([.. arguments.Select(argument => JsonValue.Create(argument))]);
        await PlayAsync(name, pod, Network);
        await Podman.RunAsync("wait", ContainerOf(document, name));
        var printed = await Podman.RunAsync("logs", ContainerOf(document, name));
        await Podman.RunAsync("pod", "rm", "--force", name);
        return printed;
    }

    /// <summary>What podman knows of a replica's container.</summary>
    public Task<JsonObject> InspectAsync(string workload, int replica) =>
        Podman.InspectAsync("container", ContainerOf(overlay.Processes[workload], NameOf(workload, replica)));

    /// <summary>Leaves what all containers have printed in .run/containers-test.</summary>
    public static async Task KeepLogsAsync()
    {
        var kept = System.IO.Directory.CreateDirectory(Path.Combine(Repository.RunFolder, "containers-test")).FullName;
        foreach (var container in (await Podman.RunAsync("ps", "--all", "--format", "{{.Names}}")).Split('\n').Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            await File.WriteAllTextAsync(Path.Combine(kept, container + ".log"), await Podman.RunAsync("logs", container));
        }

        Console.WriteLine($"The logs are in {kept}.");
    }

    public async ValueTask DisposeAsync()
    {
        await RemoveAllAsync();
        if (System.IO.Directory.Exists(folder))
        {
            System.IO.Directory.Delete(folder, recursive: true);
        }
    }

    private static string NameOf(string workload, int replica) => NameOf(workload, replica.ToString(CultureInfo.InvariantCulture));

    private static string NameOf(string workload, string replica) => $"{Prefix}{workload}-{replica}";

    private static string ContainerOf(JsonObject workload, string pod) => $"{pod}-{Kustomization.Containers(workload).Single()["name"]}";

    private async Task PlayAsync(string name, JsonObject pod, string network)
    {
        var manifest = Path.Combine(folder, name + ".json");
        await File.WriteAllTextAsync(manifest, pod.ToJsonString());
        await Podman.RunAsync("kube", "play", "--network", network, manifest);
    }

    private TimeSpan PauseOf(string workload) => TimeSpan.FromSeconds(
        (int)Kustomization.Containers(overlay.Processes[workload]).Single()["lifecycle"]!["preStop"]!["sleep"]!["seconds"]!);

    private string ImageOf(string image, string? tag) => tag is not null ? $"{image[..image.LastIndexOf(':')]}:{tag}" : localBase && image.StartsWith("docker.io/library/", StringComparison.Ordinal)
        ? $"localhost/directory-sync-base/{image["docker.io/library/".Length..].Split(':')[0]}:local"
        : image;

    private async Task<bool> IsReadyAsync(string workload, string pod) => workload switch
    {
        "gateway" => await AnswersAsync($"http://{addresses[pod]}:8080/health/ready"),
        _ when Stores.Contains(workload) => await ListensAsync(addresses[pod], PortOf(workload)),
        _ => await ServesAsync($"http://{addresses[pod]}:8080"),
    };

    private int PortOf(string workload) => (int)Kustomization.Containers(overlay.Workloads.Single(one => Overlay.NameOf(one) == workload)).Single()["ports"]![0]!["containerPort"]!;

    private static async Task<bool> ListensAsync(string address, int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(address, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task<bool> AnswersAsync(string url)
    {
        try
        {
            using var answer = await Http.GetAsync(url);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    private static async Task<bool> ServesAsync(string url)
    {
        using var channel = GrpcChannel.ForAddress(url);
        try
        {
            var health = await new Health.HealthClient(channel).CheckAsync(new(), deadline: DateTime.UtcNow.AddSeconds(5));
            return health.Status == HealthCheckResponse.Types.ServingStatus.Serving;
        }
        catch (RpcException)
        {
            return false;
        }
    }

    private async Task RemoveAllAsync()
    {
        var name = new Regex($"^{Prefix}({string.Join('|', overlay.Workloads.Select(Overlay.NameOf))})-({Once}|[0-9]+)$");
        foreach (var pod in (await Podman.RunAsync("pod", "ps", "--format", "{{.Name}}")).Split('\n').Where(one => name.IsMatch(one)))
        {
            await Podman.RunAsync("pod", "rm", "--force", "--time", "0", pod);
        }

        if ((await Podman.RunAsync("network", "ls", "--format", "{{.Name}}")).Split('\n').Contains(Network))
        {
            await Podman.RunAsync("network", "rm", "--force", Network);
        }
    }
}
