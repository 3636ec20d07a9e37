using DirectorySync.Gateway.Console;
using DirectorySync.Gateway.Hosting;

namespace DirectorySync.Gateway.Rest;

/// <summary>The last line of all that is neither SCIM nor a page: whatever goes wrong, the answer is a JSON error.</summary>
internal sealed class RestAnswers(RequestDelegate next, RestErrors errors, ILogger<RestAnswers> logger)
{
    private static readonly PathString Scim = "/scim";

    public async Task InvokeAsync(HttpContext http)
    {
        if (http.Request.Path.StartsWithSegments(Scim) || Pages.IsPage(http.Request.Path))
        {
            await next(http);
            return;
        }

        try
        {
            await next(http);
            if (http.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null })
            {
                await RestResponse.WriteErrorAsync(http, RestErrors.Describe(http.Response.StatusCode));
            }
        }
        catch (Exception e) when (ClientGone.IsReason(e, http))
        {
            // The client has gone: there is nobody to answer.
        }
        catch (Exception e)
        {
            await AnswerAsync(http, e);
        }
    }

    private async Task AnswerAsync(HttpContext http, Exception exception)
    {
        var error = errors.From(exception);
        if (error == RestErrors.Unforeseen)
        {
            logger.Unforeseen(http.Request.Method, (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "/", exception);
        }

        if (http.Response.HasStarted)
        {
            // A half answer must not look like a whole one.
            http.Abort();
            return;
        }

        await RestResponse.WriteErrorAsync(http, error);
    }
}
