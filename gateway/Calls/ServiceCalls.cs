using DirectorySync.Audit.V1;
using DirectorySync.Chassis.Audit;
using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Gateway.Hosting;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Calls;

/// <summary>
/// How the gateway calls services for an HTTP request: with the request's id, with a deadline, and again while a service is away.
/// Only calls that are safe to repeat come here; creates carry a request_id.
/// </summary>
internal sealed class ServiceCalls(IOptions<GatewayOptions> options, TimeProvider time, ILogger<ServiceCalls> logger)
{
    /// <summary>Calls, and tries again for RetryWindow while the service is away.</summary>
    /// <param name="http">The request on whose behalf; its retries share one window.</param>
    /// <param name="call">One whole attempt.</param>
    /// <param name="timeout">Of an attempt; CallTimeout if not given. Never more than is left of the request's time.</param>
    public Task<T> SendAsync<T>(HttpContext http, Func<CallOptions, Task<T>> call, TimeSpan? timeout = null) =>
        SendAsync(RequestTime.Of(http, time), () => About(http), call, timeout, http.RequestAborted);

    /// <summary>Calls on behalf of several requests at once.</summary>
    public Task<T> SendAsync<T>(string requestId, Func<CallOptions, Task<T>> call) =>
        SendAsync(
            new RequestTime(time.GetTimestamp()), () => new() { { RequestIds.Metadata, requestId } }, call, timeout: null, CancellationToken.None);

    /// <summary>Calls once: what is asked is not worth waiting for.</summary>
    public Task<T> TryAsync<T>(HttpContext http, Func<CallOptions, Task<T>> call, TimeSpan timeout) =>
        call(Options(RequestTime.Of(http, time), About(http), timeout, http.RequestAborted));

    /// <summary>For a stream of answers that may take longer than a request: called once.</summary>
    public CallOptions Streaming(HttpContext http, TimeSpan longest) =>
        new(About(http), time.GetUtcNow().UtcDateTime + longest, http.RequestAborted);

    /// <summary>What is left of the request's time.</summary>
    public TimeSpan Left(HttpContext http) => Left(RequestTime.Of(http, time));

    /// <summary>True for errors that pass by themselves: the service or its store is away, restarting, behind, or too slow.</summary>
    public static bool IsAway(RpcException e) => e.Reason() switch
    {
        ErrorReason.StoreUnavailable or ErrorReason.NotCaughtUp => true,
        // Without a reason it is not a service that speaks, but the transport.
        ErrorReason.Unspecified => e.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Cancelled
            || (e.StatusCode == StatusCode.Internal && e.Status.DebugException is HttpRequestException or IOException),
        _ => false,
    };

    private async Task<T> SendAsync<T>(
        RequestTime request, Func<Metadata> about, Func<CallOptions, Task<T>> call, TimeSpan? timeout, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var answer = await call(Options(request, about(), timeout ?? options.Value.CallTimeout, ct));
                if (attempt > 1)
                {
                    request.NoteBack();
                }

                return answer;
            }
            catch (RpcException e) when (IsAway(e) && !ct.IsCancellationRequested)
            {
                var since = request.NoteAway(time.GetTimestamp());
                var delay = Backoff.Delay(attempt, Random.Shared);
                // A long call that ran into its own deadline would do so again, and hold what it held the first time.
                var isSpent = timeout is not null && e.StatusCode == StatusCode.DeadlineExceeded;
                if (request.IsOver || isSpent || time.GetElapsedTime(since) + delay > options.Value.RetryWindow
                    || Left(request) <= delay)
                {
                    request.GiveUp();
                    logger.ServiceAway(attempt, e.StatusCode, e);
                    throw;
                }

                await Task.Delay(delay, time, ct);
            }
            catch (RpcException e) when (attempt > 1 && e.Reason() == ErrorReason.EtagMismatch)
            {
                // Perhaps it was the attempt without an answer that moved the version: whether the write was done is not known.
                throw new RpcException(new Status(StatusCode.Unavailable, "The service was away while it wrote.", e));
            }
        }
    }

    private TimeSpan Left(RequestTime request) => options.Value.RequestTimeout - time.GetElapsedTime(request.Started);

    /// <summary>Which request, and on whose behalf: a SCIM request has no actor, and is not audited.</summary>
    private static Metadata About(HttpContext http)
    {
        var about = new Metadata { { RequestIds.Metadata, http.TraceIdentifier } };
        if (http.Features.Get<Actor>() is { } actor)
        {
            about.Add(AuditLog.ActorHeader, actor.ToByteArray());
        }

        return about;
    }

    private CallOptions Options(RequestTime request, Metadata about, TimeSpan timeout, CancellationToken ct)
    {
        var left = Left(request);
        return new(about, time.GetUtcNow().UtcDateTime + (timeout < left ? timeout : left), ct);
    }
}
