using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Scim.Requests;

/// <summary>Stands around all that answers SCIM: whatever is answered to a directory's identity provider is in the directory's log.</summary>
internal sealed class RequestRecording(
    RequestDelegate next, RequestLog log, ScimMetrics metrics, IOptions<GatewayOptions> options, TimeProvider time)
{
    public async Task InvokeAsync(HttpContext http)
    {
        if (!http.Request.Path.StartsWithSegments(ScimAnswers.Prefix))
        {
            await next(http);
            return;
        }

        var trail = new RequestTrail(time.GetUtcNow(), options.Value.RequestLog ? options.Value.LoggedBodyBytes : 0);
        http.Features.Set(trail);
        try
        {
            await next(http);
        }
        finally
        {
            trail.End(http, PathBelow(http.Request.Path));
            metrics.Record(http, trail);
            if (options.Value.RequestLog && trail.IsOfDirectory)
            {
                log.Add(trail);
            }
        }
    }

    // Without the endpoint: it is the directory's.
    private static string PathBelow(PathString path) =>
        path.Value!.Split('/', 5, StringSplitOptions.None) is [_, _, _, _, var rest] ? "/" + rest : "/";
}
