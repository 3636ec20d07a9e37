using DirectorySync.Audit.V1;
using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Gateway.Auth;
using DirectorySync.Identity.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Console.SignIn;

/// <summary>Begins, finds and ends sessions.</summary>
internal sealed class Sessions(KeyAuthentication keys, IOptions<ConsoleOptions> options, TimeProvider time)
{
    public static Task BeginAsync(HttpContext http, Session session) => http.SignInAsync(Session.Scheme, session.ToPrincipal());

    public static Task EndAsync(HttpContext http) => http.SignOutAsync(Session.Scheme);

    /// <summary>The session of the request's cookie; null: there is none, it has ended, or its API key is no longer valid.</summary>
    public async Task<Session?> FindAsync(HttpContext http)
    {
        var ticket = await http.AuthenticateAsync(Session.Scheme);
        if (ticket.Principal is null)
        {
            return null;
        }

        if (Session.Find(ticket.Principal) is not { } session || time.GetUtcNow() - session.Since > options.Value.SessionLifetime)
        {
            await EndAsync(http);
            return null;
        }

        if (session.Key is not { } key)
        {
            return session;
        }

        try
        {
            // What the key may do now, not what it could when it signed in.
            return Of(await keys.ResolveAsync(http, key), key, session.Since);
        }
        catch (RpcException e) when (e.Reason() == ErrorReason.InvalidCredentials)
        {
            await EndAsync(http);
            return null;
        }
    }

    /// <summary>A new session of an API key. RpcException UNAUTHENTICATED if it is not valid.</summary>
    public async Task<Session> OpenAsync(HttpContext http, string secret)
    {
        var hash = SecretHash.Of(secret);
        return Of(await keys.ResolveAsync(http, hash), hash, time.GetUtcNow());
    }

    private static Session Of(ApiKey key, SecretHash hash, DateTimeOffset since) => new(
        ActorType.ApiKey, key.Id, key.Name, (ConsoleRole)key.Scopes.Max(), key.OrganizationId.Length > 0 ? key.OrganizationId : null, since, hash);
}
