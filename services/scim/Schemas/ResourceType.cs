using DirectorySync.Scim.V1;
using Google.Protobuf.Reflection;

namespace DirectorySync.Scim;

/// <summary>
/// A kind of resource with its schemas (RFC 7643 §6): all that parsing a filter, a path or a body needs to know. A directory with
/// attributes of its own has its own instance, made by <see cref="With"/>.
/// </summary>
public sealed class ResourceType
{
    private readonly Schema common;

    private ResourceType(string name, string endpoint, Schema core, MessageDescriptor message, IReadOnlyList<Schema> extensions)
    {
        Name = name;
        Endpoint = endpoint;
        Core = core;
        Message = message;
        Extensions = extensions;
        common = new Schema(core.Urn, name, "Common attributes", CommonAttributes.All, message);
    }

    public static ResourceType User { get; } =
        new("User", "/Users", UserSchema.Core, Identity.V1.User.Descriptor, [UserSchema.Enterprise]);

    public static ResourceType Group { get; } =
        new("Group", "/Groups", GroupSchema.Core, GroupMembership.V1.Group.Descriptor, []);

    /// <summary>What may be assigned to users as a role; read only.</summary>
    public static ResourceType Role { get; } =
        new("Role", "/Roles", OfferedSchemas.Role, Roles.V1.Role.Descriptor, []);

    /// <summary>The same as an entitlement.</summary>
    public static ResourceType Entitlement { get; } =
        new("Entitlement", "/Entitlements", OfferedSchemas.Entitlement, Roles.V1.Role.Descriptor, []);

    public string Name { get; }

    public string Endpoint { get; }

    public Schema Core { get; }

    public IReadOnlyList<Schema> Extensions { get; }

    /// <summary>id, externalId, meta and schemas (RFC 7643 §3.1), which no schema lists.</summary>
    public IReadOnlyList<AttributeDefinition> Common => common.Attributes;

    internal MessageDescriptor Message { get; }

    /// <summary>The same type with another extension, whose attributes are kept as raw attributes.</summary>
    public ResourceType With(Schema extension) =>
        new(Name, Endpoint, Core, Message, [.. Extensions.Where(e => e.Urn != extension.Urn), extension]);

    /// <summary>The schema with that URN in any case; null if it is not one of this type's.</summary>
    public Schema? FindSchema(ReadOnlySpan<char> urn)
    {
        if (urn.Equals(Core.Urn, StringComparison.OrdinalIgnoreCase))
        {
            return Core;
        }

        foreach (var extension in Extensions)
        {
            if (urn.Equals(extension.Urn, StringComparison.OrdinalIgnoreCase))
            {
                return extension;
            }
        }

        return null;
    }

    /// <summary>True for a schema that makes a resource one of another type, so that nothing of it can be kept here.</summary>
    internal bool Excludes(string urn) =>
        FindSchema(urn) is null && (User.FindSchema(urn) == User.Core || Group.FindSchema(urn) == Group.Core);

    /// <summary>The declared attribute of that schema with that name, both in any case.</summary>
    public AttributeDefinition? Find(string schema, string name) => FindSchema(schema) switch
    {
        null => null,
        var found when ReferenceEquals(found, Core) => FindCore(name),
        var found => found.Find(name),
    };

    /// <summary>The core or common attribute with that name in any case.</summary>
    public AttributeDefinition? FindCore(string name) => Core.Find(name) ?? common.Find(name);

    /// <summary>What an already resolved path names; null if no schema declares it.</summary>
    public AttributeDefinition? Find(AttributePath path) => Find(path.Schema, path.Attribute);
}
