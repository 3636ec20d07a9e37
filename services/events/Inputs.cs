using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using Grpc.Core;
using Npgsql;

namespace DirectorySync.Events;

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

    public static RpcException InvalidCursor() => ErrorReason.InvalidPageToken.ToRpc(
        "The list has nothing with this id, or not any more.",
        ("attribute", "pageToken"), ("remedy", "Take the cursor from the list, or start without one."));

    public static RpcException? Translate(Exception exception) => exception switch
    {
        PostgresException { SqlState: PostgresErrorCodes.CharacterNotInRepertoire or PostgresErrorCodes.UntranslatableCharacter } =>
            ErrorReason.InvalidValue.ToRpc("A value contains the character U+0000.", ("remedy", "Send another.")),
        _ => null,
    };
}
