using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Gateway.Calls;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Rest;

/// <summary>The last line of all that is neither SCIM nor gRPC: whatever goes wrong, the answer is {message, code, errors?}.</summary>
internal sealed class RestAnswers(RequestDelegate next, IOptions<GatewayOptions> options, ILogger<RestAnswers> logger)
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
            if (http.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null })
            {
                await WriteAsync(http, Describe(http.Response.StatusCode));
            }
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client has gone: there is nobody to answer.
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            var failure = From(e);
            if (failure.Status == StatusCodes.Status500InternalServerError)
            {
                logger.Unforeseen(http.Request.Method, (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "", e);
            }

            await WriteAsync(http, failure);
        }
    }

    private RestFailure From(Exception exception) => exception switch
    {
        RestFailure failure => failure,
        RpcException e => From(e),
        BadHttpRequestException { StatusCode: 413 } => Describe(413),
        BadHttpRequestException e => new(e.StatusCode, "bad_request", "The request is not valid HTTP. Check its headers and its body."),
        _ => Describe(500),
    };

    private RestFailure From(RpcException error) => (error.Reason(), error.StatusCode) switch
    {
        (ErrorReason.ResourceNotFound, _) => new(404, "entity_not_found", error.Status.Detail),
        (ErrorReason.EndpointLabelTaken, _) => Field(409, "endpoint_label_already_used", error, "endpoint_label"),
        (ErrorReason.ExternalIdTaken, _) => Field(409, "external_id_already_used", error, "external_id"),
        (_, StatusCode.AlreadyExists) => new(409, "conflict", error.Status.Detail),
        (ErrorReason.InvalidValue, _) => Field(422, "invalid_request_parameters", error, null),
        (ErrorReason.InvalidPageToken, _) => new(422, "invalid_cursor", error.Status.Detail),
        (ErrorReason.DirectoryState, _) => new(409, "invalid_directory_state", error.Status.Detail),
        (ErrorReason.OrganizationNotEmpty, _) => new(409, "organization_not_empty", error.Status.Detail),
        (ErrorReason.EtagMismatch, _) => new(409, "conflict", error.Status.Detail),
        (ErrorReason.InvalidCredentials, _) => Describe(401),
        (ErrorReason.ScopeMissing, _) => new(403, "forbidden", error.Status.Detail),
        (ErrorReason.LimitExceeded, _) => new(422, "limit_exceeded", error.Status.Detail),
        (_, StatusCode.InvalidArgument or StatusCode.FailedPrecondition) => new(422, "unprocessable_entity", error.Status.Detail),
        _ when ServiceCalls.IsAway(error) => new(503, "unavailable", "The service cannot be reached at the moment. Try again.")
        {
            RetryAfter = options.Value.RetryAfterSeconds,
        },
        _ => Describe(500),
    };

    private static RestFailure Field(int status, string code, RpcException error, string? field) =>
        (field ?? error.FindMetadata("attribute")) is { Length: > 0 } name
            ? new(status, code, error.Status.Detail, new FieldError(name, code, error.Status.Detail))
            : new(status, code, error.Status.Detail);

    private static RestFailure Describe(int status) => status switch
    {
        401 => new(401, "unauthorized", "Send an API key that is valid: 'Authorization: Bearer sk_…'."),
        404 => new(404, "not_found", "There is nothing at this address."),
        405 => new(405, "method_not_allowed", "This address does not support the method. The Allow header lists the methods that it supports."),
        413 => new(413, "request_too_large", "The request body is too large."),
        415 => new(415, "unsupported_media_type", "Send the body as application/json in UTF-8."),
        >= 500 => new(500, "internal_error", "The request could not be completed. The log has more under this answer's X-Request-Id."),
        _ => new(status, "bad_request", "The request could not be completed."),
    };

    private static async Task WriteAsync(HttpContext http, RestFailure failure)
    {
        http.Response.StatusCode = failure.Status;
        http.Response.ContentType = "application/json; charset=utf-8";
        if (failure.Status == 401)
        {
            http.Response.Headers.WWWAuthenticate = "Bearer";
        }

        if (failure.RetryAfter is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        await using var writer = new Utf8JsonWriter(http.Response.BodyWriter, WriterOptions);
        writer.WriteStartObject();
        writer.WriteString("message", failure.Message);
        writer.WriteString("code", failure.Code);
        if (failure.Errors.Count > 0)
        {
            writer.WriteStartArray("errors");
            foreach (var error in failure.Errors)
            {
                writer.WriteStartObject();
                writer.WriteString("field", error.Field);
                writer.WriteString("code", error.Code);
                writer.WriteString("message", error.Message);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}
