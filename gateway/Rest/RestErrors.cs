using System.Text.Json;
using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Gateway.Calls;
using DirectorySync.Identity.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Rest;

/// <summary>Whatever went wrong, as the REST API says it. A code is the reason's name unless the contract knows a code for it.</summary>
internal sealed class RestErrors(IOptions<GatewayOptions> options)
{
    /// <summary>A fault of ours: the log has it under the request's id.</summary>
    public static RestError Unforeseen { get; } = new(500, "internal",
        "The request could not be completed. Try again; if it fails again, give the X-Request-Id of this answer to whoever runs this service.");

    public static RestError Unauthorized { get; } = new(401, "unauthorized",
        "The API key was not accepted. Send the header 'Authorization: Bearer sk_…' with a key that is neither revoked nor expired.");

    public static RestError TooManyFailures { get; } = new(429, "too_many_failures",
        "Too many requests with wrong API keys. Correct the key, then try again.", RetryAfter: 30);

    public RestError From(Exception exception) => exception switch
    {
        RestFailure failure => failure.Error,
        RpcException error => From(error),
        BadHttpRequestException e => Describe(e.StatusCode),
        _ => Unforeseen,
    };

    public RestError From(RpcException error) => (error.Reason(), error.StatusCode) switch
    {
        (ErrorReason.InvalidCredentials, _) => Unauthorized,
        (ErrorReason.ResourceNotFound, _) => new(404, "not_found", error.Status.Detail),
        (ErrorReason.ExternalIdTaken, _) => new(400, "external_id_already_used", error.Status.Detail),
        (ErrorReason.InvalidValue, _) when error.FindMetadata("attribute") is { } attribute => InvalidValue(error, attribute),
        (ErrorReason.InvalidPageToken, _) => new(422, "invalid_cursor",
            "before and after take an id of this list. Take them from list_metadata, or leave them out."),
        (ErrorReason.Internal, _) => Unforeseen,
        _ when ServiceCalls.IsAway(error) => Unavailable,
        (var reason and not ErrorReason.Unspecified, StatusCode.InvalidArgument) => Named(422, reason, error),
        (var reason and not ErrorReason.Unspecified, StatusCode.AlreadyExists or StatusCode.FailedPrecondition or StatusCode.Aborted)
            => Named(409, reason, error),
        (ErrorReason.ScopeMissing, _) => Named(403, ErrorReason.ScopeMissing, error),
        (ErrorReason.LimitExceeded, _) => Named(422, ErrorReason.LimitExceeded, error),
        _ => Unforeseen,
    };

    public RestError Unavailable => new(503, "unavailable",
        "The service cannot be reached at the moment. Nothing was changed by what was not answered; try again.",
        RetryAfter: options.Value.RetryAfterSeconds);

    /// <summary>Somebody else's is as absent as what does not exist: the words are those of the services.</summary>
    public static RestFailure NotFound(string thing) => new(new(404, "not_found", $"The {thing} does not exist."));

    public static RestError ScopeMissing(RequiredScope required, ApiKey key) => required.WholeDeployment && key.OrganizationId.Length > 0
        ? new(403, "organization_limited", "This API key is limited to one organization. Use a key of the whole deployment.")
        : new(403, "scope_missing",
            $"This API key lacks the scope {Text(required.Scope)}. Use a key that has it, or create one with it at POST /api_keys.");

    public static RestError Invalid(string field, string code, string message) =>
        Invalid([new(field, code, message)]);

    /// <summary>At least one error.</summary>
    public static RestError Invalid(IReadOnlyList<FieldError> errors) => new(
        422, "invalid_request", string.Join(' ', errors.Select(error => error.Message)), errors);

    public static RestError TooLarge(long limit) => new(413, "too_large", $"The request body is larger than {limit} bytes.");

    /// <summary>What routing and limits answer with a bare status.</summary>
    public static RestError Describe(int status) => status switch
    {
        400 => new(400, "bad_request", "The request is not valid HTTP. Check its headers and its body."),
        404 => new(404, "not_found", "There is nothing at this address. Check the path: the API starts at /organizations and /directories."),
        405 => new(405, "method_not_allowed", "This address does not support the method. The Allow header lists those that it supports."),
        408 => new(408, "timeout", "The request did not arrive in time. Send it again."),
        413 => new(413, "too_large", "The request body is too large."),
        415 => new(415, "unsupported_media_type", "Send the body as JSON, with the header 'Content-Type: application/json'."),
        429 => new(429, "too_many_requests", "There are too many requests at once. Try again.", RetryAfter: 1),
        503 => new(503, "unavailable", "There is too much to do at the moment. Try again.", RetryAfter: 1),
        _ => new(status, "failed", "The request could not be completed."),
    };

    public static string Text(ApiKeyScope scope) => Snake(scope.ToString());

    private static RestError InvalidValue(RpcException error, string attribute)
    {
        // The contract calls some fields by other names than the services do.
        var field = attribute switch
        {
            "provider" => "type",
            "state" => "delivery",
            "expire_time" => "expires_at",
            _ => attribute,
        };
        var message = error.Status.Detail.StartsWith(attribute + ":", StringComparison.Ordinal)
            ? field + error.Status.Detail[attribute.Length..] : error.Status.Detail;
        return attribute == "metadata" || attribute.StartsWith("metadata.", StringComparison.Ordinal)
            ? new(400, "invalid_metadata", message)
            : Invalid(field, "invalid_value", message);
    }

    private static RestError Named(int status, ErrorReason reason, RpcException error) => new(status, Snake(reason.ToString()), error.Status.Detail);

    private static string Snake(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}
