using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Scim;
using Grpc.Core;

namespace DirectorySync.AttributeMapping;

/// <summary>What requests may hold, and the errors that say what they may not.</summary>
internal static class Inputs
{
    private const int LongestId = 256;

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

    public static RpcException TooMany(string attribute, int count, int most) =>
        ErrorReason.LimitExceeded.ToRpc(
            $"{attribute}: {count} are too many. Give at most {most}.", ("attribute", attribute), ("value", $"{count}"));

    public static RpcException Stale(string thing) => ErrorReason.EtagMismatch.ToRpc(
        $"The {thing} has changed since it was read.", ("remedy", "Read it again and decide anew."));

    public static int PageSize(int asked, int usual, int most) => asked switch
    {
        0 => usual,
        _ when asked > 0 && asked <= most => asked,
        _ => throw Invalid("page_size", $"{asked}", $"A page has 1 to {most} items.", $"Give 1 to {most}, or none for {usual}."),
    };

    /// <summary>Text that PostgreSQL takes, not longer than that.</summary>
    public static string Text(string attribute, string value, int longest) =>
        value.Length > longest ? throw Invalid(attribute, value[..32], $"The value has {value.Length} characters.", $"Give at most {longest}.")
        : value.Contains('\0') ? throw Invalid(attribute, "", "The value contains the character U+0000.", "Remove it.")
        : value;

    /// <summary>What a SCIM path that cannot be used means to callers.</summary>
    public static RpcException? Translate(Exception exception) => exception is ScimException e
        ? e.Reason.ToRpc(e.Message, ("attribute", e.Attribute ?? "paths"))
        : null;
}
