using DirectorySync.Audit.V1;
using DirectorySync.Gateway.Auth;
using DirectorySync.Gateway.Console;
using DirectorySync.Gateway.Console.SignIn;
using DirectorySync.Gateway.Rest;
using Microsoft.AspNetCore.Antiforgery;

namespace DirectorySync.Gateway.Portal.Access;

/// <summary>Lets a request into a page of the portal if a link was opened for it; forms must come from our own pages.</summary>
internal sealed class PortalAccess(RequestDelegate next, PortalSessions sessions, IAntiforgery antiforgery)
{
    /// <summary>Who acts, in the audit log.</summary>
    public static void Identify(HttpContext http, string linkId, string organizationId)
    {
        var actor = Actors.Of(ActorType.Portal, linkId, "Setup portal", http);
        actor.OrganizationId = organizationId;
        http.Features.Set(actor);
    }

    public async Task InvokeAsync(HttpContext http)
    {
        var session = await sessions.FindAsync(http);
        // The tokens of forms are bound to it.
        http.User = session?.ToPrincipal() ?? new();
        if (session is not null)
        {
            http.Features.Set(session);
            Identify(http, session.LinkId, session.OrganizationId);
        }
        else if (http.GetEndpoint()?.Metadata.GetMetadata<NeedsPortalSession>() is not null)
        {
            Refuse(http);
            return;
        }

        if (HttpMethods.IsPost(http.Request.Method) && !await antiforgery.IsRequestValidAsync(http))
        {
            throw ConsoleErrors.ForeignForm();
        }

        await next(http);
    }

    // What a page asks by itself is told that it is over: the script then reads the page anew.
    private static void Refuse(HttpContext http)
    {
        if (!http.Request.Headers.ContainsKey(SignInHosting.LiveHeader))
        {
            throw new RestFailure(PortalErrors.SessionOver);
        }

        http.Response.StatusCode = StatusCodes.Status401Unauthorized;
        http.Response.ContentType = "text/plain";
    }
}

/// <summary>Marks the pages that are open only to who came by a link.</summary>
internal sealed class NeedsPortalSession;
