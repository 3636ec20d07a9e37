using DirectorySync.Gateway.Console.SignIn;
using DirectorySync.Gateway.Hosting;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Console;

/// <summary>The console for the vendor's operators: its pages, and what each asks of who opens it.</summary>
internal static class ConsoleHosting
{
    public static WebApplicationBuilder AddConsole(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<ConsoleOptions, ConsoleOptionsValidator>().BindConfiguration("Console");
        builder.Services.AddRazorComponents();
        builder.Services.AddAntiforgery();
        builder.Services.AddOptions<AntiforgeryOptions>().Configure<IOptions<GatewayOptions>>((forms, gateway) =>
        {
            forms.Cookie.Name = "directory-sync-forms";
            forms.Cookie.SecurePolicy = CookieSecurity.Of(gateway.Value);
            // Nobody may frame us at all, which is said elsewhere.
            forms.SuppressXFrameOptionsHeader = true;
        });
        builder.AddSignIn();
        builder.Services.AddOptions<FormOptions>().Configure<IOptions<GatewayOptions>>((forms, gateway) =>
        {
            // Rules come as one form; uploads stay in memory, for there is no disk to write to.
            forms.ValueCountLimit = 8192;
            forms.MemoryBufferThreshold = gateway.Value.GroupBodyLimit;
        });
        ConsoleRoutes.Add(builder.Services);
        return builder;
    }

    /// <summary>Behind routing.</summary>
    public static void UseConsoleAccess(this WebApplication app)
    {
        // Else the framework puts both before everything, proxies and security headers included, and in the way of SCIM.
        var properties = ((IApplicationBuilder)app).Properties;
        properties["__AuthenticationMiddlewareSet"] = properties["__AuthorizationMiddlewareSet"] = true;
        app.UseWhen(http => http.Request.Path.StartsWithSegments(Pages.Console), pages => pages.UseAuthentication().UseMiddleware<ConsoleAccess>());
    }

    public static void MapConsole(this WebApplication app)
    {
        app.MapRead("/", (HttpContext http) => http.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
            ? Results.Redirect(Pages.Console) : Results.StatusCode(StatusCodes.Status404NotFound));
        app.MapAssets();
        app.MapSignIn();
        ConsoleRoutes.Map(app.MapGroup(Pages.Console), app.Services);
    }
}
