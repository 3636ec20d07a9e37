using DirectorySync.Gateway.Portal.Guides;

namespace DirectorySync.Gateway.Portal.Checks;

/// <summary>What identity providers ask of a base URL before they even call it.</summary>
internal static class AddressCheck
{
    /// <summary>Null: nothing is wrong with it.</summary>
    public static Check? Find(Guide guide, string baseUrl)
    {
        var url = new Uri(baseUrl);
        if (url.IsLoopback)
        {
            return Wrong("This address is only reached on this machine",
                "The installation has to be reached from the internet, and to be told its own address (PUBLIC_URL). Tell whoever sent you the link.");
        }

        if (guide.IsOkta && baseUrl.Contains('_', StringComparison.Ordinal))
        {
            return Wrong("Okta does not accept a base URL with an underscore", "Tell whoever sent you the link: the installation needs another host name.");
        }

        return url.Scheme == Uri.UriSchemeHttps ? null
            : Wrong($"{guide.Who} accepts https only", "Tell whoever sent you the link: the installation needs an https address (PUBLIC_URL).");
    }

    private static Check Wrong(string headline, string remedy) => new(CheckState.Wrong, headline, "", remedy);
}
