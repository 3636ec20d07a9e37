using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DirectorySync.Local;

namespace DirectorySync.DeployK8s.Tests;

/// <summary>The workloads are this repository's processes: with the settings, ports and callers that their code says.</summary>
public sealed partial class WorkloadTests
{
    // What .NET and OpenTelemetry read by themselves.
    private static readonly string[] OfTheRuntime =
        ["DOTNET_EnableDiagnostics", "ASPNETCORE_FORWARDEDHEADERS_ENABLED", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_METRIC_EXPORT_INTERVAL"];

    public static TheoryData<string> Overlays => Overlay.All;

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Every_process_is_a_workload_with_all_that_belongs_to_one(string name)
    {
        var overlay = Overlay.Of(name);

        Assert.Equal(Service.All.Select(service => service.Name).Append("gateway").Order(), overlay.Processes.Keys.Order());
        foreach (var (process, workload) in overlay.Processes)
        {
            foreach (var kind in new[] { "Service", "ServiceAccount", "PodDisruptionBudget", "HorizontalPodAutoscaler", "NetworkPolicy" })
            {
                Assert.Contains(overlay.OfKind(kind), document => Overlay.NameOf(document) == process);
            }

            var pod = workload["spec"]!["template"]!["spec"]!;
            Assert.Equal(2, pod["topologySpreadConstraints"]!.AsArray().Count);
            // The host waits 30 s for what was begun, after the pause in which others learn that it ends.
            Assert.True((int)pod["terminationGracePeriodSeconds"]! >= 30 + (int)Kustomization.Containers(workload).Single()["lifecycle"]!["preStop"]!["sleep"]!["seconds"]! + 5);
            Assert.Equal(0, (int)workload["spec"]!["strategy"]!["rollingUpdate"]!["maxUnavailable"]!);
        }
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Every_setting_is_one_that_the_process_has_and_none_that_it_needs_is_missing(string name)
    {
        var overlay = Overlay.Of(name);
        foreach (var (process, workload) in overlay.Processes)
        {
            var environment = overlay.EnvironmentOf(workload);
            var known = SettingsOf(process);
            // A variable may also be there to be put into another's value.
            var parts = environment.Values.OfType<string>().SelectMany(value => Reference().Matches(value).Select(match => match.Groups[1].Value)).ToList();
            Assert.Empty(parts.Except(environment.Keys));
            Assert.Empty(environment.Keys.Except(known).Except(parts).Except(OfTheRuntime));
            Assert.Empty(NeededBy(process).Except(environment.Keys));
        }
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public void A_reference_to_a_variable_stands_behind_it(string name)
    {
        foreach (var (process, workload) in Overlay.Of(name).Processes)
        {
            var seen = new HashSet<string>();
            foreach (var variable in Kustomization.Containers(workload).Single()["env"]!.AsArray())
            {
                Assert.All(Reference().Matches((string?)variable!["value"] ?? ""), match => Assert.True(seen.Contains(match.Groups[1].Value), $"{process}: {match}"));
                seen.Add((string)variable["name"]!);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Every_address_is_that_of_a_service_and_every_listener_a_port_of_the_container(string name)
    {
        var overlay = Overlay.Of(name);
        foreach (var (process, workload) in overlay.Processes)
        {
            var ports = Kustomization.Containers(workload).Single()["ports"]!.AsArray().ToDictionary(port => (string)port!["name"]!, port => (int)port!["containerPort"]!);
            foreach (var (setting, value) in overlay.EnvironmentOf(workload).Where(entry => entry.Value is not null))
            {
                if (Listener().Match(setting) is { Success: true } listener)
                {
                    Assert.Equal($"http://*:{ports[listener.Groups[1].Value.ToLowerInvariant()]}", value);
                }
                else if (value!.StartsWith("dns:///", StringComparison.Ordinal))
                {
                    var (host, port) = value["dns:///".Length..].Split(':') is [var first, var second] ? (first, second) : ("", "");
                    var service = Assert.Single(overlay.OfKind("Service"), one => Overlay.NameOf(one) == host);
                    Assert.Contains(service["spec"]!["ports"]!.AsArray(), one => $"{one!["port"]}" == port);
                    // Otherwise one connection would carry all calls to one replica.
                    Assert.Equal("None", (string?)service["spec"]!["clusterIP"]);
                }
            }

            Assert.Equal(Service.All.SingleOrDefault(service => service.Name == process)?.Needs.Count ?? Service.All.Count,
                overlay.EnvironmentOf(workload).Values.Count(value => value?.StartsWith("dns:///", StringComparison.Ordinal) is true));
        }
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Stores_are_each_services_own(string name)
    {
        var overlay = Overlay.Of(name);
        foreach (var service in Service.All)
        {
            var references = Kustomization.Containers(overlay.Processes[service.Name]).Single()["env"]!.AsArray()
                .Select(variable => variable!["valueFrom"]?["secretKeyRef"]).OfType<JsonNode>().Where(reference => (bool?)reference["optional"] is not true);
            Assert.All(references, reference => Assert.StartsWith(service.Name + "-", (string)reference["name"]!, StringComparison.Ordinal));
            if (overlay.EnvironmentOf(overlay.Processes[service.Name])["ConnectionStrings__Postgres"] is { } connection)
            {
                var settings = new Npgsql.NpgsqlConnectionStringBuilder(connection);
                Assert.Equal((service.Role, service.Role), (settings.Username, settings.Database));
                Assert.Contains(overlay.OfKind("Cluster"), cluster => settings.Host == $"{Overlay.NameOf(cluster)}-rw" && settings.Host.StartsWith(service.Name, StringComparison.Ordinal));
            }
        }

        foreach (var secret in Overlay.PrintSecrets(name).Where(secret => Overlay.NameOf(secret).EndsWith("-stores", StringComparison.Ordinal)))
        {
            var service = Service.Get(Overlay.NameOf(secret)[..^"-stores".Length]);
            var redis = StackExchange.Redis.ConfigurationOptions.Parse((string)secret["stringData"]!["redis"]!);
            Assert.Equal(service.Role, redis.User);
            Assert.Contains(overlay.OfKind("Service"), one => redis.EndPoints.Single().ToString()!.Contains($"/{Overlay.NameOf(one)}:", StringComparison.Ordinal));
            if ((string?)secret["stringData"]!["postgres"] is { } postgres)
            {
                Assert.Equal(service.Role, new Npgsql.NpgsqlConnectionStringBuilder(postgres).Username);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Every_pod_is_restricted(string name)
    {
        var overlay = Overlay.Of(name);
        Assert.Equal("restricted", (string?)overlay.OfKind("Namespace").Single()["metadata"]!["labels"]!["pod-security.kubernetes.io/enforce"]);
        foreach (var workload in overlay.Workloads)
        {
            var pod = workload["spec"]!["template"]!["spec"]!;
            Assert.Equal("RuntimeDefault", (string?)pod["securityContext"]!["seccompProfile"]!["type"]);
            Assert.True((bool?)pod["securityContext"]!["runAsNonRoot"] is true && (int)pod["securityContext"]!["runAsUser"]! > 0, Kustomization.Name(workload));
            Assert.False((bool)pod["automountServiceAccountToken"]!);
            foreach (var container in Kustomization.Containers(workload))
            {
                var security = container["securityContext"]!;
                Assert.False((bool)security["allowPrivilegeEscalation"]!);
                Assert.True((bool)security["readOnlyRootFilesystem"]!);
                Assert.Equal("ALL", (string)Assert.Single(security["capabilities"]!["drop"]!.AsArray())!);
                Assert.NotNull(container["resources"]!["requests"]!["memory"]);
                Assert.NotNull(container["resources"]!["limits"]!["memory"]);
            }
        }
    }

    /// <summary>The settings of a process's options, and those that all have, as variables.</summary>
    private static HashSet<string> SettingsOf(string process)
    {
        var folder = process == "gateway" ? "gateway" : $"services/{process}";
        var settings = new HashSet<string>(NeededBy(process))
        {
            "Telemetry__Directories", "Redis__KeyPrefix", "Redis__Authority", "Tls__Plaintext", "Tls__Certificate", "Tls__Key", "Tls__Authority",
            "DataProtection__Certificate", "DataProtection__Key", "DataProtection__Previous", "Kestrel__Endpoints__Health__Url",
        };
        var sources = System.IO.Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal)).Select(File.ReadAllText).ToList();
        foreach (var bound in sources.SelectMany(source => Binding().Matches(source)))
        {
            var options = sources.Single(source => Regex.IsMatch(source, $@"\bclass {bound.Groups[1].Value}\b"));
            settings.UnionWith(Property().Matches(options).Select(property => $"{bound.Groups[2].Value}__{property.Groups[1].Value}"));
        }

        Assert.NotEmpty(settings);
        return process == "gateway" ? [.. settings, "PUBLIC_URL"] : settings;
    }

    private static IEnumerable<string> NeededBy(string process)
    {
        if (process == "gateway")
        {
            return ["Kestrel__Endpoints__Http__Url", "Kestrel__Endpoints__Grpc__Url", .. Service.All.Select(service => $"Gateway__{service.Assembly}Url")];
        }

        var needed = Service.Get(process).Needs.Select(need => $"{Service.Get(process).Assembly}__{need.Setting}");
        return ["Kestrel__Endpoints__Grpc__Url", "ConnectionStrings__Postgres", "ConnectionStrings__Redis", .. needed];
    }

    [GeneratedRegex(@"AddOptions(?:WithValidateOnStart)?<(\w+)[^>]*>\(\)\s*\.BindConfiguration\(""(\w+)""\)")]
    private static partial Regex Binding();

    [GeneratedRegex(@"public \S+ (\w+) \{ get; set; \}")]
    private static partial Regex Property();

    [GeneratedRegex(@"\$\((\w+)\)")]
    private static partial Regex Reference();

    [GeneratedRegex("^Kestrel__Endpoints__(Http|Grpc)__Url$")]
    private static partial Regex Listener();
}
