using System.Text;
using System.Text.Json.Nodes;

namespace DirectorySync.DeployK8s.Tests.Containers;

/// <summary>
/// Makes of an overlay's workload a pod that `podman kube play` starts: what a cluster adds (Secrets, ConfigMaps, volumes) is put in, what only
/// a cluster does (ports, probes, spreading, pauses before the end) is left out. Image, arguments, users, rights, limits and the read-only root stay.
/// </summary>
internal sealed class KubePod(Overlay overlay, string folder)
{
    private static readonly string[] OfTheCluster = ["startupProbe", "readinessProbe", "livenessProbe", "lifecycle", "envFrom", "ports"];
    private static readonly string[] OfTheScheduler = ["topologySpreadConstraints", "serviceAccountName", "automountServiceAccountToken"];

    // Printed once: they hold for the whole system.
    private readonly Dictionary<string, JsonObject> secrets =
        Overlay.PrintSecrets("try").ToDictionary(Overlay.NameOf, secret => secret["stringData"]!.AsObject());

    /// <summary>The administrator's.</summary>
    public string PostgresPassword => (string)secrets["try-postgres"]["admin"]!;

    public JsonObject Make(JsonObject workload, string name, Func<string, string> image)
    {
        var template = workload["spec"]!["template"]!.DeepClone().AsObject();
        var pod = template["spec"]!.AsObject();
        Array.ForEach(OfTheScheduler, field => pod.Remove(field));
        var container = pod["containers"]!.AsArray().Single()!.AsObject();
        container["env"] = Environment(workload);
        container["image"] = image((string)container["image"]!);
        container["imagePullPolicy"] = "Never";
        Array.ForEach(OfTheCluster, field => container.Remove(field));
        var claims = workload["spec"]!["volumeClaimTemplates"]?.AsArray() ?? [];
        pod["volumes"] = new JsonArray([
            .. (pod["volumes"]?.AsArray() ?? []).Select(volume => Volume(volume!.AsObject(), name)),
            .. claims.Select(claim => Volume(new() { ["name"] = (string)claim!["metadata"]!["name"]! }, name)),
        ]);
        return new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = template["metadata"]!["labels"]!.DeepClone() },
            ["spec"] = pod.DeepClone(),
        };
    }

    private JsonArray Environment(JsonObject workload)
    {
        var variables = overlay.EnvironmentOf(workload);
        foreach (var variable in Kustomization.Containers(workload).Single()["env"]?.AsArray() ?? [])
        {
            if (variable!["valueFrom"]?["secretKeyRef"] is { } reference)
            {
                var secret = secrets.GetValueOrDefault((string)reference["name"]!)?[(string)reference["key"]!];
                variables[(string)variable["name"]!] = secret is not null || (bool?)reference["optional"] is true
                    ? (string?)secret
                    : throw new InvalidOperationException($"There is no {reference.ToJsonString()}.");
            }
        }

        return new([.. variables.Where(variable => variable.Value is not null)
            .Select(variable => new JsonObject { ["name"] = variable.Key, ["value"] = variable.Value })]);
    }

    /// <summary>A folder of this machine, with what is in the Secret or ConfigMap.</summary>
    private JsonObject Volume(JsonObject volume, string pod)
    {
        var path = System.IO.Directory.CreateDirectory(Path.Combine(folder, pod, (string)volume["name"]!)).FullName;
        var files = volume["configMap"] is { } map
            ? overlay.OfKind("ConfigMap").Single(one => Overlay.NameOf(one) == (string)map["name"]!)["data"]!.AsObject()
            : volume["secret"] is { } secret ? secrets[(string)secret["secretName"]!] : [];
        foreach (var (file, text) in files)
        {
            File.WriteAllText(Path.Combine(path, file), (string)text!, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        }

        // Whoever it runs as in there; nobody else gets into the folder above.
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, (UnixFileMode)0b111_111_111);
        }

        return new() { ["name"] = (string)volume["name"]!, ["hostPath"] = new JsonObject { ["path"] = path, ["type"] = "Directory" } };
    }
}
