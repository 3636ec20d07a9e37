using DirectorySync.Gateway.Calls;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace DirectorySync.Gateway.Internal;

/// <summary>
/// Sends a call that only reads to another replica when the first could not be reached: nothing of an answer has been sent, and asking twice
/// changes nothing. A call that writes is never sent twice: its caller decides, with a request_id.
/// </summary>
internal sealed class ReadRetry(RequestDelegate next, TimeProvider time)
{
    private const int Tries = 3;
    private const int LargestRequest = 256 * 1024;

    public async Task InvokeAsync(HttpContext http)
    {
        if (InternalMethods.All.GetValueOrDefault(http.Request.Path.Value ?? "") is not { IsRepeatable: true })
        {
            await next(http);
            return;
        }

        // A request of a reading method is one small message; one that is larger is sent on as it comes, and not again.
        var original = http.Request.Body;
        await using var body = new RepeatableBody(original, LargestRequest);
        http.Request.Body = body;
        try
        {
            var proxy = http.GetReverseProxyFeature();
            var tried = new List<DestinationState>();
            for (var attempt = 1; ; attempt++)
            {
                await next(http);
                if (attempt == Tries || http.Response.HasStarted || http.RequestAborted.IsCancellationRequested || !body.CanRewind
                    || http.Features.Get<IForwarderErrorFeature>() is not { Error: var error } || !IsBeforeAnswer(error))
                {
                    return;
                }

                if (proxy.ProxiedDestination is { } destination)
                {
                    tried.Add(destination);
                }

                var others = proxy.AllDestinations.Except(tried).ToList();
                proxy.AvailableDestinations = others.Count > 0 ? others : proxy.AllDestinations;
                http.Features.Set<IForwarderErrorFeature>(null);
                http.Response.StatusCode = StatusCodes.Status200OK;
                body.Rewind();
                await Task.Delay(Backoff.Delay(attempt, Random.Shared), time, http.RequestAborted);
            }
        }
        finally
        {
            http.Request.Body = original;
        }
    }

    private static bool IsBeforeAnswer(ForwarderError error) => error is ForwarderError.Request or ForwarderError.RequestBodyDestination
        or ForwarderError.NoAvailableDestinations;
}
