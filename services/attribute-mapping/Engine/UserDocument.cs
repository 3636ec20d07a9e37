using System.Buffers;
using System.Text.Json;
using DirectorySync.Identity.V1;
using DirectorySync.Scim;

namespace DirectorySync.AttributeMapping.Engine;

/// <summary>An attribute with the namespace it came under.</summary>
internal readonly record struct ArrivedAttribute(string Namespace, string Name, JsonElement Value);

/// <summary>A user as the attributes that arrived, by namespace and name in any case: what paths read and the inventory counts.</summary>
internal sealed class UserDocument : IDisposable
{
    private readonly JsonDocument document;

    // Some twenty: to look through them is quicker than to build an index.
    private readonly List<ArrivedAttribute> attributes = new(32);

    public UserDocument(User user)
    {
        User = user;
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, ScimJson.WriterOptions))
        {
            UserJson.Write(writer, user, "");
        }

        document = JsonDocument.Parse(buffer.WrittenMemory);
        foreach (var property in document.RootElement.EnumerateObject())
        {
            var name = property.Name;
            if (property.Value.ValueKind == JsonValueKind.Object && name.StartsWith("urn:", StringComparison.OrdinalIgnoreCase))
            {
                foreach (var attribute in property.Value.EnumerateObject())
                {
                    Add(name, attribute.Name, attribute.Value);
                }
            }
            else if (name is not ("schemas" or "id" or "meta"))
            {
                Add(SchemaUrns.User, name, property.Value);
            }
        }
    }

    public User User { get; }

    public IReadOnlyList<ArrivedAttribute> Attributes => attributes;

    public JsonElement? Find(string urn, string name)
    {
        foreach (var attribute in attributes)
        {
            if (attribute.Name.Equals(name, StringComparison.OrdinalIgnoreCase)
                && attribute.Namespace.Equals(urn, StringComparison.OrdinalIgnoreCase))
            {
                return attribute.Value;
            }
        }

        return null;
    }

    public void Dispose() => document.Dispose();

    private void Add(string urn, string name, JsonElement value)
    {
        if (Find(urn, name) is null)
        {
            attributes.Add(new(urn, name, value));
        }
    }
}
