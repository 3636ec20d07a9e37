using System.Globalization;
using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Rest;
using Grpc.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace DirectorySync.Gateway.Internal;

/// <summary>
/// The last line for internal callers: whatever goes wrong before a service answers is a gRPC status with its reason, and a call whose
/// deadline has passed ends.
/// </summary>
internal sealed class InternalAnswers(RequestDelegate next, TimeProvider time, ILogger<InternalAnswers> logger)
{
    private const string MediaType = "application/grpc";
    private const string Details = "grpc-status-details-bin";

    // The service ends the call in time and says so itself; this is for one that hangs.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    public async Task InvokeAsync(HttpContext http)
    {
        if (http.Request.ContentType?.StartsWith(MediaType, StringComparison.OrdinalIgnoreCase) != true)
        {
            await RestResponse.WriteErrorAsync(http, new(415, "grpc_only",
                "This port serves gRPC only. The REST API and SCIM are served on the gateway's HTTP port."));
            return;
        }

        // A stream may rest for as long as its caller likes.
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        var caller = http.RequestAborted;
        using var deadline = GrpcTimeout.Find(http.Request.Headers["grpc-timeout"]) is { } timeout
            ? new CancellationTokenSource(timeout + Grace, time)
            : new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(caller, deadline.Token);
        http.RequestAborted = either.Token;
        try
        {
            await next(http);
            if (!http.Response.HasStarted && Describe(http.Response.StatusCode, deadline.IsCancellationRequested) is { } error)
            {
                Answer(http, error);
            }
        }
        catch (OperationCanceledException) when (caller.IsCancellationRequested)
        {
            // The caller has gone: there is nobody to answer.
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            Answer(http, From(http, e, deadline.IsCancellationRequested));
        }
        finally
        {
            http.RequestAborted = caller;
        }
    }

    private RpcException From(HttpContext http, Exception exception, bool late)
    {
        switch (exception)
        {
            case OperationCanceledException when late:
                return Late();
            case RpcException e when ServiceCalls.IsAway(e):
                return Away();
            case RpcException e when e.Reason() != ErrorReason.Unspecified || e.StatusCode == StatusCode.Unimplemented:
                return e;
            default:
                logger.Unforeseen(http.Request.Method, http.Request.Path.Value ?? "/", exception);
                return ErrorReason.Internal.ToRpc("The request could not be completed.");
        }
    }

    /// <summary>What YARP answers with a bare status, when no service was reached.</summary>
    private static RpcException? Describe(int status, bool late) => status switch
    {
        < 400 => null,
        _ when late => Late(),
        404 or 405 => new RpcException(new Status(StatusCode.Unimplemented, "There is no such method. Call it by POST.")),
        _ => Away(),
    };

    private static RpcException Away() => ErrorReason.StoreUnavailable.ToRpc("The service cannot be reached at the moment. Try again.");

    private static RpcException Late() => new(new Status(StatusCode.DeadlineExceeded, "The service did not answer within the call's deadline."));

    /// <summary>A response of headers only, as gRPC over HTTP/2 allows.</summary>
    private static void Answer(HttpContext http, RpcException error)
    {
        var response = http.Response;
        response.Clear();
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = MediaType;
        response.Headers["grpc-status"] = ((int)error.StatusCode).ToString(CultureInfo.InvariantCulture);
        response.Headers["grpc-message"] = Uri.EscapeDataString(error.Status.Detail);
        if (error.Trailers.GetValueBytes(Details) is { } details)
        {
            response.Headers[Details] = Convert.ToBase64String(details).TrimEnd('=');
        }
    }
}
