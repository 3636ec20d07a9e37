using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Gateway.Auth;
using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Console;
using DirectorySync.Gateway.Rest;
using DirectorySync.Identity.V1;
using Grpc.Core;

namespace DirectorySync.Gateway.Portal.Access;

/// <summary>Looks at links, and opens them. To look uses up nothing: programs that read mail follow every link in it.</summary>
internal sealed class LinkForms(
    PortalLinkService.PortalLinkServiceClient links, PortalSessions sessions, GuessingBrake brake, ServiceCalls calls, TimeProvider time)
{
    private const string Brake = "portal";

    /// <summary>The link; RestFailure that says why not.</summary>
    public async Task<PortalLink> LookAsync(HttpContext http, string token)
    {
        var (id, hash) = Read(token);
        var request = new ResolvePortalLinkRequest { Id = id, SecretHash = hash.ToByteString() };
        var link = (await ProveAsync(http, call => links.ResolvePortalLinkAsync(request, call).ResponseAsync)).PortalLink;
        return link.OpenTime is not null ? throw new RestFailure(PortalErrors.Opened)
            : link.ExpireTime.ToDateTimeOffset() <= time.GetUtcNow() ? throw new RestFailure(PortalErrors.Expired)
            : link;
    }

    public async Task<IResult> OpenAsync(HttpContext http, Form form)
    {
        var (id, hash) = Read(form.Text("token"));
        if (PortalSession.Find(http)?.LinkId == id)
        {
            // The button was pressed twice.
            return Pages.See(PortalPages.Portal);
        }

        PortalAccess.Identify(http, id, "");
        var request = new OpenPortalLinkRequest { Id = id, SecretHash = hash.ToByteString(), RequestId = Guid.CreateVersion7().ToString() };
        try
        {
            var opened = await ProveAsync(http, call => links.OpenPortalLinkAsync(request, call).ResponseAsync);
            await sessions.BeginAsync(http, new(opened.PortalLink, time.GetUtcNow()));
        }
        catch (RpcException e) when (e.Reason() == ErrorReason.PortalLinkSpent)
        {
            // Says which of the two it is.
            await LookAsync(http, form.Text("token"));
            throw;
        }

        return Pages.See(PortalPages.Portal);
    }

    private async Task<T> ProveAsync<T>(HttpContext http, Func<CallOptions, Task<T>> call)
    {
        try
        {
            return await calls.SendAsync(http, call);
        }
        catch (RpcException e) when (e.Reason() == ErrorReason.InvalidCredentials)
        {
            throw new RestFailure(await brake.WaitAsync(Brake, http.Connection.RemoteIpAddress, http.RequestAborted)
                ? PortalErrors.Unknown : new(429, "too_many_failures", "Too many wrong links were tried. Wait a minute, then try again.", RetryAfter: 60));
        }
    }

    // The id, a dot, the secret.
    private static (string Id, SecretHash Secret) Read(string token)
    {
        var dot = token.IndexOf('.', StringComparison.Ordinal);
        return (dot < 0 ? "" : token[..dot], SecretHash.Of(token[(dot + 1)..]));
    }
}
