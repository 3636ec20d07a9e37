using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
using IPNetwork = System.Net.IPNetwork;

namespace DirectorySync.Gateway.Hosting;

/// <summary>
/// Where a request comes from: the address of the connection, unless that is a proxy which the operator named; then what the proxy says, up to
/// the first address that is none of theirs. What anybody else writes into the headers counts for nothing.
/// </summary>
internal static class TrustedNetworks
{
    /// <summary>False: not a list of addresses and networks.</summary>
    public static bool TryRead(string text, out List<IPNetwork> networks)
    {
        networks = [];
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (IPNetwork.TryParse(part, out var network))
            {
                networks.Add(network);
            }
            else if (IPAddress.TryParse(part, out var address))
            {
                networks.Add(new(address, address.GetAddressBytes().Length * 8));
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Call it before all else that looks at the request.</summary>
    public static void UseTrustedProxies(this WebApplication app)
    {
        TryRead(app.Services.GetRequiredService<IOptions<GatewayOptions>>().Value.TrustedProxies, out var networks);
        if (networks.Count == 0)
        {
            return;
        }

        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto, ForwardLimit = null,
        };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        networks.ForEach(options.KnownIPNetworks.Add);
        app.UseForwardedHeaders(options);
    }
}
