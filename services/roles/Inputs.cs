using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Scim;
using Grpc.Core;
using Npgsql;

namespace DirectorySync.Roles;

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

    /// <summary>A text of 1 to so many characters.</summary>
    public static string RequireText(string attribute, string value, int longest)
    {
        var text = OptionalText(attribute, value, longest);
        return string.IsNullOrWhiteSpace(text)
            ? throw Invalid(attribute, "", "A value is required.", $"Give 1 to {longest} characters.")
            : text;
    }

    public static string OptionalText(string attribute, string value, int longest) =>
        value.Contains('\0') ? throw Invalid(attribute, "", "The value contains the character U+0000.", "Remove it.")
        : value.Length > longest ? throw Invalid(attribute, value[..32], $"The value has {value.Length} characters.", $"Give at most {longest}.")
        : value;

    /// <summary>What is wrong with a filter, as an error of this service.</summary>
    public static RpcException? Translate(Exception exception) => exception switch
    {
        ScimException e => e.Reason.ToRpc(e.Message, ("attribute", e.Attribute ?? "")),
        PostgresException { SqlState: PostgresErrorCodes.CharacterNotInRepertoire or PostgresErrorCodes.UntranslatableCharacter } =>
            ErrorReason.InvalidValue.ToRpc("A value contains the character U+0000.", ("remedy", "Send another.")),
        _ => null,
    };

    /// <summary>The version that a caller has read is not the current one.</summary>
    public static RpcException Stale(string thing)
    {
        const string remedy = "Read it again, and decide anew.";
        return ErrorReason.EtagMismatch.ToRpc($"The {thing} changed meanwhile. {remedy}", ("remedy", remedy));
    }
}
