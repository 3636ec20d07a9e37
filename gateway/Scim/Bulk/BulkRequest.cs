using System.Globalization;
using System.Text.Json;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.Gateway.Scim.Schemas;
using DirectorySync.Scim;

namespace DirectorySync.Gateway.Scim.Bulk;

/// <summary>The body of a POST to /Bulk (RFC 7644 §3.7).</summary>
/// <param name="FailOnErrors">Errors after which nothing more is tried; null: all is tried.</param>
/// <param name="Operations">As sent, in their order.</param>
internal sealed record BulkRequest(int? FailOnErrors, IReadOnlyList<BulkOperation> Operations)
{
    public const string Schema = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

    public const int MaxOperations = 1000;

    /// <summary>In bytes.</summary>
    public const int MaxPayloadSize = 1024 * 1024;

    /// <summary>Throws invalidSyntax, invalidValue or 413. What is wrong with one operation is that operation's fault.</summary>
    public static BulkRequest Read(JsonElement body, DirectorySchemas schemas)
    {
        var properties = BulkOperation.Properties(body);
        if (!Names(properties.GetValueOrDefault("schemas")))
        {
            throw ScimException.InvalidSyntax($"A bulk request names its schema: \"schemas\": [\"{Schema}\"].");
        }

        if (!properties.TryGetValue("Operations", out var operations) || operations.ValueKind != JsonValueKind.Array)
        {
            throw ScimException.InvalidSyntax("A bulk request needs 'Operations': a list of operations.");
        }

        if (operations.GetArrayLength() > MaxOperations)
        {
            throw new ScimFailure(413, null,
                $"The bulk request has {operations.GetArrayLength()} operations, more than maxOperations ({MaxOperations}). Split it.");
        }

        return new(
            ReadFailOnErrors(properties.GetValueOrDefault("failOnErrors")),
            [.. operations.EnumerateArray().Select(operation => BulkOperation.Read(operation, schemas))]);
    }

    private static bool Names(JsonElement schemas) => schemas.ValueKind switch
    {
        JsonValueKind.String => ScimJson.Text(schemas, "schemas").Equals(Schema, StringComparison.OrdinalIgnoreCase),
        JsonValueKind.Array => schemas.EnumerateArray().Any(schema => schema.ValueKind == JsonValueKind.String && Names(schema)),
        _ => false,
    };

    private static int? ReadFailOnErrors(JsonElement value)
    {
        var text = value.ValueKind switch
        {
            JsonValueKind.Undefined or JsonValueKind.Null => null,
            JsonValueKind.String => ScimJson.Text(value, "failOnErrors"),
            _ => value.GetRawText(),
        };
        return text is null ? null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var errors) && errors > 0 ? errors
            : throw ScimException.InvalidValue("failOnErrors", "'failOnErrors' must be a whole number of errors, at least 1.");
    }
}
