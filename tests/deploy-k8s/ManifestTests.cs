using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace DirectorySync.DeployK8s.Tests;

/// <summary>Every document is what Kubernetes, or the operator that reads it, knows; and whatever it refers to is there.</summary>
public sealed class ManifestTests
{
    private static readonly Dictionary<string, Type> Types = typeof(V1Deployment).Assembly.GetTypes()
        .Select(type => (Type: type, Kind: type.GetCustomAttributes(typeof(KubernetesEntityAttribute), false).OfType<KubernetesEntityAttribute>().FirstOrDefault()))
        .Where(entity => entity.Kind is not null)
        .GroupBy(entity => $"{(entity.Kind!.Group.Length == 0 ? "" : entity.Kind.Group + "/")}{entity.Kind.ApiVersion}/{entity.Kind.Kind}")
        .ToDictionary(same => same.Key, same => same.First().Type);

    public static TheoryData<string> Overlays => Overlay.All;

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Every_document_is_strictly_what_its_kind_says(string overlay)
    {
        foreach (var document in Overlay.Of(overlay).Documents)
        {
            if (Types.TryGetValue($"{document["apiVersion"]}/{document["kind"]}", out var type))
            {
                var parse = typeof(KubernetesYaml).GetMethod(nameof(KubernetesYaml.Deserialize), [typeof(string), typeof(bool)])!.MakeGenericMethod(type);
                Assert.NotNull(parse.Invoke(null, [document.ToJsonString(), true]));
            }
            else
            {
                CustomResources.Parse(document);
            }

            Assert.True((string)document["kind"]! == "Namespace" || (string?)document["metadata"]!["namespace"] == "directory-sync", Kustomization.Name(document));
        }
    }

