using DirectorySync.Gateway.Console.Organizations;
using DirectorySync.Gateway.Console.SignIn;
using DirectorySync.Gateway.Hosting;
using Microsoft.AspNetCore.Antiforgery;
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
        builder.Services.AddSingleton<OrganizationForms>();
        return builder;
    }

    /// <summary>Behind routing.</summary>
    public static void UseConsoleAccess(this WebApplication app) => app.UseWhen(
        http => Pages.IsPage(http.Request.Path),
        pages => pages.UseAuthentication().UseMiddleware<ConsoleAccess>());

    public static void MapConsole(this WebApplication app)
    {
        app.MapRead("/", (HttpContext http) => http.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
            ? Results.Redirect(Pages.Console) : Results.StatusCode(StatusCodes.Status404NotFound));
        app.MapAssets();
        app.MapSignIn();
        var console = app.MapGroup(Pages.Console);
        MapOrganizations(console, app.Services.GetRequiredService<OrganizationForms>());
    }

    private static void MapOrganizations(RouteGroupBuilder console, OrganizationForms forms)
    {
        console.MapPage<OrganizationsPage>("");
        console.MapPage<OrganizationPage>("/organizations/{id}");
        console.MapPage<NewOrganizationPage>("/organizations/new", ConsoleRole.Operator, wholeDeployment: true);
        console.MapForm<NewOrganizationPage>("/organizations/new", forms.CreateAsync, ConsoleRole.Operator, wholeDeployment: true);
        console.MapForm<OrganizationPage>("/organizations/{id}/rename", forms.RenameAsync);
        console.MapForm<OrganizationPage>("/organizations/{id}/delete", forms.DeleteAsync, ConsoleRole.Admin);
    }
}
