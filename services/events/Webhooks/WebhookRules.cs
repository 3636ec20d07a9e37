using System.Net;

namespace DirectorySync.Events.Webhooks;

/// <summary>What an endpoint may be.</summary>
internal static class WebhookRules
{
    private const int LongestUrl = 2048;

    /// <summary>The address in one spelling.</summary>
    public static string Url(string text, WebhookOptions options)
    {
        if (text.Length > LongestUrl || text.Contains('\0') || !Uri.TryCreate(text, UriKind.Absolute, out var url)
            || !(url.Scheme == Uri.UriSchemeHttps || (options.AllowPrivate && url.Scheme == Uri.UriSchemeHttp)))
        {
            throw Invalid(text, "This is not an address to which events can be posted.", "Give one such as https://app.example.com/webhooks.");
        }

        if (url.UserInfo.Length > 0 || url.Fragment.Length > 0)
        {
            throw Invalid(url.Host, "The address has a user name or a fragment.", "Leave them out; deliveries are signed.");
        }

        var isClosed = url.IsLoopback || (IPAddress.TryParse(url.DnsSafeHost, out var address) && !AddressGuard.IsPublic(address));
        return isClosed && !options.AllowPrivate
            ? throw Invalid(url.Host, "The address is not a public one.", "Give one that can be reached from the internet, or let the operator allow private ones.")
            : url.AbsoluteUri;
    }

    /// <summary>Each type once; none means all.</summary>
    public static List<string> Events(IEnumerable<string> types)
    {
        var wanted = types.Distinct().ToList();
        foreach (var type in wanted.Where(type => !EventTypes.All.Contains(type)))
        {
            throw Inputs.Invalid(
                "events", type.Length > 64 ? type[..64] : type, "There is no such type of event.", $"Give some of: {string.Join(", ", EventTypes.All)}.");
        }

        return wanted;
    }

    private static Grpc.Core.RpcException Invalid(string value, string detail, string remedy) =>
        Inputs.Invalid("endpoint_url", value.Length > 128 ? value[..128] : value, detail, remedy);
}
