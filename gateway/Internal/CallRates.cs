using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Internal;

/// <summary>How many calls a second an API key may begin, at each gateway replica: one program cannot take what all need.</summary>
internal sealed class CallRates(IOptions<GatewayOptions> options) : IDisposable
{
    private readonly PartitionedRateLimiter<string> limiter = PartitionedRateLimiter.Create<string, string>(
        key => RateLimitPartition.GetTokenBucketLimiter(key, _ => new()
        {
            TokenLimit = options.Value.CallBurst,
            TokensPerPeriod = Math.Max(1, options.Value.CallRate / 10),
            ReplenishmentPeriod = TimeSpan.FromMilliseconds(100),
            AutoReplenishment = true,
        }));

    /// <summary>False: the key has none left.</summary>
    public bool TryTake(string keyId)
    {
        using var lease = limiter.AttemptAcquire(keyId);
        return lease.IsAcquired;
    }

    public void Dispose() => limiter.Dispose();
}
