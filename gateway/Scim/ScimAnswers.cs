using DirectorySync.Gateway.Auth;
using DirectorySync.Gateway.Hosting;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Scim;

/// <summary>The last line of the whole /scim space: whatever goes wrong, the answer is a SCIM error.</summary>
internal sealed class ScimAnswers(RequestDelegate next, ScimErrors errors, KnownProviders providers, ILogger<ScimAnswers> logger)
{
    public static readonly PathString Prefix = "/scim";

    public async Task InvokeAsync(HttpContext http)
    {
        if (!http.Request.Path.StartsWithSegments(Prefix))
        {
            await next(http);
            return;
        }

        http.Request.Path = WithSingleSlashes(http.Request.Path);
        try
        {
            await next(http);
            if (http.Response.StatusCode >= 400 && !ScimResponse.IsBegun(http))
            {
                await ScimResponse.WriteErrorAsync(http, ScimStatus.Describe(http.Response.StatusCode));
            }

            await ScimResponse.EndAsync(http);
        }
        catch (Exception e) when (ClientGone.IsReason(e, http))
        {
            // The client has gone: there is nobody to answer.
        }
        catch (Exception e)
        {
            var error = errors.From(e, ProviderOf(http));
            if (error == ScimErrors.Unforeseen)
            {
                logger.Unforeseen(http.Request.Method, Route(http), e);
            }

            if (http.Response.HasStarted)
            {
                http.Features.Get<HeldBody>()?.Clear();
                // A half answer must not look like a whole one.
                http.Abort();
                return;
            }

            await ScimResponse.WriteErrorAsync(http, error);
            await ScimResponse.EndAsync(http);
        }
    }

    /// <summary>A base URL pasted with a slash at its end, before the client's own, means the same.</summary>
    public static PathString WithSingleSlashes(PathString path)
    {
        var value = path.Value!;
        while (value.Contains("//", StringComparison.Ordinal))
        {
            value = value.Replace("//", "/", StringComparison.Ordinal);
        }

        return value;
    }

    private Provider ProviderOf(HttpContext http) => http.Features.Get<ScimScope>()?.Directory.Provider
        ?? providers.Guess(ScimAuthentication.FindEndpoint(http.Request.Path), http.Request.Headers.UserAgent);

    // The route's pattern, since a path holds ids.
    private static string Route(HttpContext http) => (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? Prefix;
}
