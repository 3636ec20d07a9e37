using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using Grpc.Core;

namespace DirectorySync.Identity.Portal;

/// <summary>What portal links may be, and when they open.</summary>
internal static class PortalLinkRules
{
    /// <summary>How long a link of which nobody says otherwise waits for the IT admin.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    /// <summary>Longest wait.</summary>
    public static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(30);

    /// <summary>How long a link is kept after its time, so that who comes late is told what happened.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    private const int LongestUrl = 2048;

    public static PortalLink Create(CreatePortalLinkRequest wanted, string id, DateTimeOffset now)
    {
        var expire = wanted.ExpireTime?.ToDateTimeOffset() ?? now + Lifetime;
        if (expire <= now || expire > now + LongestLifetime)
        {
            throw Inputs.Invalid(
                "expire_time", $"{expire:O}", "A link waits for at most 30 days from now.", "Give a time within the next 30 days, or none for 7 days.");
        }

        return new()
        {
            Id = id,
            OrganizationId = wanted.OrganizationId,
            DirectoryId = wanted.DirectoryId,
            ReturnUrl = Url("return_url", wanted.ReturnUrl),
            SuccessUrl = Url("success_url", wanted.SuccessUrl),
            CreateTime = now.ToTimestamp(),
            ExpireTime = expire.ToTimestamp(),
        };
    }

    /// <summary>The link as opened now. PORTAL_LINK_SPENT if it does not open any more.</summary>
    public static PortalLink Open(PortalLink link, DateTimeOffset now)
    {
        if (link.OpenTime is not null)
        {
            throw Spent("The link was opened before, and opens only once.");
        }

        if (link.ExpireTime.ToDateTimeOffset() <= now)
        {
            throw Spent("The link's time is over.");
        }

        var opened = link.Clone();
        opened.OpenTime = now.ToTimestamp();
        return opened;
    }

    // Browsers are sent there: no address may be one that runs or shows what it holds itself.
    private static string Url(string attribute, string value)
    {
        var text = Inputs.OptionalText(attribute, value, LongestUrl);
        if (text.Length == 0)
        {
            return "";
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0
            ? url.AbsoluteUri
            : throw Inputs.Invalid(attribute, text, "This is no web address.", "Give an address such as https://app.example.com/settings, or none.");
    }

    private static RpcException Spent(string detail)
    {
        const string remedy = "Create another link.";
        return ErrorReason.PortalLinkSpent.ToRpc($"{detail} {remedy}", ("remedy", remedy));
    }
}
