using System.Text.Json;

namespace DirectorySync.Scim;

/// <summary>The PatchOp message: an object with "Operations", each with "op", "path" and "value", all in any case.</summary>
internal static class PatchMessage
{
    public static void Read(JsonElement body, AttributeChangeReader reader)
    {
        if (body.ValueKind != JsonValueKind.Object || Find(body, "Operations") is not { ValueKind: JsonValueKind.Array } operations
            || operations.GetArrayLength() == 0)
        {
            throw NoOperations();
        }

        if (operations.GetArrayLength() > PatchLimits.Operations)
        {
            throw ScimException.LimitExceeded($"A PATCH may have {PatchLimits.Operations} operations; split it.");
        }

        foreach (var operation in operations.EnumerateArray())
        {
            if (operation.ValueKind != JsonValueKind.Object)
            {
                throw ScimException.InvalidSyntax("An operation must be an object with 'op', 'path' and 'value'.");
            }

            reader.Read(PatchOperators.Parse(Text(operation, "op")), Text(operation, "path"), Find(operation, "value"));
        }

        if (reader.Changes.Count > PatchLimits.Operations)
        {
            throw ScimException.LimitExceeded($"A PATCH may change {PatchLimits.Operations} attributes; split it.");
        }
    }

    public static ScimException NoOperations() => ScimException.InvalidSyntax("A PATCH needs 'Operations': a list of one or more operations.");

    private static string? Text(JsonElement operation, string name) => Find(operation, name) switch
    {
        null or { ValueKind: JsonValueKind.Null } => null,
        { ValueKind: JsonValueKind.String } text => ScimJson.Text(text, name) is var found && (found.Length > 0 || name != "path") ? found : null,
        _ => throw ScimException.InvalidSyntax($"'{name}' of an operation must be text."),
    };

    private static JsonElement? Find(JsonElement body, string name)
    {
        foreach (var property in body.EnumerateObject())
        {
            if (ScimJson.Name(property).Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return property.Value;
            }
        }

        return null;
    }
}
