using System.Text.Json.Nodes;

namespace DirectorySync.DeployK8s.Tests;

/// <summary>
/// What kustomize makes of a folder, as far as this repository uses kustomize: resources, components, a namespace, images, and patches of RFC 6902.
/// Anything else is an error, so that nothing is taken for tested that is not understood.
/// </summary>
internal static class Kustomization
{
    private static readonly string[] Known = ["apiVersion", "kind", "namespace", "resources", "components", "images", "patches"];

    // Of the kinds in use, those that are in no namespace.
    private static readonly string[] ClusterWide = ["Namespace"];

    /// <summary>The documents of an overlay, in kustomize's order: first what is taken in, then what components add and change, then the overlay's own changes.</summary>
    public static List<JsonObject> Build(string folder) => Build(folder, []);

    /// <summary>Changes a document (RFC 6902); what cannot be done is an error.</summary>
    public static void Patch(JsonObject document, JsonArray operations)
    {
        foreach (var operation in operations.Select(one => one!.AsObject()))
        {
            var path = ((string)operation["path"]!).Split('/').Skip(1).Select(part => part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)).ToList();
            var parent = path.SkipLast(1).Aggregate((JsonNode)document, (at, part) =>
                Child(at, part) ?? throw new InvalidOperationException($"{operation["path"]} is not there."));
            Apply(parent, path[^1], (string)operation["op"]!, operation["value"]);
        }
    }

    private static List<JsonObject> Build(string folder, List<JsonObject> taken)
    {
        var root = Yaml.ReadAll(Path.Combine(folder, "kustomization.yaml")).Single();
        var isComponent = (string)root["kind"]! == "Component";
        Require(isComponent || (string)root["kind"]! == "Kustomization", $"{folder}: kind {root["kind"]}");
        Require((string)root["apiVersion"]! == (isComponent ? "kustomize.config.k8s.io/v1alpha1" : "kustomize.config.k8s.io/v1beta1"), $"{folder}: apiVersion");
        var unknown = root.Select(field => field.Key).Except(Known).ToList();
        Require(unknown.Count == 0, $"{folder}: the fields {string.Join(", ", unknown)} are not understood");
        foreach (var resource in Texts(root["resources"]))
        {
            var path = Path.GetFullPath(Path.Combine(folder, resource));
            taken.AddRange(System.IO.Directory.Exists(path) ? Build(path, []) : Yaml.ReadAll(path));
        }

        foreach (var component in Texts(root["components"]))
        {
            taken = Build(Path.GetFullPath(Path.Combine(folder, component)), taken);
        }

        foreach (var patch in root["patches"]?.AsArray() ?? [])
        {
            PatchAll(taken, folder, patch!.AsObject());
        }

        foreach (var document in taken.Where(document => root["namespace"] is not null && !ClusterWide.Contains((string)document["kind"]!)))
        {
            document["metadata"]!["namespace"] = (string)root["namespace"]!;
        }

        foreach (var image in root["images"]?.AsArray() ?? [])
        {
            SetImage(taken, image!.AsObject());
        }

        var twice = taken.GroupBy(Name).Where(same => same.Count() > 1).Select(same => same.Key).ToList();
        Require(twice.Count == 0, $"{folder}: {string.Join(", ", twice)} is there twice");
        return taken;
    }

    /// <summary>Kind and name.</summary>
    public static string Name(JsonObject document) => $"{document["kind"]}/{document["metadata"]!["name"]}";

    private static void PatchAll(List<JsonObject> documents, string folder, JsonObject patch)
    {
        Require(patch.Select(field => field.Key).Except(["target", "patch", "path"]).Any() is false, $"{folder}: a patch has fields that are not understood");
        var target = patch["target"]!.AsObject();
        Require(target.Select(field => field.Key).Except(["kind", "name"]).Any() is false, $"{folder}: a target has fields that are not understood");
        var operations = (patch["path"] is { } file ? Yaml.ReadNode(File.ReadAllText(Path.Combine(folder, (string)file!))) : Yaml.ReadNode((string)patch["patch"]!)).AsArray();
        var meant = documents.Where(document => (string)document["kind"]! == (string)target["kind"]!
            && (target["name"] is null || (string)document["metadata"]!["name"]! == (string)target["name"]!)).ToList();
        Require(meant.Count > 0, $"{folder}: a patch is meant for {target.ToJsonString()}, which is not there");
        meant.ForEach(document => Patch(document, operations));
    }

    private static void SetImage(List<JsonObject> documents, JsonObject image)
    {
        var containers = documents.SelectMany(Containers).Where(container => ((string)container["image"]!).Split(':')[0] == (string)image["name"]!).ToList();
        Require(containers.Count > 0, $"no container has the image {image["name"]}");
        containers.ForEach(container => container["image"] = $"{image["newName"]}:{image["newTag"]}");
    }

    /// <summary>The containers of a workload; none, if it is none.</summary>
    public static IEnumerable<JsonObject> Containers(JsonObject document) =>
        (document["spec"] as JsonObject)?["template"]?["spec"]?["containers"]?.AsArray().Select(container => container!.AsObject()) ?? [];

    private static void Apply(JsonNode parent, string key, string operation, JsonNode? value)
    {
        var there = Child(parent, key);
        switch (operation)
        {
            case "add" when parent is JsonArray list:
                list.Insert(key == "-" ? list.Count : int.Parse(key, System.Globalization.CultureInfo.InvariantCulture), value!.DeepClone());
                break;
            case "add" when parent is JsonObject:
                parent[key] = value!.DeepClone();
                break;
            case "replace" when there is not null:
                there.ReplaceWith(value!.DeepClone());
                break;
            case "remove" when there is not null && parent is JsonArray list:
                list.Remove(there);
                break;
            case "remove" when there is not null:
                parent.AsObject().Remove(key);
                break;
            case "test" when JsonNode.DeepEquals(there, value):
                break;
            default:
                throw new InvalidOperationException($"'{operation}' of '{key}' cannot be done.");
        }
    }

    private static JsonNode? Child(JsonNode at, string part) => at switch
    {
        JsonObject fields => fields[part],
        JsonArray list => int.TryParse(part, out var index) && index < list.Count ? list[index] : null,
        _ => null,
    };

    private static IEnumerable<string> Texts(JsonNode? list) => (list?.AsArray() ?? []).Select(item => (string)item!);

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException(what);
        }
    }
}
