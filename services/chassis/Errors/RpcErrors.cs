using DirectorySync.Errors.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Code = Google.Rpc.Code;

namespace DirectorySync.Chassis.Errors;

/// <summary>Reasons as gRPC errors and back: every error has exactly one ErrorInfo with a reason of the closed catalogue.</summary>
public static class RpcErrors
{
    /// <summary>Domain of every ErrorInfo.</summary>
    public const string Domain = "directorysync";

    private const string Prefix = "ERROR_REASON_";

    private static readonly Dictionary<string, ErrorReason> Reasons = System.Enum.GetValues<ErrorReason>().ToDictionary(NameOf);

    /// <summary>The reason's code, as the catalogue documents it.</summary>
    public static Code CodeOf(ErrorReason reason) => reason switch
    {
        ErrorReason.ResourceNotFound => Code.NotFound,
        ErrorReason.UserNameTaken or ErrorReason.GroupNameTaken or ErrorReason.EmailTaken or ErrorReason.EndpointLabelTaken
            or ErrorReason.ExternalIdTaken or ErrorReason.RequestIdUsed or ErrorReason.DefinitionNameTaken
            or ErrorReason.RoleSlugTaken or ErrorReason.WebhookUrlTaken => Code.AlreadyExists,
        ErrorReason.InvalidValue or ErrorReason.InvalidFilter or ErrorReason.InvalidPath or ErrorReason.InvalidPageToken
            => Code.InvalidArgument,
        ErrorReason.NoTarget or ErrorReason.NotMutable or ErrorReason.EmailNotUserName or ErrorReason.EmailDomainNotAllowed
            or ErrorReason.DirectoryState or ErrorReason.FeedReset or ErrorReason.OrganizationNotEmpty
            or ErrorReason.RoleInUse or ErrorReason.NothingToSend or ErrorReason.PortalLinkSpent => Code.FailedPrecondition,
        ErrorReason.EtagMismatch => Code.Aborted,
        ErrorReason.InvalidCredentials => Code.Unauthenticated,
        ErrorReason.ScopeMissing => Code.PermissionDenied,
        ErrorReason.LimitExceeded => Code.ResourceExhausted,
        ErrorReason.StoreUnavailable or ErrorReason.NotCaughtUp => Code.Unavailable,
        _ => Code.Internal,
    };

    /// <summary>The error to throw: its detail is a sentence for a person, its metadata names attribute, value and remedy.</summary>
    public static RpcException ToRpc(this ErrorReason reason, string detail, params ReadOnlySpan<(string Key, string Value)> metadata)
    {
        var info = new ErrorInfo { Domain = Domain, Reason = NameOf(reason) };
        foreach (var (key, value) in metadata)
        {
            info.Metadata[key] = value;
        }

        return new Google.Rpc.Status { Code = (int)CodeOf(reason), Message = detail, Details = { Any.Pack(info) } }.ToRpcException();
    }

    /// <summary>The reason of an error that a service answered; UNSPECIFIED if it carries none (a proxy's or the transport's).</summary>
    public static ErrorReason Reason(this RpcException error) =>
        error.Info() is { Domain: Domain } info && Reasons.TryGetValue(info.Reason, out var reason) ? reason : ErrorReason.Unspecified;

    /// <summary>An entry of the error's metadata, or null.</summary>
    public static string? FindMetadata(this RpcException error, string key) =>
        error.Info() is { } info && info.Metadata.TryGetValue(key, out var value) ? value : null;

    private static ErrorInfo? Info(this RpcException error) => error.GetRpcStatus()?.GetDetail<ErrorInfo>();

    // OriginalName is the proto name; the generated C# name has lost its underscores.
    private static string NameOf(ErrorReason reason) =>
        ErrorReasonReflection.Descriptor.EnumTypes[0].FindValueByNumber((int)reason).Name[Prefix.Length..];
}
