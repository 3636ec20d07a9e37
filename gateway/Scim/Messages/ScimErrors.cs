using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Gateway.Calls;
using DirectorySync.Identity.V1;
using DirectorySync.Scim;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Scim.Messages;

/// <summary>Whatever went wrong, as SCIM says it.</summary>
internal sealed class ScimErrors(IOptions<GatewayOptions> options)
{
    /// <summary>What a 401 says: how the header should look, and nothing about what was wrong.</summary>
    public const string HeaderAdvice = "The token was not accepted for this SCIM base URL. Send the header 'Authorization: Bearer <token>' "
        + "(or the token alone as its value) with a current token of this directory, and check that the base URL is the one shown beside it.";

    public ScimError From(Exception exception, Provider provider) => exception switch
    {
        ScimFailure failure => failure.Error,
        ScimException e => From(e),
        RpcException e => From(e, provider),
        BadHttpRequestException e => From(e),
        _ => Unforeseen,
    };

    public ScimError From(RpcException error, Provider provider) => (error.Reason(), error.StatusCode) switch
    {
        (ErrorReason.UserNameTaken or ErrorReason.GroupNameTaken or ErrorReason.EmailTaken or ErrorReason.ExternalIdTaken, _)
            => new(409, "uniqueness", Detail(error)),
        (ErrorReason.InvalidFilter, _) => new(400, "invalidFilter", Detail(error)),
        (ErrorReason.InvalidPath, _) => new(400, "invalidPath", Detail(error)),
        (ErrorReason.InvalidPageToken, _) => new(400, "invalidCursor", "The cursor is not one that this list gave, or no longer usable. "
            + "Start again with an empty cursor."),
        (ErrorReason.NoTarget, _) => new(400, "noTarget", Detail(error)),
        (ErrorReason.NotMutable, _) => new(400, "mutability", Detail(error)),
        (ErrorReason.InvalidValue or ErrorReason.EmailNotUserName or ErrorReason.EmailDomainNotAllowed, _)
            => new(400, "invalidValue", Detail(error)),
        (ErrorReason.EtagMismatch, _) => new(412, null, Detail(error)),
        (ErrorReason.ResourceNotFound, _) => new(404, null, Detail(error)),
        (ErrorReason.DirectoryState, _) => new(403, null, Detail(error)),
        (ErrorReason.InvalidCredentials, _) => new(401, null, HeaderAdvice),
        (ErrorReason.LimitExceeded, _) => new(413, null, Detail(error)),
        (ErrorReason.Unspecified, StatusCode.ResourceExhausted) => new(413, null, "The request is larger than can be handled."),
        _ when ServiceCalls.IsAway(error) => Unavailable(provider),
        _ => Unforeseen,
    };

    /// <summary>The answer while SCIM cannot be served: in the way in which the client comes again by itself.</summary>
    public ScimError Unavailable(Provider provider) => new(
        provider == Provider.Okta ? options.Value.UnavailableStatusForOkta : options.Value.UnavailableStatus,
        null,
        "The directory cannot be reached at the moment. Nothing needs to be done: try again later, or wait for the automatic retry.",
        options.Value.RetryAfterSeconds);

    /// <summary>A fault of ours: the log has it under the request's id.</summary>
    public static ScimError Unforeseen { get; } = new(500, null,
        "The request could not be completed. Try again; if it fails again, give the X-Request-Id of this answer to whoever runs this service.");

    public static ScimError TooLarge(long limit) => new(413, null,
        $"The request body is larger than {limit} bytes. Send it in smaller parts.");

    private static ScimError From(ScimException e) => new(e.Reason == ErrorReason.LimitExceeded ? 413 : 400, e.ScimType, e.Message);

    private static ScimError From(BadHttpRequestException e) => e.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => new(413, null, "The request body is too large. Send it in smaller parts."),
        StatusCodes.Status408RequestTimeout => new(408, null, "The request body did not arrive in time. Send the request again."),
        StatusCodes.Status415UnsupportedMediaType => ScimStatus.Describe(415),
        var status => new(status, status == 400 ? "invalidSyntax" : null, "The request is not valid HTTP. Check its headers and its body."),
    };

    private static string Detail(RpcException error) =>
        error.FindMetadata("remedy") is { Length: > 0 } remedy && !error.Status.Detail.Contains(remedy, StringComparison.Ordinal)
            ? $"{error.Status.Detail} {remedy}" : error.Status.Detail;
}
