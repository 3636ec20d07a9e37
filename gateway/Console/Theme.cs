using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Console;

/// <summary>Light or dark: what the reader chose, else what the browser prefers.</summary>
internal static class Theme
{
    public const string Address = Pages.Console + "/theme";

    private const string Cookie = "directory-sync-theme";

    /// <summary>"light" or "dark"; null: as the browser prefers.</summary>
    public static string? Find(HttpContext http) => http.Request.Cookies[Cookie] is "light" or "dark" ? http.Request.Cookies[Cookie] : null;

    public static void Choose(HttpContext http, string theme)
    {
        var options = http.RequestServices.GetRequiredService<IOptions<GatewayOptions>>().Value;
        var cookie = new CookieBuilder
        {
            Name = Cookie, Path = "/", HttpOnly = true, SameSite = SameSiteMode.Lax, SecurePolicy = SignIn.CookieSecurity.Of(options),
            MaxAge = TimeSpan.FromDays(365), IsEssential = true,
        }.Build(http);
        if (theme is "light" or "dark")
        {
            http.Response.Cookies.Append(Cookie, theme, cookie);
        }
        else
        {
            http.Response.Cookies.Delete(Cookie, cookie);
        }
    }
}
