using System.Globalization;
using System.Security.Claims;
using DirectorySync.Identity.V1;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Portal.Access;

/// <summary>An IT admin who came by a link. All of it is in the cookie, so any replica answers any request.</summary>
/// <param name="LinkId">Of the link that was opened: this is who acts, as far as the audit log is concerned.</param>
/// <param name="OrganizationId">Whose directories may be set up.</param>
/// <param name="DirectoryId">The only one; null: any of the organization.</param>
/// <param name="ReturnUrl">Where the IT admin came from; null: not said.</param>
/// <param name="SuccessUrl">Where the IT admin goes in the end; null: not said.</param>
/// <param name="Since">When it began.</param>
internal sealed record PortalSession(
    string LinkId, string OrganizationId, string? DirectoryId, string? ReturnUrl, string? SuccessUrl, DateTimeOffset Since)
{
    /// <summary>The cookie's scheme.</summary>
    public const string Scheme = "portal";

    /// <summary>Every session ends after this.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(8);

    public PortalSession(PortalLink link, DateTimeOffset now)
        : this(link.Id, link.OrganizationId, OrNull(link.DirectoryId), OrNull(link.ReturnUrl), OrNull(link.SuccessUrl), now)
    {
    }

    /// <summary>Set for every request that reaches a page which asks for it.</summary>
    public static PortalSession Of(HttpContext http) => Find(http) ?? throw new InvalidOperationException("The request has no session.");

    public static PortalSession? Find(HttpContext http) => http.Features.Get<PortalSession>();

    /// <summary>True: the session is about this directory, among others perhaps.</summary>
    public bool Reaches(Directory directory) => directory.OrganizationId == OrganizationId && (DirectoryId is null || DirectoryId == directory.Id)
        && directory.State != DirectoryState.Deleting;

    public ClaimsPrincipal ToPrincipal()
    {
        List<Claim> claims =
        [
            // By this name the tokens of forms are bound to the session.
            new(ClaimTypes.NameIdentifier, LinkId),
            new("organization", OrganizationId),
            new("since", Since.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
        ];
        Add("directory", DirectoryId);
        Add("return", ReturnUrl);
        Add("success", SuccessUrl);
        return new(new ClaimsIdentity(claims, Scheme));

        void Add(string type, string? value)
        {
            if (value is not null)
            {
                claims.Add(new(type, value));
            }
        }
    }

    /// <summary>Null: the principal is none that <see cref="ToPrincipal"/> made.</summary>
    public static PortalSession? Find(ClaimsPrincipal principal)
    {
        string? Value(string type) => principal.FindFirst(type)?.Value;
        return Value(ClaimTypes.NameIdentifier) is { } link && Value("organization") is { } organization
            && long.TryParse(Value("since"), NumberStyles.None, CultureInfo.InvariantCulture, out var since)
                ? new(link, organization, Value("directory"), Value("return"), Value("success"), DateTimeOffset.FromUnixTimeSeconds(since))
                : null;
    }

    private static string? OrNull(string text) => text.Length == 0 ? null : text;
}
