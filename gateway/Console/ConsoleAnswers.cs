using DirectorySync.Gateway.Hosting;
using DirectorySync.Gateway.Portal;
using DirectorySync.Gateway.Rest;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DirectorySync.Gateway.Console;

/// <summary>The last line of all pages: whatever goes wrong, the answer is a page that says what to do.</summary>
internal sealed class ConsoleAnswers(RequestDelegate next, RestErrors errors, ILogger<ConsoleAnswers> logger)
{
    /// <summary>Of a form; uploads have their own limit.</summary>
    private const long LargestForm = 1024 * 1024;

    public async Task InvokeAsync(HttpContext http)
    {
        if (!Pages.IsPage(http.Request.Path))
        {
            await next(http);
            return;
        }

        Pages.SetHeaders(http.Response);
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = LargestForm;
        }

        try
        {
            await next(http);
            if (http.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null })
            {
                await AnswerAsync(http, ConsoleErrors.Describe(http.Response.StatusCode));
            }
        }
        catch (Exception e) when (ClientGone.IsReason(e, http))
        {
            // The client has gone: there is nobody to answer.
        }
        catch (Exception e)
        {
            var error = errors.From(e);
            if (error == RestErrors.Unforeseen)
            {
                logger.Unforeseen(http.Request.Method, (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "/", e);
            }

            if (http.Response.HasStarted)
            {
                // A half page must not look like a whole one.
                http.Abort();
                return;
            }

            await AnswerAsync(http, error);
        }
    }

    private static async Task AnswerAsync(HttpContext http, RestError error)
    {
        http.Response.ContentLength = null;
        // Set by a page whose rendering had begun.
        http.Response.Headers.Remove("blazor-enhanced-nav");
        if (error.RetryAfter is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        // The page that failed may have begun to be rendered: this one has services of its own.
        var services = http.RequestServices;
        await using var scope = services.CreateAsyncScope();
        http.RequestServices = scope.ServiceProvider;
        try
        {
            Visit.Of(http).Refusal = error;
            IResult page = PortalPages.IsPage(http.Request.Path)
                ? new RazorComponentResult<PortalErrorPage> { StatusCode = error.Status } : new RazorComponentResult<ErrorPage> { StatusCode = error.Status };
            await page.ExecuteAsync(http);
        }
        finally
        {
            http.RequestServices = services;
        }
    }
}
