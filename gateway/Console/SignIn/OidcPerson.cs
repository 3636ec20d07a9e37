using System.Security.Claims;
using DirectorySync.Audit.V1;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Console.SignIn;

/// <summary>What the OpenID provider says about a person, as a session.</summary>
internal sealed class OidcPerson(IOptions<ConsoleOptions> options, TimeProvider time, ILogger<OidcPerson> logger)
{
    private const string AllOrganizations = "*";

    public Task ReceiveAsync(TicketReceivedContext context)
    {
        if (Find(context.Principal!) is { } session)
        {
            context.Principal = session.ToPrincipal();
            // Nothing of the provider's is kept in the cookie.
            context.Properties = new() { RedirectUri = context.ReturnUri };
            return Task.CompletedTask;
        }

        context.HandleResponse();
        context.Response.Redirect($"{Pages.SignIn}?refused=role");
        return Task.CompletedTask;
    }

    public Task RefuseAsync(RemoteFailureContext context)
    {
        logger.SignInFailed(context.Failure?.GetType().Name ?? "", context.Failure);
        context.HandleResponse();
        context.Response.Redirect($"{Pages.SignIn}?refused=provider");
        return Task.CompletedTask;
    }

    /// <summary>Null: no value of the role claim is one of those that may come in, or the claim with the organization is missing.</summary>
    internal Session? Find(ClaimsPrincipal principal)
    {
        var oidc = options.Value.Oidc;
        var values = principal.FindAll(oidc.RoleClaim).Select(claim => claim.Value).ToHashSet(StringComparer.Ordinal);
        bool Has(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Any(values.Contains);
        ConsoleRole? role = Has(oidc.Admins) ? ConsoleRole.Admin
            : Has(oidc.Operators) ? ConsoleRole.Operator
            : Has(oidc.Viewers) ? ConsoleRole.Viewer
            : null;
        var organization = oidc.OrganizationClaim.Length == 0 ? AllOrganizations : principal.FindFirst(oidc.OrganizationClaim)?.Value;
        if (role is null || string.IsNullOrWhiteSpace(organization) || principal.FindFirst("sub")?.Value is not { Length: > 0 } subject)
        {
            return null;
        }

        var name = principal.FindFirst("name")?.Value ?? principal.FindFirst("email")?.Value ?? subject;
        return new(ActorType.User, subject, name, role.Value, organization == AllOrganizations ? null : organization, time.GetUtcNow(), null);
    }
}
