using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using Grpc.Core;

namespace DirectorySync.Gateway.Auth;

/// <summary>The error of missing, wrong, expired and revoked credentials and of unknown endpoints: which, is not told.</summary>
internal static class InvalidCredentials
{
    public static RpcException Error() => ErrorReason.InvalidCredentials.ToRpc("The credentials are not valid.");
}
