using System.Security.Claims;
using DirectorySync.Audit.V1;
using DirectorySync.Gateway.Auth;
using DirectorySync.Gateway.Console;
using DirectorySync.Gateway.Console.SignIn;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Tests.Console;

/// <summary>What becomes of the claims of an OpenID provider.</summary>
public sealed class OidcPersonTests
{
    [Theory]
    [InlineData("sync-viewers", ConsoleRole.Viewer)]
    [InlineData("sync-operators", ConsoleRole.Operator)]
    [InlineData("sync-viewers sync-admins", ConsoleRole.Admin)]
    public void The_highest_role_counts(string values, ConsoleRole role)
    {
        var session = Find(new(), [.. values.Split(' ').Select(value => new Claim("groups", value)), new("sub", "ada"), new("name", "Ada")]);

        Assert.NotNull(session);
        Assert.Equal((ActorType.User, "ada", "Ada", role, null), (session.Type, session.Id, session.Name, session.Role, session.OrganizationId));
        Assert.Equal(session with { Since = default }, Session.Find(session.ToPrincipal())! with { Since = default });
    }

    [Fact]
    public void Without_a_role_nobody_comes_in() => Assert.Null(Find(new(), [new("groups", "everyone"), new("sub", "ada")]));

    [Fact]
    public void Where_organizations_are_told_apart_nobody_comes_in_without_one()
    {
        var oidc = new OidcOptions { OrganizationClaim = "organization" };

        Assert.Null(Find(oidc, [new("groups", "sync-admins"), new("sub", "ada")]));
        Assert.Equal("org_1", Find(oidc, [new("groups", "sync-admins"), new("sub", "ada"), new("organization", "org_1")])!.OrganizationId);
        Assert.Null(Find(oidc, [new("groups", "sync-admins"), new("sub", "ada"), new("organization", "*")])!.OrganizationId);
    }

    [Fact]
    public void A_session_of_a_key_keeps_its_hash_and_not_the_key()
    {
        var session = new Session(ActorType.ApiKey, "key_1", "laptop", ConsoleRole.Operator, "org_1", DateTimeOffset.UnixEpoch, SecretHash.Of("sk_secret"));

        Assert.Equal(session, Session.Find(session.ToPrincipal()));
        Assert.DoesNotContain(session.ToPrincipal().Claims, claim => claim.Value.Contains("sk_secret", StringComparison.Ordinal));
    }

    private static Session? Find(OidcOptions oidc, Claim[] claims)
    {
        (oidc.RoleClaim, oidc.Viewers, oidc.Operators, oidc.Admins) = ("groups", "sync-viewers", "sync-operators", "sync-admins, sync-owners");
        return new OidcPerson(Options.Create(new ConsoleOptions { Oidc = oidc }), TimeProvider.System, NullLogger<OidcPerson>.Instance)
            .Find(new(new ClaimsIdentity(claims, "test")));
    }
}
