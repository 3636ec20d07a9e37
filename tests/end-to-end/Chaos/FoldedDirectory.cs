using System.Text.Json.Nodes;

namespace DirectorySync.EndToEnd.Tests.Chaos;

/// <summary>
/// A directory as an application makes it of the events that it gets, each applied once. What cannot be applied, was told out of order or
/// is missing, is written down.
/// </summary>
internal sealed class FoldedDirectory
{
    private const string Custom = "custom_attributes";

    private readonly Lock gate = new();
    private readonly HashSet<string> seen = [];
    private readonly Dictionary<string, JsonObject> users = [];
    private readonly Dictionary<string, JsonObject> groups = [];
    private readonly HashSet<string> edges = [];
    private readonly List<string> faults = [];
    private readonly List<string> ids = [];

    public int Repeated { get; private set; }

    /// <summary>The events, in the order in which they were first accepted.</summary>
    public IReadOnlyList<string> Ids => Read(() => ids.ToArray());

    public IReadOnlyList<string> Faults => Read(() => faults.ToArray());

    /// <summary>One line for each user, group and membership.</summary>
    public IReadOnlyList<string> Lines => Read(() => (string[])
    [
        .. users.Values.Select(user => ChaosUser.Line(
            Text(user["id"])!, Text(user["username"]), Text(user["email"]), Text(user[Custom]?["job_title"]), Text(user["state"]),
            Text(user["role"]?["slug"]))),
        .. groups.Values.Select(group => $"{group["id"]} {group["name"]}"), .. edges,
    ]);

    /// <summary>The same with all that was told of each user and group, as the REST API shows them.</summary>
    public IReadOnlyList<string> Whole => Read(() => (string[])[.. users.Values.Concat(groups.Values).Select(Canonical), .. edges]);

    public void Apply(JsonObject told)
    {
        lock (gate)
        {
            if (!seen.Add((string)told["id"]!))
            {
                Repeated++;
                return;
            }

            ids.Add((string)told["id"]!);
            var (type, sequence, data) = ((string)told["event"]!, (long)told["sequence"]!, told["data"]!.AsObject());
            Check(sequence == ids.Count, $"{sequence} came as number {ids.Count}");
            Check(told["replay"] is null, $"{sequence} says that it is replayed");
            Fold(type, $"{sequence} {type}", data);
        }
    }

    /// <summary>Names in order, as JSON objects have none.</summary>
    public static string Canonical(JsonNode? node) => node switch
    {
        JsonObject json => $"{{{string.Join(',', json.OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => $"{field.Key}:{Canonical(field.Value)}"))}}}",
        JsonArray array => $"[{string.Join(',', array.Select(Canonical))}]",
        _ => node?.ToJsonString() ?? "null",
    };

    private void Fold(string type, string what, JsonObject data)
    {
        switch (type)
        {
            case "dsync.user.created" or "dsync.group.created":
                Check(Of(type).TryAdd(Id(data), Clean(data)), $"{what}: it was there");
                break;
            case "dsync.user.updated" or "dsync.group.updated":
                Check(Of(type).TryGetValue(Id(data), out var before), $"{what}: it was not there");
                Check(before is null || Differences(before, data) is "", $"{what}: {(before is null ? "" : Differences(before, data))}");
                Of(type)[Id(data)] = Clean(data);
                break;
            case "dsync.user.deleted" or "dsync.group.deleted":
                Check(Of(type).Remove(Id(data)), $"{what}: it was not there");
                edges.RemoveWhere(edge => edge.Split('/').Contains(Id(data)));
                break;
            case "dsync.group.user_added":
                Check(users.ContainsKey(User(data)) && groups.ContainsKey(Group(data)), $"{what}: an end was not there");
                Check(edges.Add($"{Group(data)}/{User(data)}"), $"{what}: it was there");
                break;
            case "dsync.group.user_removed":
                Check(edges.Remove($"{Group(data)}/{User(data)}"), $"{what}: it was not there");
                break;
        }
    }

    // What an update says that was before, was.
    private static string Differences(JsonObject before, JsonObject after)
    {
        var previous = after["previous_attributes"]!.AsObject();
        var wrong = previous.Where(field => field.Key != Custom && Canonical(field.Value) != Canonical(before[field.Key])).Select(field => field.Key)
            .Concat((previous[Custom]?.AsObject() ?? []).Where(field => Canonical(field.Value) != Canonical(before[Custom]![field.Key])).Select(field => field.Key));
        return string.Join(' ', wrong.Select(field => $"{field} was {Canonical(before[field] ?? before[Custom]?[field])}"));
    }

    private static JsonObject Clean(JsonObject data)
    {
        var clean = data.DeepClone().AsObject();
        clean.Remove("previous_attributes");
        return clean;
    }

    private Dictionary<string, JsonObject> Of(string type) => type.StartsWith("dsync.user.", StringComparison.Ordinal) ? users : groups;

    private void Check(bool isTrue, string fault)
    {
        if (!isTrue)
        {
            faults.Add(fault);
        }
    }

    private T Read<T>(Func<T> read)
    {
        lock (gate)
        {
            return read();
        }
    }

    private static string Id(JsonNode data) => (string)data["id"]!;

    private static string User(JsonObject data) => Id(data["user"]!);

    private static string Group(JsonObject data) => Id(data["group"]!);

    private static string? Text(JsonNode? node) => (string?)node;
}
