using Microsoft.AspNetCore.Authentication;

namespace DirectorySync.Gateway.Portal.Access;

/// <summary>Begins, finds and ends sessions of the portal.</summary>
internal sealed class PortalSessions(TimeProvider time)
{
    public Task BeginAsync(HttpContext http, PortalSession session) => http.SignInAsync(
        PortalSession.Scheme, session.ToPrincipal(), new() { IssuedUtc = time.GetUtcNow(), ExpiresUtc = session.Since + PortalSession.Lifetime });

    public static Task EndAsync(HttpContext http) => http.SignOutAsync(PortalSession.Scheme);

    /// <summary>The session of the request's cookie; null: there is none, or its time is over.</summary>
    public async Task<PortalSession?> FindAsync(HttpContext http)
    {
        var ticket = await http.AuthenticateAsync(PortalSession.Scheme);
        return ticket.Principal is { } principal && PortalSession.Find(principal) is { } session && time.GetUtcNow() < session.Since + PortalSession.Lifetime
            ? session : null;
    }
}
