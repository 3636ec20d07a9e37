using System.Text.Json;
using DirectorySync.Identity.V1;
using Google.Protobuf;

namespace DirectorySync.Scim;

/// <summary>Sets the attributes of a resource from the properties of a JSON object, whatever the resource type.</summary>
internal static class ResourceReader
{
    /// <summary>One top-level property of a body. What clients may send but not set is passed over.</summary>
    public static void ReadProperty(IMessage resource, ResourceType type, string name, JsonElement value)
    {
        if (type.FindCore(name) is { } attribute)
        {
            if (attribute.Name == "schemas")
            {
                NamedSchemas.Read(resource, type, value);
            }

            if (attribute is { Field: not null, Mutability: not Mutability.ReadOnly })
            {
                AttributeReader.Read(resource, attribute, value, attribute.Name);
            }
        }
        else if (type.Excludes(name))
        {
            throw ScimException.InvalidValue(name, $"'{name}' is not a schema of a {type.Name}; leave it out.");
        }
        else if (value.ValueKind == JsonValueKind.Object && name.StartsWith("urn:", StringComparison.OrdinalIgnoreCase))
        {
            var schema = type.FindSchema(name);
            foreach (var property in value.EnumerateObject())
            {
                if (ReferenceEquals(schema, type.Core))
                {
                    ReadProperty(resource, type, ScimJson.Name(property), property.Value);
                }
                else
                {
                    ReadExtension(resource, schema, schema?.Urn ?? name, ScimJson.Name(property), property.Value);
                }
            }
        }
        else if (type.FindSchema(name) is not null)
        {
            if (!ScimJson.IsUnassigned(value))
            {
                throw ScimException.InvalidValue(
                    name, $"'{name}' is {ScimJson.KindOf(value)}; send an object with the extension's attributes.");
            }
        }
        else
        {
            RawAttributes.Set(RawAttributes.Of(resource)!, type.Core.Urn, name, value);
        }
    }

    /// <summary>One attribute of an extension.</summary>
    public static void ReadExtension(IMessage resource, Schema? schema, string urn, string name, JsonElement value)
    {
        var attribute = schema?.Find(name);
        if (attribute?.Field is null)
        {
            RawAttributes.Set(RawAttributes.Of(resource)!, urn, attribute?.Name ?? name, value);
            return;
        }

        // The only extension that has a message of its own.
        var user = (User)resource;
        var enterprise = user.Enterprise ??= new EnterpriseUser();
        AttributeReader.Read(enterprise, attribute, value, $"{urn}:{attribute.Name}");
        if (enterprise.CalculateSize() == 0)
        {
            user.Enterprise = null;
        }
    }
}
