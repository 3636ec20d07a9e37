using System.Collections.Frozen;
using Google.Protobuf.Reflection;

namespace DirectorySync.Scim;

/// <summary>A named set of attributes (RFC 7643 §7), found by name in any case.</summary>
public sealed class Schema
{
    private readonly FrozenDictionary<string, AttributeDefinition> byName;

    /// <summary>With a message, attributes are bound to its fields; without, they are kept raw.</summary>
    public Schema(
        string urn, string name, string description, IEnumerable<AttributeDefinition> attributes, MessageDescriptor? message = null)
    {
        Urn = urn;
        Name = name;
        Description = description;
        Attributes = [.. message is null ? attributes : attributes.Select(a => a.BoundTo(message))];
        byName = Attributes.ToFrozenDictionary(a => a.Name, StringComparer.OrdinalIgnoreCase);
    }

    public string Urn { get; }

    public string Name { get; }

    public string Description { get; }

    public IReadOnlyList<AttributeDefinition> Attributes { get; }

    public AttributeDefinition? Find(string name) => byName.GetValueOrDefault(name);
}
