using System.Threading.RateLimiting;
using DirectorySync.Gateway.Rest;
using DirectorySync.Gateway.Scim;
using DirectorySync.Gateway.Scim.Messages;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Hosting;

/// <summary>Requests in work at once. Beyond that, clients are told to come again before anything is spent on them.</summary>
internal sealed class WorkLimit(RequestDelegate next, IOptions<GatewayOptions> options) : IDisposable
{
    private const string Advice = "More requests are being worked on than can be. Try again in a second.";

    private readonly ConcurrencyLimiter limiter = new(new() { PermitLimit = options.Value.ConcurrencyLimit, QueueLimit = 0 });

    public async Task InvokeAsync(HttpContext http)
    {
        using var lease = limiter.AttemptAcquire();
        if (lease.IsAcquired || http.Request.Path.StartsWithSegments("/health"))
        {
            await next(http);
        }
        else if (http.Request.Path.StartsWithSegments(ScimAnswers.Prefix))
        {
            throw new ScimFailure(new ScimError(429, null, Advice, RetryAfter: 1));
        }
        else
        {
            throw new RestFailure(429, "too_many_requests", Advice, retryAfter: 1);
        }
    }

    public void Dispose() => limiter.Dispose();
}
