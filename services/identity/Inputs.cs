using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using Grpc.Core;

namespace DirectorySync.Identity;

/// <summary>What requests may hold, and the errors that say what they may not.</summary>
internal static class Inputs
{
    private const int LongestId = 256;

    /// <summary>False for what can be the id of nothing: then it is not found, and PostgreSQL is not asked.</summary>
    public static bool IsId(string id) => id.Length is > 0 and <= LongestId && !id.Contains('\0');

    /// <summary>Throws NOT_FOUND for what cannot be an id.</summary>
    public static void RequireId(string id, string thing)
    {
        if (!IsId(id))
        {
            throw NotFound(thing);
        }
    }

    /// <summary>The same text whether the thing does not exist or belongs to someone else.</summary>
    public static RpcException NotFound(string thing) => ErrorReason.ResourceNotFound.ToRpc($"The {thing} does not exist.");

    public static RpcException Invalid(string attribute, string value, string detail, string remedy) =>
        ErrorReason.InvalidValue.ToRpc($"{attribute}: {detail} {remedy}", ("attribute", attribute), ("value", value), ("remedy", remedy));

    /// <summary>A text for people: trimmed, not empty, not too long.</summary>
    public static string RequireText(string attribute, string value, int longest = 256)
    {
        var text = OptionalText(attribute, value.Trim(), longest);
        return text.Length > 0 ? text : throw Invalid(attribute, "", "A value is required.", $"Give 1 to {longest} characters.");
    }

    /// <summary>A text that may be empty.</summary>
    public static string OptionalText(string attribute, string value, int longest = 256)
    {
        if (value.Contains('\0'))
        {
            throw Invalid(attribute, "", "The value contains the character U+0000.", "Remove it.");
        }

        return value.Length <= longest
            ? value
            : throw Invalid(attribute, value[..32], $"The value has {value.Length} characters.", $"Give at most {longest}.");
    }

    /// <summary>The request id, or null if there is none.</summary>
    public static string? RequestId(string requestId) => requestId.Length == 0 ? null : OptionalText("request_id", requestId);

    public static RpcException UnknownField(string field, string known) =>
        Invalid("update_mask", field, "There is no such field to change.", $"Name some of: {known}.");
}
