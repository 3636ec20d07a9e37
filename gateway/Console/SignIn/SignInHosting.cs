using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace DirectorySync.Gateway.Console.SignIn;

/// <summary>The session's cookie, and the OpenID provider where one is set.</summary>
internal static class SignInHosting
{
    public const string Oidc = "oidc";

    /// <summary>A request that the page makes by itself: it does not keep a session alive.</summary>
    public const string LiveHeader = "X-Live";

    public static void AddSignIn(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<Sessions>();
        var authentication = builder.Services.AddAuthentication().AddCookie(Session.Scheme);
        builder.Services.AddOptions<CookieAuthenticationOptions>(Session.Scheme)
            .Configure<IOptions<ConsoleOptions>, IOptions<GatewayOptions>>((cookie, console, gateway) =>
            {
                cookie.Cookie.Name = "directory-sync-console";
                cookie.Cookie.Path = Pages.Console;
                cookie.Cookie.HttpOnly = true;
                cookie.Cookie.SameSite = SameSiteMode.Lax;
                cookie.Cookie.SecurePolicy = CookieSecurity.Of(gateway.Value);
                cookie.ExpireTimeSpan = console.Value.IdleTimeout;
                cookie.SlidingExpiration = true;
                cookie.Events.OnCheckSlidingExpiration = check =>
                {
                    check.ShouldRenew &= !check.Request.Headers.ContainsKey(LiveHeader);
                    return Task.CompletedTask;
                };
            });
        var oidc = builder.Configuration.GetSection("Console:Oidc").Get<OidcOptions>() ?? new();
        if (oidc.IsOn)
        {
            builder.Services.AddSingleton<OidcPerson>();
            authentication.AddOpenIdConnect(Oidc, _ => { });
            builder.Services.AddOptions<OpenIdConnectOptions>(Oidc)
                .Configure<IOptions<GatewayOptions>, OidcPerson>((options, gateway, person) => Configure(options, oidc, gateway.Value, person));
        }
    }

    private static void Configure(OpenIdConnectOptions options, OidcOptions oidc, GatewayOptions gateway, OidcPerson person)
    {
        options.SignInScheme = Session.Scheme;
        options.Authority = oidc.Authority;
        options.RequireHttpsMetadata = !new Uri(oidc.Authority).IsLoopback;
        options.ClientId = oidc.ClientId;
        options.ClientSecret = oidc.ClientSecret;
        options.ResponseType = OpenIdConnectResponseType.Code;
        // The provider sends the browser back by a link, so the cookies of the way there may stay with this site.
        options.ResponseMode = OpenIdConnectResponseMode.Query;
        options.UsePkce = true;
        options.MapInboundClaims = false;
        options.GetClaimsFromUserInfoEndpoint = true;
        options.CallbackPath = Pages.Console + "/sign-in/callback";
        options.RemoteSignOutPath = default;
        options.SignedOutCallbackPath = Pages.Console + "/sign-in/signed-out";
        options.ClaimActions.MapAll();
        options.Scope.Clear();
        foreach (var scope in oidc.Scope.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            options.Scope.Add(scope);
        }

        foreach (var cookie in (ReadOnlySpan<CookieBuilder>)[options.CorrelationCookie, options.NonceCookie])
        {
            cookie.SameSite = SameSiteMode.Lax;
            cookie.SecurePolicy = CookieSecurity.Of(gateway);
        }

        options.Events.OnRedirectToIdentityProvider = redirect =>
        {
            // Behind a proxy that is not named, the request does not know its own address.
            if (gateway.PublicUrl is { } address)
            {
                redirect.ProtocolMessage.RedirectUri = address.AbsoluteUri.TrimEnd('/') + options.CallbackPath;
            }

            return Task.CompletedTask;
        };
        options.Events.OnTicketReceived = person.ReceiveAsync;
        options.Events.OnRemoteFailure = person.RefuseAsync;
    }
}

/// <summary>Cookies leave over https only, wherever the installation is reached by it.</summary>
internal static class CookieSecurity
{
    public static CookieSecurePolicy Of(GatewayOptions options) =>
        options.PublicUrl?.Scheme == Uri.UriSchemeHttps ? CookieSecurePolicy.Always : CookieSecurePolicy.SameAsRequest;
}
