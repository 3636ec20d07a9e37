using System.Threading.RateLimiting;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Scim;

/// <summary>Requests per second of each directory, as its policy says; every replica counts for itself.</summary>
internal sealed class DirectoryRates : IDisposable
{
    private const int DefaultRate = 100;
    private const int DefaultBurst = 500;

    // The policy is part of the key: a changed policy starts a new bucket.
    private readonly PartitionedRateLimiter<Key> limiter = PartitionedRateLimiter.Create<Key, Key>(key =>
        RateLimitPartition.GetTokenBucketLimiter(key, k => new()
        {
            TokenLimit = k.Burst,
            TokensPerPeriod = k.Rate,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            QueueLimit = 0,
            AutoReplenishment = true,
        }));

    /// <summary>Whole seconds until the directory may come again; null: now.</summary>
    public int? FindDelay(Directory directory)
    {
        using var lease = limiter.AttemptAcquire(KeyOf(directory));
        if (lease.IsAcquired)
        {
            return null;
        }

        return lease.TryGetMetadata(MetadataName.RetryAfter, out var delay) ? Math.Max(1, (int)Math.Ceiling(delay.TotalSeconds)) : 1;
    }

    public void Dispose() => limiter.Dispose();

    private static Key KeyOf(Directory directory)
    {
        var rate = directory.Policies is { RateLimit: > 0 and var wanted } ? wanted : DefaultRate;
        var burst = directory.Policies is { RateLimitBurst: > 0 and var most } ? most : DefaultBurst;
        return new(directory.Id, rate, Math.Max(rate, burst));
    }

    private readonly record struct Key(string DirectoryId, int Rate, int Burst);
}
