using DirectorySync.Gateway.Portal;

namespace DirectorySync.Gateway.Console;

/// <summary>Where pages are, and what browsers may do with them.</summary>
internal static class Pages
{
    public const string Console = "/console";
    public const string Assets = "/console/assets";
    public const string SignIn = "/console/sign-in";

    private const string ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

    /// <summary>True: what is answered there is a page for people, errors included.</summary>
    public static bool IsPage(PathString path) => path.StartsWithSegments(Console) || PortalPages.IsPage(path);

    public static void SetHeaders(HttpResponse response)
    {
        response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        response.Headers["Referrer-Policy"] = "same-origin";
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
        response.Headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()";
    }

    /// <summary>After a form is done: the browser reads the page anew, so that a reload sends nothing again.</summary>
    /// <param name="address">A path of this site.</param>
    /// <param name="said">What has been done, as <see cref="Notices"/> knows it; null: nothing is said.</param>
    public static IResult See(string address, string? said = null) => new SeeOther(
        said is null ? address : $"{address}{(address.Contains('?', StringComparison.Ordinal) ? '&' : '?')}said={said}");

    /// <summary>The address if it is one of the console's pages, else its first page: a link may not lead elsewhere.</summary>
    public static string Own(string? address) =>
        address is not null && (address == Console || address.StartsWith(Console + "/", StringComparison.Ordinal) || address.StartsWith(Console + "?", StringComparison.Ordinal))
        && !address.Contains('\\', StringComparison.Ordinal) && !address.Contains("..", StringComparison.Ordinal) && !address.Any(char.IsControl) && !address.StartsWith(SignIn, StringComparison.Ordinal)
            ? address : Console;

    private sealed class SeeOther(string address) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
            httpContext.Response.Headers.Location = address;
            return Task.CompletedTask;
        }
    }
}
