using System.Text.Json;
using DirectorySync.Scim;
using DirectorySync.Scim.V1;

namespace DirectorySync.Gateway.Scim.Schemas;

/// <summary>Schemas and resource types as RFC 7643 §6 and §7 describe them, from the very definitions that parsing uses.</summary>
internal static class SchemaJson
{
    public static void Write(Utf8JsonWriter writer, Schema schema, string baseUrl)
    {
        writer.WriteStartObject();
        WriteSchemas(writer, SchemaUrns.Schema);
        writer.WriteString("id", schema.Urn);
        writer.WriteString("name", schema.Name);
        writer.WriteString("description", schema.Description);
        WriteAttributes(writer, "attributes", schema.Attributes);
        WriteMeta(writer, "Schema", $"{baseUrl}/Schemas/{schema.Urn}");
        writer.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter writer, ResourceType type, string baseUrl)
    {
        writer.WriteStartObject();
        WriteSchemas(writer, SchemaUrns.ResourceType);
        writer.WriteString("id", type.Name);
        writer.WriteString("name", type.Name);
        writer.WriteString("endpoint", type.Endpoint);
        writer.WriteString("description", type.Core.Description);
        writer.WriteString("schema", type.Core.Urn);
        writer.WriteStartArray("schemaExtensions");
        foreach (var extension in type.Extensions)
        {
            writer.WriteStartObject();
            writer.WriteString("schema", extension.Urn);
            writer.WriteBoolean("required", false);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteMeta(writer, "ResourceType", $"{baseUrl}/ResourceTypes/{type.Name}");
        writer.WriteEndObject();
    }

    public static void WriteSchemas(Utf8JsonWriter writer, string urn)
    {
        writer.WriteStartArray("schemas");
        writer.WriteStringValue(urn);
        writer.WriteEndArray();
    }

    public static void WriteMeta(Utf8JsonWriter writer, string resourceType, string location)
    {
        writer.WriteStartObject("meta");
        writer.WriteString("resourceType", resourceType);
        writer.WriteString("location", location);
        writer.WriteEndObject();
    }

    private static void WriteAttributes(Utf8JsonWriter writer, string name, IEnumerable<AttributeDefinition> attributes)
    {
        writer.WriteStartArray(name);
        foreach (var attribute in attributes.Where(attribute => !attribute.Untold))
        {
            WriteAttribute(writer, attribute);
        }

        writer.WriteEndArray();
    }

    private static void WriteAttribute(Utf8JsonWriter writer, AttributeDefinition attribute)
    {
        writer.WriteStartObject();
        writer.WriteString("name", attribute.Name);
        writer.WriteString("type", TypeOf(attribute.ToldAs ?? attribute.Type));
        writer.WriteBoolean("multiValued", attribute.MultiValued);
        writer.WriteString("description", attribute.Description);
        writer.WriteBoolean("required", attribute.Required);
        WriteNames(writer, "canonicalValues", attribute.CanonicalValues);
        writer.WriteBoolean("caseExact", attribute.CaseExact);
        writer.WriteString("mutability", attribute.Mutability switch
        {
            Mutability.ReadOnly => "readOnly",
            Mutability.Immutable => "immutable",
            Mutability.WriteOnly => "writeOnly",
            _ => "readWrite",
        });
        writer.WriteString("returned", attribute.Returned switch
        {
            Returned.Always => "always",
            Returned.Never => "never",
            Returned.Request => "request",
            _ => "default",
        });
        writer.WriteString("uniqueness", attribute.Uniqueness switch
        {
            Uniqueness.Server => "server",
            Uniqueness.Global => "global",
            _ => "none",
        });
        WriteNames(writer, "referenceTypes", attribute.ReferenceTypes);
        if (attribute.SubAttributes.Count > 0)
        {
            WriteAttributes(writer, "subAttributes", attribute.SubAttributes);
        }

        writer.WriteEndObject();
    }

    private static void WriteNames(Utf8JsonWriter writer, string name, IReadOnlyList<string> values)
    {
        if (values.Count == 0)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (var value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }

    private static string TypeOf(AttributeType type) => type switch
    {
        AttributeType.Boolean => "boolean",
        AttributeType.Decimal => "decimal",
        AttributeType.Integer => "integer",
        AttributeType.DateTime => "dateTime",
        AttributeType.Binary => "binary",
        AttributeType.Reference => "reference",
        AttributeType.Complex => "complex",
        _ => "string",
    };
}
