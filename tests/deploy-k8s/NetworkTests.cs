using System.Text.Json.Nodes;
using DirectorySync.Local;

namespace DirectorySync.DeployK8s.Tests;

/// <summary>The network lets through what the processes' code calls, and nothing else.</summary>
public sealed class NetworkTests
{
    public static TheoryData<string> Overlays => Overlay.All;

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Nothing_is_open_that_no_policy_opens(string name)
    {
        var all = Assert.Single(Overlay.Of(name).OfKind("NetworkPolicy"), policy => policy["spec"]!["podSelector"]!.AsObject().Count == 0
            && policy["spec"]!["ingress"] is null && policy["spec"]!["egress"] is null);

        Assert.Equal(["Ingress", "Egress"], all["spec"]!["policyTypes"]!.AsArray().Select(type => (string)type!));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public void A_process_reaches_those_that_it_calls_and_no_other(string name)
    {
        var overlay = Overlay.Of(name);
        var names = overlay.Processes.Keys.Order().ToList();
        var calls = Service.All.SelectMany(service => service.Needs.Select(need => (From: service.Name, To: need.Other.Name)))
            .Concat(Service.All.Select(service => (From: "gateway", To: service.Name)));

        var open = names.SelectMany(from => names.Where(to => IsOpen(overlay, overlay.Processes[from], overlay.Processes[to], 8080)).Select(to => (From: from, To: to)));

        Assert.Equal(calls.Order(), open.Order());
    }

    [Theory]
    [InlineData("try", "try-postgres", 5432)]
    [InlineData("try", "try-redis", 6379)]
    [InlineData("production", "redis-front", 6379)]
    public void Services_reach_their_stores_and_the_gateway_does_not(string name, string store, int port)
    {
        var overlay = Overlay.Of(name);
        var workload = overlay.Workloads.Single(one => Overlay.NameOf(one) == store);

        Assert.Equal(Service.All.Select(service => service.Name).Order(),
            overlay.Processes.Where(process => IsOpen(overlay, process.Value, workload, port)).Select(process => process.Key).Order());
        Assert.False(IsOpen(overlay, workload, overlay.Processes["identity"], 8080));
    }

    [Fact]
    public void A_service_reaches_its_own_database_and_no_other()
    {
        var overlay = Overlay.Of("production");
        foreach (var cluster in overlay.OfKind("Cluster"))
        {
            // Pods of the operator's making.
            var pods = new JsonObject
            {
                ["spec"] = new JsonObject
                {
                    ["template"] = new JsonObject
                    {
                        ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["cnpg.io/cluster"] = Overlay.NameOf(cluster) } },
                        ["spec"] = new JsonObject { ["containers"] = new JsonArray() },
                    },
                },
            };
            var reaching = overlay.Processes.Where(process => IsOpen(overlay, process.Value, pods, 5432)).Select(process => $"{process.Key}-db");

            Assert.Equal([Overlay.NameOf(cluster)], reaching);
        }
    }

    private static bool IsOpen(Overlay overlay, JsonObject from, JsonObject to, int port) =>
        Lets(overlay, from, to, port, to, "Egress", "egress", "to") && Lets(overlay, to, from, port, to, "Ingress", "ingress", "from");

    // Some policy of the pod lets the other through; the ports are always the called one's.
    private static bool Lets(Overlay overlay, JsonObject pod, JsonObject other, int port, JsonObject called, string type, string rules, string peers) =>
        overlay.OfKind("NetworkPolicy").Where(policy => Selects(policy["spec"]!["podSelector"]!, pod)
                && policy["spec"]!["policyTypes"]!.AsArray().Any(one => (string)one! == type))
            .SelectMany(policy => policy["spec"]![rules]?.AsArray() ?? [])
            .Any(rule => IsPort(rule!, port, called) && (rule![peers]?.AsArray() ?? [new JsonObject { ["podSelector"] = new JsonObject() }])
                .Any(peer => peer!["podSelector"] is { } selector && peer["namespaceSelector"] is null && Selects(selector, other)));

    private static bool IsPort(JsonNode rule, int port, JsonObject called) => rule["ports"] is not JsonArray ports || ports.Any(one =>
        (one!["port"]!.GetValueKind() == System.Text.Json.JsonValueKind.Number ? (int)one["port"]! : NumberOf(called, (string)one["port"]!)) == port);

    private static int NumberOf(JsonObject called, string name) => Kustomization.Containers(called).SelectMany(container => container["ports"]!.AsArray())
        .Where(port => (string)port!["name"]! == name).Select(port => (int)port!["containerPort"]!).FirstOrDefault();

    private static bool Selects(JsonNode selector, JsonObject workload)
    {
        Assert.Empty(selector.AsObject().Select(field => field.Key).Except(["matchLabels", "matchExpressions"]));
        var labels = workload["spec"]!["template"]!["metadata"]!["labels"]!;
        return (selector["matchLabels"]?.AsObject() ?? []).All(label => (string?)labels[label.Key] == (string?)label.Value)
            && (selector["matchExpressions"]?.AsArray() ?? []).All(expression =>
            {
                Assert.Equal("In", (string?)expression!["operator"]);
                return expression["values"]!.AsArray().Any(value => (string?)value == (string?)labels[(string)expression["key"]!]);
            });
    }
}
