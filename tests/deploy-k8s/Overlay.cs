using System.Diagnostics;
using System.Text.Json.Nodes;
using DirectorySync.Local;

namespace DirectorySync.DeployK8s.Tests;

/// <summary>An overlay as it would be applied, with the Secrets that its script prints.</summary>
internal sealed class Overlay
{
    public static readonly string[] Names = ["try", "production"];

    // Before those that are read from there.
    public static string Folder { get; } = Path.Combine(Repository.Root, "deploy-k8s");

    private static readonly Dictionary<string, Overlay> Read = Names.ToDictionary(name => name, name => new Overlay(name));

    private Overlay(string name)
    {
        Documents = Kustomization.Build(Path.Combine(Folder, "overlays", name));
        Secrets = ReadSecrets(name);
    }

    public static TheoryData<string> All => [.. Names];

    public IReadOnlyList<JsonObject> Documents { get; }

    /// <summary>Keys of Secrets by name, whoever makes them.</summary>
    public IReadOnlyDictionary<string, string[]> Secrets { get; }

    /// <summary>Deployments and StatefulSets.</summary>
    public IEnumerable<JsonObject> Workloads => Documents.Where(document => document["spec"]?["template"]?["spec"]?["containers"] is not null);

    /// <summary>The workloads that run this repository's processes, by name.</summary>
    public IReadOnlyDictionary<string, JsonObject> Processes =>
        Workloads.Where(workload => Service.All.Select(service => service.Name).Append("gateway").Contains(NameOf(workload))).ToDictionary(NameOf);

    public static Overlay Of(string name) => Read[name];

    public static string NameOf(JsonObject document) => (string)document["metadata"]!["name"]!;

    public IEnumerable<JsonObject> OfKind(string kind) => Documents.Where(document => (string)document["kind"]! == kind);

    /// <summary>The environment that a process finds: its settings, each with its value if that is written down.</summary>
    public Dictionary<string, string?> EnvironmentOf(JsonObject workload)
    {
        var container = Kustomization.Containers(workload).Single();
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var map in (container["envFrom"]?.AsArray() ?? []).Select(source => (string)source!["configMapRef"]!["name"]!))
        {
            foreach (var (key, value) in OfKind("ConfigMap").SingleOrDefault(one => NameOf(one) == map)?["data"]?.AsObject() ?? [])
            {
                environment[key] = (string)value!;
            }
        }

        foreach (var variable in container["env"]?.AsArray() ?? [])
        {
            environment[(string)variable!["name"]!] = (string?)variable["value"];
        }

        return environment;
    }

    /// <summary>What the script prints.</summary>
    public static List<JsonObject> PrintSecrets(string overlay)
    {
        using var script = Process.Start(new ProcessStartInfo("bash", [Path.Combine(Folder, "secrets.sh"), overlay]) { RedirectStandardOutput = true })!;
        var text = script.StandardOutput.ReadToEnd();
        script.WaitForExit();
        return script.ExitCode == 0 ? Yaml.ReadAllText(text) : throw new InvalidOperationException($"secrets.sh ended with {script.ExitCode}.");
    }

    private Dictionary<string, string[]> ReadSecrets(string name)
    {
        var secrets = PrintSecrets(name).ToDictionary(NameOf, secret => secret["stringData"]!.AsObject().Select(entry => entry.Key).ToArray());
        foreach (var cluster in OfKind("Cluster"))
        {
            // CloudNativePG's, for the owner of the database.
            secrets[$"{NameOf(cluster)}-app"] = ["username", "password", "host", "port", "dbname", "uri"];
        }

        foreach (var certificate in OfKind("Certificate"))
        {
            secrets[(string)certificate["spec"]!["secretName"]!] = ["tls.crt", "tls.key"];
        }

        return secrets;
    }
}
