using DirectorySync.Gateway.Console;
using DirectorySync.Gateway.Console.SignIn;
using DirectorySync.Gateway.Hosting;
using DirectorySync.Gateway.Portal.Access;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Portal;

/// <summary>The setup portal for IT admins of customers: its pages, and the session that a link opens.</summary>
internal static class PortalHosting
{
    public static WebApplicationBuilder AddPortal(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<PortalSessions>().AddSingleton<LinkForms>().AddSingleton<SetupReads>().AddSingleton<SetupForms>();
        builder.Services.AddAuthentication().AddCookie(PortalSession.Scheme);
        builder.Services.AddOptions<CookieAuthenticationOptions>(PortalSession.Scheme).Configure<IOptions<GatewayOptions>>((cookie, gateway) =>
        {
            cookie.Cookie.Name = "directory-sync-portal";
            cookie.Cookie.Path = PortalPages.Portal;
            cookie.Cookie.HttpOnly = true;
            cookie.Cookie.SameSite = SameSiteMode.Lax;
            cookie.Cookie.SecurePolicy = CookieSecurity.Of(gateway.Value);
            cookie.ExpireTimeSpan = PortalSession.Lifetime;
            cookie.SlidingExpiration = false;
        });
        return builder;
    }

    /// <summary>Behind routing.</summary>
    public static void UsePortalAccess(this WebApplication app) => app.UseWhen(
        http => PortalPages.IsPage(http.Request.Path),
        pages => pages.UseMiddleware<PortalAccess>());

    public static void MapPortal(this WebApplication app)
    {
        var links = app.Services.GetRequiredService<LinkForms>();
        app.MapRead(PortalPages.Start, () => new RazorComponentResult<StartPage>());
        app.MapPost(PortalPages.Start, http => PageRoutes.SubmitAsync<StartPage>(http, links.OpenAsync));
        app.MapPost(PortalPages.Theme, http => PageRoutes.SubmitAsync<PortalErrorPage>(http, SetupForms.ChooseThemeAsync));

        var forms = app.Services.GetRequiredService<SetupForms>();
        var pages = app.MapGroup(PortalPages.Portal).WithMetadata(new NeedsPortalSession());
        pages.MapRead("", forms.BeginAsync);
        Map<NewDirectoryPage>(pages, "/directories/new", forms.CreateDirectoryAsync);
        Map<KindPage>(pages, "/directories/{directory}", forms.ChooseKindAsync);
        Map<StepPage>(pages, "/directories/{directory}/{guide}/{step}", forms.CreateTokenAsync);
        pages.MapPost("/finish", http => PageRoutes.SubmitAsync<FinishedPage>(http, SetupForms.FinishAsync));
    }

    private static void Map<TPage>(RouteGroupBuilder pages, string pattern, Func<HttpContext, Form, Task<IResult>> submit)
        where TPage : IComponent
    {
        pages.MapRead(pattern, () => new RazorComponentResult<TPage>());
        pages.MapPost(pattern, http => PageRoutes.SubmitAsync<TPage>(http, submit));
    }
}
