using System.Collections.Concurrent;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Auth;

/// <summary>
/// Remembers who pushes to an endpoint, so that a client is told in its own way to come again while identity cannot be asked.
/// </summary>
internal sealed class KnownProviders
{
    private const int Capacity = 50_000;

    private readonly ConcurrentDictionary<string, Provider> providers = new(StringComparer.OrdinalIgnoreCase);
    private int count;

    public void Remember(string endpoint, Provider provider)
    {
        if (providers.TryGetValue(endpoint, out var known))
        {
            if (known != provider)
            {
                providers[endpoint] = provider;
            }

            return;
        }

        if (Interlocked.Increment(ref count) > Capacity)
        {
            providers.Clear();
            Interlocked.Exchange(ref count, 1);
        }

        providers[endpoint] = provider;
    }

    /// <summary>The provider last seen at the endpoint, else the one that the client says it is.</summary>
    public Provider Guess(string? endpoint, string? userAgent)
    {
        if (endpoint is not null && providers.TryGetValue(endpoint, out var known))
        {
            return known;
        }

        return userAgent?.StartsWith("Okta", StringComparison.OrdinalIgnoreCase) == true ? Provider.Okta : Provider.Generic;
    }
}
