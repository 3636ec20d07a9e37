using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace DirectorySync.Gateway.Internal;

/// <summary>
/// Turns dns:///identity:8080 into every replica behind the name, again and again. A name that cannot be resolved keeps the replicas it
/// had: neither the start nor a running gateway depends on the name server.
/// </summary>
internal sealed class ReplicaResolver(ILogger<ReplicaResolver> logger, bool isTls = false) : IDestinationResolver
{
    private const string Dns = "dns";
    private const int UsualPort = 80;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, IPAddress[]> known = new();

    public async ValueTask<ResolvedDestinationCollection> ResolveDestinationsAsync(
        IReadOnlyDictionary<string, DestinationConfig> destinations, CancellationToken cancellationToken)
    {
        var resolved = new Dictionary<string, DestinationConfig>();
        foreach (var (id, destination) in destinations)
        {
            var address = new Uri(destination.Address);
            if (address.Scheme != Dns)
            {
                resolved[id] = destination;
                continue;
            }

            var name = new Uri($"http://{address.AbsolutePath.TrimStart('/')}");
            foreach (var replica in await ResolveAsync(name.DnsSafeHost, cancellationToken))
            {
                resolved[$"{id} {replica}"] = destination with
                {
                    Host = isTls ? name.Authority : null,
                    Address = new UriBuilder(isTls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp, replica.ToString(), name.IsDefaultPort ? UsualPort : name.Port).Uri.AbsoluteUri,
                };
            }
        }

        var again = destinations.Values.Any(destination => new Uri(destination.Address).Scheme == Dns);
        return new(resolved, again ? new CancellationChangeToken(new CancellationTokenSource(Period).Token) : null);
    }

    private async Task<IPAddress[]> ResolveAsync(string host, CancellationToken ct)
    {
        try
        {
            return known[host] = await System.Net.Dns.GetHostAddressesAsync(host, ct);
        }
        catch (SocketException e)
        {
            logger.NameNotResolved(host, e);
            return known.GetValueOrDefault(host, []);
        }
    }
}
