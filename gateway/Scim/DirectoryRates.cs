using System.Collections.Concurrent;
using System.Threading.RateLimiting;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Scim;

/// <summary>
/// Requests per second of each directory, as its policy says. What the other replicas of the gateway have let in counts too, once this one has
/// heard of it.
/// </summary>
internal sealed class DirectoryRates : IDisposable
{
    private const int DefaultRate = 100;
    private const int DefaultBurst = 500;

    // A directory that uses less than this part of its rate is not worth asking about.
    private const double WorthTelling = 0.02;

    private static readonly TimeSpan ForgottenAfter = TimeSpan.FromMinutes(1);

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

    private readonly ConcurrentDictionary<string, Use> uses = new(StringComparer.Ordinal);

    /// <summary>Whole seconds until the directory may come again; null: now.</summary>
    public int? FindDelay(Directory directory)
    {
        var key = KeyOf(directory);
        var use = uses.GetOrAdd(directory.Id, static _ => new());
        if (use.Debt > 0)
        {
            Pay(use, key);
        }

        using var lease = limiter.AttemptAcquire(key);
        if (lease.IsAcquired)
        {
            use.Add(key);
            return null;
        }

        return lease.TryGetMetadata(MetadataName.RetryAfter, out var delay) ? Math.Max(1, (int)Math.Ceiling(delay.TotalSeconds)) : 1;
    }

    /// <summary>What was let in and not told yet, of the directories with the most first; small numbers wait until they are larger.</summary>
    public IReadOnlyList<(string DirectoryId, long Requests)> TakeCounts(int most)
    {
        foreach (var (id, use) in uses)
        {
            if (use.IsForgotten(ForgottenAfter))
            {
                uses.TryRemove(id, out _);
            }
        }

        return
        [
            .. uses.Where(use => use.Value.Untold is > 0 and var untold && untold >= use.Value.Key.Rate * WorthTelling).OrderByDescending(use => use.Value.Untold).Take(most)
                .Select(use => (use.Key, use.Value.Take())),
        ];
    }

    /// <summary>What the others have let in is taken from what this replica may let in, now or as soon as there is something.</summary>
    /// <param name="directoryId">One that was taken.</param>
    /// <param name="told">What was taken.</param>
    /// <param name="sum">What all have let in, with that.</param>
    public void Settle(string directoryId, long told, long sum)
    {
        if (uses.TryGetValue(directoryId, out var use))
        {
            use.Owe(told, sum);
            Pay(use, use.Key);
        }
    }

    private void Pay(Use use, Key key)
    {
        var paid = use.Pay(limiter.GetStatistics(key)?.CurrentAvailablePermits ?? 0);
        if (paid > 0)
        {
            limiter.AttemptAcquire(key, paid).Dispose();
        }
    }

    public void Dispose() => limiter.Dispose();

    private static Key KeyOf(Directory directory)
    {
        var rate = directory.Policies is { RateLimit: > 0 and var wanted } ? wanted : DefaultRate;
        var burst = directory.Policies is { RateLimitBurst: > 0 and var most } ? most : DefaultBurst;
        return new(directory.Id, rate, Math.Max(rate, burst));
    }

    private readonly record struct Key(string DirectoryId, int Rate, int Burst);

    /// <summary>What a directory has had here since others were told, and what they have had since they were heard.</summary>
    private sealed class Use
    {
        private readonly Lock gate = new();
        private Key key;
        private long untold;
        private long debt;
        private long? lastSum;
        private long lastUsed = Environment.TickCount64;

        public Key Key => Read(() => key);

        public long Untold => Read(() => untold);

        public long Debt => Volatile.Read(ref debt);

        public void Add(Key present)
        {
            lock (gate)
            {
                (key, lastUsed) = (present, Environment.TickCount64);
                untold++;
            }
        }

        public long Take()
        {
            lock (gate)
            {
                var taken = untold;
                untold = 0;
                return taken;
            }
        }

        /// <summary>
        /// What others have had since the sum before. Of the first sum, and of one that began anew, nobody knows how old it is: then they are taken
        /// to have had no more than this replica. Nobody owes more than a burst.
        /// </summary>
        public void Owe(long told, long sum)
        {
            lock (gate)
            {
                var others = lastSum is { } last && sum >= last + told ? sum - last - told : Math.Min(sum - told, told);
                lastSum = sum;
                debt = Math.Min(debt + others, key.Burst);
            }
        }

        /// <summary>Pays as much as there is; answers how much that was.</summary>
        public int Pay(long available)
        {
            lock (gate)
            {
                var paid = (int)Math.Min(debt, available);
                debt -= paid;
                return paid;
            }
        }

        public bool IsForgotten(TimeSpan after) => Read(() => Environment.TickCount64 - lastUsed > after.TotalMilliseconds);

        private T Read<T>(Func<T> read)
        {
            lock (gate)
            {
                return read();
            }
        }
    }
}
