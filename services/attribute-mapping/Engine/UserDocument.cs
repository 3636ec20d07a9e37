using System.Buffers;
using System.Text.Json;
using DirectorySync.Identity.V1;
using DirectorySync.Scim;

namespace DirectorySync.AttributeMapping.Engine;

/// <summary>A user as the attributes that arrived, by namespace and name in any case: what paths read and the inventory counts.</summary>
internal sealed class UserDocument : IDisposable
{
    private readonly JsonDocument document;
    private readonly Dictionary<string, Dictionary<string, JsonProperty>> namespaces = new(StringComparer.OrdinalIgnoreCase);

    public UserDocument(User user)
    {
        User = user;
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, ScimJson.WriterOptions))
        {
            UserJson.Write(writer, user, "");
        }

        document = JsonDocument.Parse(buffer.WrittenMemory);
        var core = new Dictionary<string, JsonProperty>(StringComparer.OrdinalIgnoreCase);
        namespaces[SchemaUrns.User] = core;
        foreach (var property in document.RootElement.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Object && property.Name.StartsWith("urn:", StringComparison.OrdinalIgnoreCase))
            {
                namespaces[property.Name] = property.Value.EnumerateObject()
                    .DistinctBy(p => p.Name, StringComparer.OrdinalIgnoreCase)
                    .ToDictionary(p => p.Name, StringComparer.OrdinalIgnoreCase);
            }
            else if (property.Name is not ("schemas" or "id" or "meta"))
            {
                core[property.Name] = property;
            }
        }
    }

    public User User { get; }

    /// <summary>All attributes with the namespace they came under.</summary>
    public IEnumerable<(string Namespace, string Name, JsonElement Value)> Attributes =>
        namespaces.SelectMany(n => n.Value.Values.Select(property => (n.Key, property.Name, property.Value)));

    public JsonElement? Find(string urn, string name) =>
        namespaces.TryGetValue(urn, out var attributes) && attributes.TryGetValue(name, out var property) ? property.Value : null;

    public void Dispose() => document.Dispose();
}
