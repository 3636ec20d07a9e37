using System.Net;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Auth;

/// <summary>Slows wrong credentials per endpoint and address. A valid token never meets it.</summary>
internal sealed class GuessingBrake : IDisposable
{
    // Bounds the memory that guesses at random endpoints can take; two that meet in one bucket only wait for each other.
    private const int Buckets = 16_384;
    private const int Waiting = 15;

    /// <summary>In all buckets: a request that waits holds one of the places that all requests share.</summary>
    private const int WaitingInAll = 200;

    private readonly PartitionedRateLimiter<int> limiter;
    private int waiting;

    public GuessingBrake(IOptions<GatewayOptions> options)
    {
        var burst = options.Value.FailedCredentialsBurst;
        limiter = PartitionedRateLimiter.Create<int, int>(bucket => RateLimitPartition.GetTokenBucketLimiter(bucket, _ => new()
        {
            TokenLimit = burst,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            QueueLimit = Waiting,
            AutoReplenishment = true,
        }));
    }

    /// <summary>Returns when the failure may be answered; false if there are too many to answer them at all.</summary>
    public async Task<bool> WaitAsync(string scope, IPAddress? address, CancellationToken ct)
    {
        var bucket = (HashCode.Combine(scope.ToUpperInvariant(), address) & int.MaxValue) % Buckets;
        using (var free = limiter.AttemptAcquire(bucket))
        {
            if (free.IsAcquired)
            {
                return true;
            }
        }

        try
        {
            if (Interlocked.Increment(ref waiting) > WaitingInAll)
            {
                return false;
            }

            using var lease = await limiter.AcquireAsync(bucket, 1, ct);
            return lease.IsAcquired;
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    public void Dispose() => limiter.Dispose();
}
