using System.Text.Json;

namespace DirectorySync.Gateway.Scim.Messages;

/// <summary>A list of resources (RFC 7644 §3.4.2). Its counters are JSON integers: Okta reads nothing else.</summary>
internal static class ListResponse
{
    public const string Schema = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

    /// <summary>Opens the list; its resources follow.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="query">The question.</param>
    /// <param name="total">How many match in all.</param>
    /// <param name="count">How many follow.</param>
    /// <param name="next">Cursor of the page behind this one; empty on the last.</param>
    public static void WriteStart(Utf8JsonWriter writer, ListQuery query, long total, int count, string next)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("schemas");
        writer.WriteStringValue(Schema);
        writer.WriteEndArray();
        writer.WriteNumber("totalResults", total);
        writer.WriteNumber("itemsPerPage", count);
        if (query.Cursor is null)
        {
            writer.WriteNumber("startIndex", query.StartIndex);
        }
        else if (next.Length > 0)
        {
            writer.WriteString("nextCursor", next);
        }

        writer.WriteStartArray("Resources");
    }

    public static void WriteEnd(Utf8JsonWriter writer)
    {
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
