using System.Globalization;
using System.Security.Claims;
using DirectorySync.Audit.V1;
using DirectorySync.Gateway.Auth;

namespace DirectorySync.Gateway.Console.SignIn;

/// <summary>Who is signed in. All of it is in the cookie, so any replica answers any request.</summary>
/// <param name="Type">A person of the OpenID provider, or an API key.</param>
/// <param name="Id">The person's subject, or the key's id.</param>
/// <param name="Name">Shown to people.</param>
/// <param name="Role">What it may do.</param>
/// <param name="OrganizationId">The only organization it sees; null: all.</param>
/// <param name="Since">When it signed in.</param>
/// <param name="Key">Of an API key: its hash, by which it is asked again at each request.</param>
internal sealed record Session(
    ActorType Type, string Id, string Name, ConsoleRole Role, string? OrganizationId, DateTimeOffset Since, SecretHash? Key)
{
    /// <summary>The cookie's scheme.</summary>
    public const string Scheme = "console";

    public bool Covers(RequiredRole required) => Role >= required.Role && !(required.WholeDeployment && OrganizationId is not null);

    public ClaimsPrincipal ToPrincipal()
    {
        List<Claim> claims =
        [
            // By this name the tokens of forms are bound to who is signed in.
            new(ClaimTypes.NameIdentifier, Id),
            new("type", Type.ToString()),
            new("name", Name),
            new("role", Role.ToString()),
            new("since", Since.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
        ];
        if (OrganizationId is not null)
        {
            claims.Add(new("organization", OrganizationId));
        }

        if (Key is { } key)
        {
            claims.Add(new("key", key.ToText()));
        }

        return new(new ClaimsIdentity(claims, Scheme, "name", "role"));
    }

    /// <summary>Null: the principal is none that <see cref="ToPrincipal"/> made.</summary>
    public static Session? Find(ClaimsPrincipal principal)
    {
        string? Value(string type) => principal.FindFirst(type)?.Value;
        if (Value(ClaimTypes.NameIdentifier) is not { } id || Value("name") is not { } name
            || !Enum.TryParse<ActorType>(Value("type"), out var type) || !Enum.TryParse<ConsoleRole>(Value("role"), out var role)
            || !long.TryParse(Value("since"), NumberStyles.None, CultureInfo.InvariantCulture, out var since))
        {
            return null;
        }

        var key = Value("key") is { } text ? SecretHash.FromText(text) : null;
        return type == ActorType.ApiKey && key is null
            ? null
            : new(type, id, name, role, Value("organization"), DateTimeOffset.FromUnixTimeSeconds(since), key);
    }
}
