using System.Text.Json.Nodes;
using DirectorySync.Local;

namespace DirectorySync.DeployK8s.Tests.Containers;

/// <summary>Podman on this machine; CONTAINER_RUNTIME names the program that starts containers, if it is not podman's own choice.</summary>
internal static class Podman
{
    private static readonly string[] Runtime =
        Environment.GetEnvironmentVariable("CONTAINER_RUNTIME") is { Length: > 0 } runtime ? ["--runtime", runtime] : [];

    /// <exception cref="CannotRunException">It is missing or failed; the message holds what it printed.</exception>
    public static async Task<string> RunAsync(params IEnumerable<string> arguments) =>
        (await Command.RunAsync("podman", [.. Runtime, .. arguments])).Trim();

    /// <summary>What podman knows of a container, image, network or pod.</summary>
    public static async Task<JsonObject> InspectAsync(string kind, string name)
    {
        var node = JsonNode.Parse(await RunAsync(kind, "inspect", name))!;
        return (node as JsonArray is { } list ? list.Single()! : node).AsObject();
    }

    public static async Task<bool> HasImageAsync(string image) =>
        (await RunAsync("images", "--quiet", "--filter", $"reference={image}")).Length > 0;
}
