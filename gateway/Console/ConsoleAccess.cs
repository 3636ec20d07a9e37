using DirectorySync.Gateway.Auth;
using DirectorySync.Gateway.Console.SignIn;
using DirectorySync.Gateway.Rest;
using Microsoft.AspNetCore.Antiforgery;

namespace DirectorySync.Gateway.Console;

/// <summary>Lets a request into a page or a form of the console if who is signed in may open it; forms must come from our own pages.</summary>
internal sealed class ConsoleAccess(RequestDelegate next, Sessions sessions, IAntiforgery antiforgery)
{
    public async Task InvokeAsync(HttpContext http)
    {
        if (http.Request.Path.StartsWithSegments(Pages.Assets))
        {
            await next(http);
            return;
        }

        var session = await sessions.FindAsync(http);
        // The tokens of forms are bound to it.
        http.User = session?.ToPrincipal() ?? new();
        Visit.Of(http).Session = session;
        var required = http.GetEndpoint()?.Metadata.GetMetadata<RequiredRole>();
        if (required is not null && session is null)
        {
            Refuse(http);
            return;
        }

        if (required is not null && session is not null)
        {
            if (!session.Covers(required))
            {
                throw ConsoleErrors.RoleMissing(required, session);
            }

            http.Features.Set(new RestCaller(session.Id, session.OrganizationId));
            http.Features.Set(Actors.Of(session.Type, session.Id, session.Name, http));
        }

        if (HttpMethods.IsPost(http.Request.Method) && !await antiforgery.IsRequestValidAsync(http))
        {
            throw ConsoleErrors.ForeignForm();
        }

        await next(http);
    }

    /// <summary>To the sign-in page and back; what a page asks by itself is told that it is over.</summary>
    private static void Refuse(HttpContext http)
    {
        if (http.Request.Headers.ContainsKey(SignInHosting.LiveHeader))
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            http.Response.ContentType = "text/plain";
            return;
        }

        var back = HttpMethods.IsPost(http.Request.Method) ? Pages.Console : http.Request.Path + http.Request.QueryString;
        http.Response.StatusCode = StatusCodes.Status303SeeOther;
        http.Response.Headers.Location = back == Pages.Console ? Pages.SignIn : $"{Pages.SignIn}?return={Uri.EscapeDataString(back)}";
    }
}
