using System.Globalization;
using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Gateway.Rest;
using Grpc.Core;

namespace DirectorySync.Gateway.Internal;

/// <summary>The last line for gRPC callers: whatever goes wrong before a service answers is a gRPC status with its reason.</summary>
internal sealed class GrpcAnswers(RequestDelegate next, ILogger<GrpcAnswers> logger)
{
    private const string MediaType = "application/grpc";
    private const string Details = "grpc-status-details-bin";

    public async Task InvokeAsync(HttpContext http)
    {
        if (http.Request.ContentType?.StartsWith(MediaType, StringComparison.OrdinalIgnoreCase) != true)
        {
            await next(http);
            return;
        }

        try
        {
            await next(http);
            if (http.Response is { HasStarted: false, StatusCode: >= 400 })
            {
                Answer(http, Describe(http.Response.StatusCode));
            }
        }
        catch (Exception e) when (!http.Response.HasStarted && !http.RequestAborted.IsCancellationRequested)
        {
            var error = From(e);
            if (error.StatusCode == StatusCode.Internal)
            {
                logger.Unforeseen(http.Request.Method, (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "", e);
            }

            Answer(http, error);
        }
    }

    private static RpcException From(Exception exception) => exception switch
    {
        RpcException e when e.Reason() != ErrorReason.Unspecified => e,
        RpcException { StatusCode: StatusCode.Unavailable or StatusCode.DeadlineExceeded } => Describe(503),
        RestFailure { Status: 429 } e => ErrorReason.LimitExceeded.ToRpc(e.Message),
        _ => ErrorReason.Internal.ToRpc("The request could not be completed."),
    };

    private static RpcException Describe(int status) => status switch
    {
        404 or 405 => new RpcException(new Status(StatusCode.Unimplemented, "The gateway does not serve this method.")),
        429 => ErrorReason.LimitExceeded.ToRpc("Too many requests. Try again in a second."),
        >= 502 and <= 504 => ErrorReason.StoreUnavailable.ToRpc("The service cannot be reached at the moment. Try again."),
        _ => ErrorReason.Internal.ToRpc("The request could not be completed."),
    };

    /// <summary>A response of headers only, as gRPC over HTTP/2 allows.</summary>
    private static void Answer(HttpContext http, RpcException error)
    {
        var response = http.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = MediaType;
        response.Headers.ContentLength = null;
        response.Headers.Remove("Allow");
        response.Headers["grpc-status"] = ((int)error.StatusCode).ToString(CultureInfo.InvariantCulture);
        response.Headers["grpc-message"] = Uri.EscapeDataString(error.Status.Detail);
        if (error.Trailers.GetValueBytes(Details) is { } details)
        {
            response.Headers[Details] = Convert.ToBase64String(details).TrimEnd('=');
        }
    }
}
