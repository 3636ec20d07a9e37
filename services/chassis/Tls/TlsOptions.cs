using Microsoft.Extensions.Configuration;

namespace DirectorySync.Chassis.Tls;

/// <summary>Who this process is to the others, and whom it believes: PEM files, read again when they change (section "Tls").</summary>
internal sealed class TlsOptions
{
    /// <summary>The process's certificate, for both directions. Unset: it speaks plaintext, on loopback only.</summary>
    public string? Certificate { get; set; }

    /// <summary>Its private key.</summary>
    public string? Key { get; set; }

    /// <summary>Certificates of the authorities whose certificates others may show; during a rotation the old and the new.</summary>
    public string? Authority { get; set; }

    /// <summary>Allows plaintext beyond loopback, where the network itself keeps others out.</summary>
    public bool Plaintext { get; set; }

    /// <summary>What other callers than this system's own may call, by the name in their certificate: "read", or names of methods such as
    /// "directorysync.identity.v1.UserService/GetUser", "directorysync.feed.v1.ChangeFeedService/*", separated by commas.</summary>
    public Dictionary<string, string> Callers { get; } = [];

    public bool IsOn => Certificate is { Length: > 0 };

    public static TlsOptions Read(IConfiguration configuration)
    {
        var options = new TlsOptions();
        configuration.GetSection("Tls").Bind(options);
        if (options.IsOn && (options.Key is not { Length: > 0 } || options.Authority is not { Length: > 0 }))
        {
            throw new InvalidOperationException("Tls:Certificate needs Tls:Key and Tls:Authority beside it: paths of PEM files.");
        }

        return options;
    }

    /// <summary>Throws for an address that would carry plaintext where nobody said that it may.</summary>
    public Uri Check(Uri address, string setting)
    {
        var plain = address.Scheme == Uri.UriSchemeHttp || (address.Scheme == "dns" && !IsOn);
        var isLocal = address.Scheme == Uri.UriSchemeHttp && address.IsLoopback;
        return !plain || isLocal || Plaintext ? address : throw new InvalidOperationException(
            $"{setting}: {address} is plaintext to another machine. Set Tls:Certificate, Tls:Key and Tls:Authority and use https; or "
            + "Tls:Plaintext=true, where the network keeps everybody else out.");
    }
}
