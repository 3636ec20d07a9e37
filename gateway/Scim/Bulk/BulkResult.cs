using System.Globalization;
using System.Text.Json;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.Scim;

namespace DirectorySync.Gateway.Scim.Bulk;

/// <summary>What became of an operation.</summary>
/// <param name="Operation">As sent.</param>
/// <param name="Status">What a single request would have been answered.</param>
/// <param name="Id">Of the resource; null for a POST that failed.</param>
/// <param name="Version">Of the resource after a write.</param>
/// <param name="Error">Why it failed.</param>
internal sealed record BulkResult(BulkOperation Operation, int Status, string? Id, long? Version = null, ScimError? Error = null)
{
    private const string Schema = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

    /// <summary>The answer to the whole request. Operations that were not tried (null) are not in it.</summary>
    public static void WriteAll(Utf8JsonWriter writer, string baseUrl, IEnumerable<BulkResult?> results)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("schemas");
        writer.WriteStringValue(Schema);
        writer.WriteEndArray();
        writer.WriteStartArray("Operations");
        foreach (var result in results)
        {
            result?.Write(writer, baseUrl);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private void Write(Utf8JsonWriter writer, string baseUrl)
    {
        writer.WriteStartObject();
        WriteText(writer, "location", Id is null ? null : $"{baseUrl}{Operation.Type!.Endpoint}/{Uri.EscapeDataString(Id)}");
        WriteText(writer, "method", Operation.Method);
        WriteText(writer, "bulkId", Operation.BulkId);
        WriteText(writer, "version", Version is { } version ? ETag.Of(version) : null);
        writer.WriteString("status", Status.ToString(CultureInfo.InvariantCulture));
        if (Error is not null)
        {
            writer.WritePropertyName("response");
            Error.Write(writer);
        }

        writer.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }
}
