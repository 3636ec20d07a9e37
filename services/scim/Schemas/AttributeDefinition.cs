using DirectorySync.Scim.V1;
using Google.Protobuf.Reflection;

namespace DirectorySync.Scim;

/// <summary>
/// An attribute as a schema declares it (RFC 7643 §7), and the protobuf field that holds it. Without a field it is kept among the
/// raw attributes, computed, or (password) never kept.
/// </summary>
public sealed record AttributeDefinition
{
    public required string Name { get; init; }

    public required string Description { get; init; }

    public AttributeType Type { get; init; } = AttributeType.String;

    /// <summary>The type that discovery tells, if it is not the one by which values compare: days are sent as text.</summary>
    public AttributeType? ToldAs { get; init; }

    /// <summary>Understood, but not told by discovery, which tells of a standard schema what RFC 7643 §8.7.1 lists.</summary>
    public bool Untold { get; init; }

    public bool MultiValued { get; init; }

    public bool Required { get; init; }

    public bool CaseExact { get; init; }

    public Mutability Mutability { get; init; }

    public Returned Returned { get; init; }

    public Uniqueness Uniqueness { get; init; }

    public IReadOnlyList<string> CanonicalValues { get; init; } = [];

    /// <summary>What a reference may point at: resource types, "external" or "uri".</summary>
    public IReadOnlyList<string> ReferenceTypes { get; init; } = [];

    public IReadOnlyList<AttributeDefinition> SubAttributes { get; init; } = [];

    /// <summary>Where the value is kept, relative to the message of the schema or of the complex attribute; null: in no field.</summary>
    public FieldDescriptor? Field { get; private init; }

    /// <summary>The attribute may hold bare values and one value without an array, and is returned as it came (roles, entitlements).</summary>
    internal bool KeepsShape { get; init; }

    /// <summary>The sub-attribute with that name in any case; null if none is declared.</summary>
    public AttributeDefinition? FindSubAttribute(ReadOnlySpan<char> name)
    {
        foreach (var sub in SubAttributes)
        {
            if (name.Equals(sub.Name, StringComparison.OrdinalIgnoreCase))
            {
                return sub;
            }
        }

        return null;
    }

    /// <summary>The same attribute, its field and its sub-attributes' fields looked up by JSON name.</summary>
    internal AttributeDefinition BoundTo(MessageDescriptor message)
    {
        var json = Name == "$ref" ? "ref" : Name;
        var field = message.Fields.InDeclarationOrder().FirstOrDefault(f => f.JsonName == json);
        return field is null ? this : this with
        {
            Field = field,
            SubAttributes = Type == AttributeType.Complex ? [.. SubAttributes.Select(s => s.BoundTo(field.MessageType))] : [],
        };
    }
}

/// <summary>Who may write an attribute (RFC 7643 §7 "mutability").</summary>
public enum Mutability
{
    ReadWrite,
    ReadOnly,
    Immutable,
    WriteOnly,
}

/// <summary>When an attribute is returned (RFC 7643 §7 "returned").</summary>
public enum Returned
{
    Default,
    Always,
    Request,
    Never,
}

/// <summary>Where a value must be unique (RFC 7643 §7 "uniqueness").</summary>
public enum Uniqueness
{
    None,
    Server,
    Global,
}