    [Fact]
    public void A_field_that_kubernetes_does_not_know_is_an_error()
    {
        var document = Overlay.Of("try").OfKind("Deployment").First().DeepClone().AsObject();
        document["spec"]!["template"]!["spec"]!["containers"]![0]!["imagePullPolicies"] = "Always";

        Assert.ThrowsAny<Exception>(() => KubernetesYaml.Deserialize<V1Deployment>(document.ToJsonString(), strict: true));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Whoever_selects_pods_selects_some_and_every_port_is_one_of_theirs(string name)
    {
        var overlay = Overlay.Of(name);
        foreach (var service in overlay.OfKind("Service"))
        {
            var ports = PortsOf(Assert.Single(overlay.Workloads, workload => Matches(LabelsOf(workload), service["spec"]!["selector"]!.AsObject())));
            Assert.All(service["spec"]!["ports"]!.AsArray(), port => Assert.Contains((string)port!["targetPort"]!, ports.Keys));
        }

        foreach (var budget in overlay.OfKind("PodDisruptionBudget"))
        {
            Assert.Single(overlay.Workloads, workload => Matches(LabelsOf(workload), budget["spec"]!["selector"]!["matchLabels"]!.AsObject()));
        }

        foreach (var scaler in overlay.OfKind("HorizontalPodAutoscaler"))
        {
            var target = scaler["spec"]!["scaleTargetRef"]!;
            var workload = Assert.Single(overlay.Workloads, one => Kustomization.Name(one) == $"{target["kind"]}/{target["name"]}");
            Assert.Null(workload["spec"]!["replicas"]);
            Assert.All(Kustomization.Containers(workload), container => Assert.NotNull(container["resources"]!["requests"]!["cpu"]));
        }

        foreach (var workload in overlay.Workloads)
        {
            Assert.True(Matches(LabelsOf(workload), workload["spec"]!["selector"]!["matchLabels"]!.AsObject()), Kustomization.Name(workload));
            Assert.All(
                Kustomization.Containers(workload).SelectMany(container => Probes(container).Select(probe => (Container: container, Probe: probe))),
                one => Assert.True(IsPortOf(one.Container, one.Probe), $"{Kustomization.Name(workload)}: {one.Probe.ToJsonString()}"));
            Assert.All(workload["spec"]!["template"]!["spec"]!["topologySpreadConstraints"]?.AsArray() ?? [], spread =>
                Assert.True(Matches(LabelsOf(workload), spread!["labelSelector"]!["matchLabels"]!.AsObject())));
        }

        foreach (var backend in overlay.OfKind("Ingress").SelectMany(ingress => ingress["spec"]!["rules"]!.AsArray())
            .SelectMany(rule => rule!["http"]!["paths"]!.AsArray()).Select(path => path!["backend"]!["service"]!))
        {
            var service = overlay.OfKind("Service").Single(one => Overlay.NameOf(one) == (string)backend["name"]!);
            Assert.Contains(service["spec"]!["ports"]!.AsArray(), port => (string)port!["name"]! == (string)backend["port"]!["name"]!);
        }

        foreach (var monitor in overlay.OfKind("ServiceMonitor"))
        {
            var service = Assert.Single(overlay.OfKind("Service"), one =>
                one["metadata"]!["labels"] is JsonObject labels && Matches(labels, monitor["spec"]!["selector"]!["matchLabels"]!.AsObject()));
            Assert.All(monitor["spec"]!["endpoints"]!.AsArray(), endpoint =>
                Assert.Contains(service["spec"]!["ports"]!.AsArray(), port => (string)port!["name"]! == (string)endpoint!["port"]!));
        }
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Every_map_secret_account_and_volume_that_is_named_is_there(string name)
    {
        var overlay = Overlay.Of(name);
        var maps = overlay.OfKind("ConfigMap").Select(Overlay.NameOf).ToList();
        foreach (var workload in overlay.Workloads)
        {
            var pod = workload["spec"]!["template"]!["spec"]!;
            if ((string?)pod["serviceAccountName"] is { } account)
            {
                Assert.Contains(overlay.OfKind("ServiceAccount"), one => Overlay.NameOf(one) == account);
            }

            foreach (var container in Kustomization.Containers(workload))
            {
                var sources = (container["envFrom"]?.AsArray() ?? []).Select(source => Assert.Single(source!.AsObject()).Value!);
                Assert.All(sources.Where(source => (bool?)source["optional"] is not true), source => Assert.Contains((string)source["name"]!, maps));
                var references = (container["env"]?.AsArray() ?? []).Select(variable => variable!["valueFrom"]?["secretKeyRef"]).OfType<JsonNode>();
                Assert.All(
                    references.Where(reference => (bool?)reference["optional"] is not true),
                    reference => Assert.Contains((string)reference["key"]!, overlay.Secrets.GetValueOrDefault((string)reference["name"]!) ?? []));
                var mounted = (container["volumeMounts"]?.AsArray() ?? []).Select(mount => (string)mount!["name"]!).ToList();
                var volumes = (pod["volumes"]?.AsArray() ?? []).Concat(workload["spec"]!["volumeClaimTemplates"]?.AsArray().Select(claim => claim!["metadata"]) ?? [])
                    .Select(volume => (string)volume!["name"]!);
                Assert.Empty(mounted.Except(volumes));
            }

            foreach (var volume in pod["volumes"]?.AsArray() ?? [])
            {
                Assert.True(volume!["configMap"] is not { } map || maps.Contains((string)map["name"]!), Kustomization.Name(workload));
                Assert.True(volume["secret"] is not { } secret || overlay.Secrets.ContainsKey((string)secret["secretName"]!), Kustomization.Name(workload));
            }
        }

        foreach (var tls in overlay.OfKind("Ingress").SelectMany(ingress => ingress["spec"]!["tls"]!.AsArray()))
        {
            Assert.Contains((string)tls!["secretName"]!, overlay.Secrets.Keys);
        }
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Every_secret_that_is_printed_is_used_and_is_another_every_time(string name)
    {
        var used = Overlay.Of(name).Workloads.Select(workload => workload.ToJsonString()).ToList();
        Assert.All(Overlay.PrintSecrets(name), secret => Assert.Contains(used, workload => workload.Contains($"\"{Overlay.NameOf(secret)}\"", StringComparison.Ordinal)));
        var (one, other) = (Overlay.PrintSecrets(name), Overlay.PrintSecrets(name));
        Assert.All(one.Zip(other), pair => Assert.NotEqual(pair.First.ToJsonString(), pair.Second.ToJsonString()));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Every_image_is_one_version_and_ours_have_the_processes_names(string name)
    {
        var overlay = Overlay.Of(name);
        foreach (var workload in overlay.Workloads)
        {
            foreach (var container in Kustomization.Containers(workload))
            {
                var image = (string)container["image"]!;
                Assert.Matches(@"^[a-z0-9.-]+\.?[a-z]*/[a-z0-9./-]+:[a-z0-9][a-z0-9.-]*$", image);
                Assert.DoesNotContain(":latest", image, StringComparison.Ordinal);
            }
        }

        Assert.All(overlay.Processes, process =>
            Assert.Contains($"/directory-sync/{process.Key}:", (string)Kustomization.Containers(process.Value).Single()["image"]!, StringComparison.Ordinal));
        Assert.All(overlay.OfKind("Cluster"), cluster => Assert.Matches(@":\d+\.\d+$", (string)cluster["spec"]!["imageName"]!));
    }

    private static JsonObject LabelsOf(JsonObject workload) => workload["spec"]!["template"]!["metadata"]!["labels"]!.AsObject();

    private static bool Matches(JsonObject labels, JsonObject selector) => selector.All(label => (string?)labels[label.Key] == (string?)label.Value);

    private static Dictionary<string, int> PortsOf(JsonObject workload) => Kustomization.Containers(workload)
        .SelectMany(container => container["ports"]?.AsArray() ?? []).ToDictionary(port => (string)port!["name"]!, port => (int)port!["containerPort"]!);

    private static IEnumerable<JsonObject> Probes(JsonObject container) =>
        new[] { "startupProbe", "readinessProbe", "livenessProbe" }.Select(probe => container[probe]).OfType<JsonObject>();

    private static bool IsPortOf(JsonObject container, JsonObject probe)
    {
        var port = probe["grpc"]?["port"] ?? probe["httpGet"]?["port"] ?? probe["tcpSocket"]?["port"];
        return probe["exec"] is not null || container["ports"]!.AsArray().Any(one =>
            JsonNode.DeepEquals(port, one!["name"]) || JsonNode.DeepEquals(port, one["containerPort"]));
    }
}
