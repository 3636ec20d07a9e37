using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Gateway.Auth;
using DirectorySync.Gateway.Hosting;
using DirectorySync.Gateway.Rest;
using Grpc.Core;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Console.SignIn;

/// <summary>/console/sign-in, /console/sign-out and the choice of light or dark: what needs no session.</summary>
internal static class SignInEndpoints
{
    private const string Brake = "console";

    public static void MapSignIn(this IEndpointRouteBuilder routes)
    {
        routes.MapRead(Pages.SignIn, () => new RazorComponentResult<SignInPage>());
        routes.MapPost(Pages.SignIn, http => PageRoutes.SubmitAsync<SignInPage>(http, ByKeyAsync));
        routes.MapRead(Pages.SignIn + "/oidc", ByOidc);
        routes.MapForm<ErrorPage>(Pages.Console + "/sign-out", OutAsync, ConsoleRole.Viewer);
        routes.MapPost(Theme.Address, http => PageRoutes.SubmitAsync<ErrorPage>(http, ChooseThemeAsync));
    }

    private static async Task<IResult> ByKeyAsync(HttpContext http, Form form)
    {
        var secret = form.Require("key", "API key");
        form.Check();
        var sessions = http.RequestServices.GetRequiredService<Sessions>();
        try
        {
            await Sessions.BeginAsync(http, await sessions.OpenAsync(http, secret));
        }
        catch (RpcException e) when (e.Reason() == ErrorReason.InvalidCredentials)
        {
            var brake = http.RequestServices.GetRequiredService<GuessingBrake>();
            if (!await brake.WaitAsync(Brake, http.Connection.RemoteIpAddress, http.RequestAborted))
            {
                throw new RestFailure(429, "too_many_failures", "Too many wrong API keys were tried. Wait a minute, then try again.", retryAfter: 60);
            }

            var refused = RestErrors.Invalid("key", "invalid_value", "This API key is not valid: it is mistyped, expired or revoked. Ask an administrator for one.");
            return PageRoutes.Again<SignInPage>(http, form, refused);
        }

        return Pages.See(Pages.Own(form.Text("return")));
    }

    private static IResult ByOidc(HttpContext http, IOptions<ConsoleOptions> options) => options.Value.Oidc.IsOn
        ? Results.Challenge(new AuthenticationProperties { RedirectUri = Pages.Own(http.Request.Query["return"]) }, [SignInHosting.Oidc])
        : Results.StatusCode(StatusCodes.Status404NotFound);

    private static async Task<IResult> OutAsync(HttpContext http, Form form)
    {
        await Sessions.EndAsync(http);
        return Pages.See(Pages.SignIn, "signed-out");
    }

    private static Task<IResult> ChooseThemeAsync(HttpContext http, Form form)
    {
        Theme.Choose(http, form.Text("theme"));
        var back = form.Text("return");
        return Task.FromResult(Pages.See(back.StartsWith(Pages.SignIn, StringComparison.Ordinal) ? Pages.SignIn : Pages.Own(back)));
    }
}
