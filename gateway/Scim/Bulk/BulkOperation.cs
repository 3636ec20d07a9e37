using System.Text.Json;
using DirectorySync.Gateway.Scim.Schemas;
using DirectorySync.Scim;

namespace DirectorySync.Gateway.Scim.Bulk;

/// <summary>One operation of a bulk request, as far as it could be read.</summary>
internal sealed class BulkOperation
{
    private static readonly string[] Methods = [HttpMethods.Post, HttpMethods.Put, HttpMethods.Patch, HttpMethods.Delete];

    /// <summary>POST, PUT, PATCH or DELETE if there is no fault.</summary>
    public string? Method { get; private set; }

    public string? BulkId { get; private set; }

    /// <summary>What the resource must be like; null: anything.</summary>
    public string? Version { get; private set; }

    /// <summary>Set if there is no fault.</summary>
    public ResourceType? Type { get; private set; }

    /// <summary>The resource's id, or a reference to it; null for a POST.</summary>
    public string? Target { get; private set; }

    /// <summary>The resource or PATCH; undefined for a DELETE.</summary>
    public JsonElement Data { get; private set; }

    /// <summary>bulkIds whose resources must be there first.</summary>
    public IReadOnlySet<string> References { get; private set; } = new HashSet<string>();

    /// <summary>What is wrong with the operation by itself.</summary>
    public ScimException? Fault { get; private set; }

    public bool IsPost => Method == HttpMethods.Post;

    public static BulkOperation Read(JsonElement element, DirectorySchemas schemas)
    {
        var operation = new BulkOperation();
        try
        {
            operation.Fill(Properties(element), schemas);
        }
        catch (ScimException e)
        {
            operation.Fault = e;
        }

        return operation;
    }

    /// <summary>The properties of a message by their names in any case. Throws invalidSyntax.</summary>
    internal static Dictionary<string, JsonElement> Properties(JsonElement message)
    {
        var properties = new Dictionary<string, JsonElement>(StringComparer.OrdinalIgnoreCase);
        if (message.ValueKind != JsonValueKind.Object)
        {
            throw ScimException.InvalidSyntax("An operation must be an object with 'method', 'path' and 'data'.");
        }

        foreach (var property in message.EnumerateObject())
        {
            if (!properties.TryAdd(ScimJson.Name(property), property.Value))
            {
                throw ScimException.InvalidSyntax($"'{property.Name}' stands twice in one object.");
            }
        }

        return properties;
    }

    private void Fill(Dictionary<string, JsonElement> properties, DirectorySchemas schemas)
    {
        BulkId = Text(properties, "bulkId");
        Method = Text(properties, "method")?.ToUpperInvariant();
        if (!Methods.Contains(Method))
        {
            throw ScimException.InvalidValue("method", "'method' must be POST, PUT, PATCH or DELETE.");
        }

        if (IsPost && BulkId is null)
        {
            throw ScimException.InvalidSyntax("A POST needs a 'bulkId' that no other operation has.");
        }

        ReadPath(Text(properties, "path"), schemas);
        Version = IsPost ? null : Text(properties, "version");
        if (Method != HttpMethods.Delete)
        {
            Data = properties.GetValueOrDefault("data");
            if (Data.ValueKind != JsonValueKind.Object)
            {
                throw ScimException.InvalidSyntax($"A {Method} needs 'data': the JSON object that would be the body of a single {Method}.");
            }
        }

        References = BulkReferences.Of(Target, Data);
    }

    private void ReadPath(string? path, DirectorySchemas schemas)
    {
        var segments = path?.Split('/', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        ResourceType[] writable = [schemas.User, schemas.Group];
        Type = segments.Length == 0 || path!.AsSpan().ContainsAny('?', '#') ? null
            : Array.Find(writable, type => type.Endpoint.AsSpan(1).Equals(segments[0], StringComparison.OrdinalIgnoreCase));
        if (Type is null || segments.Length != (IsPost ? 1 : 2))
        {
            throw ScimException.InvalidValue("path", IsPost
                ? "The path of a POST must be '/Users' or '/Groups'."
                : $"The path of a {Method} must be that of a resource: '/Users/<id>' or '/Groups/<id>', or with 'bulkId:<bulkId>' for the id.");
        }

        Target = IsPost ? null : Uri.UnescapeDataString(segments[1]);
    }

    private static string? Text(Dictionary<string, JsonElement> properties, string name) =>
        properties.GetValueOrDefault(name) switch
        {
            { ValueKind: JsonValueKind.Undefined or JsonValueKind.Null } => null,
            { ValueKind: JsonValueKind.String } text => ScimJson.Text(text, name) is { Length: > 0 } found ? found : null,
            { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
            _ => throw ScimException.InvalidSyntax($"'{name}' of an operation must be text."),
        };
}
