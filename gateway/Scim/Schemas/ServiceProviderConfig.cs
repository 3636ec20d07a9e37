using System.Text.Json;
using DirectorySync.Gateway.Scim.Bulk;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.Scim;

namespace DirectorySync.Gateway.Scim.Schemas;

/// <summary>What this service provider can do (RFC 7643 §5, RFC 9865 §4). It tells the truth: what is not there is not promised.</summary>
internal static class ServiceProviderConfig
{
    public static void Write(Utf8JsonWriter writer, string baseUrl)
    {
        writer.WriteStartObject();
        SchemaJson.WriteSchemas(writer, SchemaUrns.ServiceProviderConfig);
        WriteFeature(writer, "patch", true);
        writer.WriteStartObject("bulk");
        writer.WriteBoolean("supported", true);
        writer.WriteNumber("maxOperations", BulkRequest.MaxOperations);
        writer.WriteNumber("maxPayloadSize", BulkRequest.MaxPayloadSize);
        writer.WriteEndObject();
        writer.WriteStartObject("filter");
        writer.WriteBoolean("supported", true);
        writer.WriteNumber("maxResults", ListQuery.MaximalCount);
        writer.WriteEndObject();
        WriteFeature(writer, "changePassword", false);
        WriteFeature(writer, "sort", true);
        WriteFeature(writer, "etag", true);
        // No cursorTimeout: a cursor does not expire.
        writer.WriteStartObject("pagination");
        writer.WriteBoolean("cursor", true);
        writer.WriteBoolean("index", true);
        writer.WriteString("defaultPaginationMethod", "index");
        writer.WriteNumber("defaultPageSize", ListQuery.DefaultCount);
        writer.WriteNumber("maxPageSize", ListQuery.MaximalCount);
        writer.WriteEndObject();
        writer.WriteStartArray("authenticationSchemes");
        writer.WriteStartObject();
        writer.WriteString("type", "oauthbearertoken");
        writer.WriteString("name", "Bearer token");
        writer.WriteString("description", "Authorization: Bearer <token>, with a token of this directory; the token alone is accepted too.");
        writer.WriteString("specUri", "https://www.rfc-editor.org/rfc/rfc6750");
        writer.WriteBoolean("primary", true);
        writer.WriteEndObject();
        writer.WriteEndArray();
        SchemaJson.WriteMeta(writer, "ServiceProviderConfig", $"{baseUrl}/ServiceProviderConfig");
        writer.WriteEndObject();
    }

    private static void WriteFeature(Utf8JsonWriter writer, string name, bool isSupported)
    {
        writer.WriteStartObject(name);
        writer.WriteBoolean("supported", isSupported);
        writer.WriteEndObject();
    }
}
