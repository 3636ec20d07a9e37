using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Scim;
using Grpc.Core;
using Npgsql;

namespace DirectorySync.Identity.Users;

/// <summary>What exceptions from filters, operations and values mean to callers.</summary>
internal static class UserErrors
{
    // SQLSTATE class 22: the value, not the program, is at fault (a number too large for jsonb, a dateTime out of range).
    private const string DataException = "22";

    public static RpcException? Translate(Exception exception) => exception switch
    {
        ScimException { Attribute: { } attribute } e => e.Reason.ToRpc(e.Message, ("attribute", attribute)),
        ScimException e => e.Reason.ToRpc(e.Message),
        PostgresException e when e.SqlState.StartsWith(DataException, StringComparison.Ordinal)
            => ErrorReason.InvalidValue.ToRpc("A value is out of the range that can be stored or compared. Send another."),
        _ => null,
    };
}
