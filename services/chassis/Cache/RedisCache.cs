using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace DirectorySync.Chassis.Cache;

/// <summary>
/// A service's Redis, as something that may go away at any time. While it does not answer, requests do not wait for it: an operation is
/// given up after 100 ms, and after three in a row (or at once without a connection) the next are not tried for a second.
/// </summary>
public sealed class RedisCache
{
    private const int TimeoutsUntilOpen = 3;
    private const int MaxDistrustedKeys = 10_000;

    private static readonly TimeSpan OpenFor = TimeSpan.FromSeconds(1);

    private readonly ConnectionMultiplexer? connection;
    private readonly IDatabase? database;
    private readonly ILogger logger;
    private readonly string prefix;

    // Keys that could not be fenced, and until when an old entry of theirs may live.
    private readonly ConcurrentDictionary<RedisKey, long> distrustedKeys = new();
    private long distrustedUntil;
    private long openUntil;
    private int timeouts;
    private int away;

    internal RedisCache(ConnectionMultiplexer? connection, string prefix, ILogger<RedisCache> logger)
    {
        this.connection = connection;
        this.prefix = prefix;
        this.logger = logger;
        if (connection is null)
        {
            logger.WithoutCache();
            return;
        }

        database = connection.GetDatabase();
        connection.ConnectionFailed += (_, _) => Distrust();
        connection.ConnectionRestored += (_, _) => Distrust();
    }

    /// <summary>How long an operation may take before it is given up.</summary>
    internal TimeSpan Timeout { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The entries of one kind of resource.</summary>
    /// <param name="thing">What they are, for example "user".</param>
    /// <param name="format">Raised when the bytes' meaning changes, so that old and new replicas do not read each other's.</param>
    public VersionedCache Of(string thing, int format = 1) =>
        new(this, FormattableString.Invariant($"{prefix}v{format}:{thing}:"), thing);

    /// <summary>
    /// True for as long as an entry may live after this process lost its connection, or could not fence the key: what Redis holds may be
    /// older than what was written since.
    /// </summary>
    internal bool IsDistrusted(RedisKey key)
    {
        var now = Stopwatch.GetTimestamp();
        if (now < Volatile.Read(ref distrustedUntil))
        {
            return true;
        }

        if (distrustedKeys.IsEmpty || !distrustedKeys.TryGetValue(key, out var until))
        {
            return false;
        }

        if (now < until)
        {
            return true;
        }

        distrustedKeys.TryRemove(new(key, until));
        return false;
    }

    /// <summary>Says that the keys are about to be written without a fence.</summary>
    internal void Distrust(IEnumerable<RedisKey> keys)
    {
        if (database is null)
        {
            return;
        }

        // The write may take as long as a fence would stand, and readers elsewhere may fill until it commits.
        var until = After(VersionedCache.FenceLifetime + VersionedCache.Lifetime);
        foreach (var key in keys)
        {
            distrustedKeys[key] = until;
        }

        if (distrustedKeys.Count > MaxDistrustedKeys)
        {
            Volatile.Write(ref distrustedUntil, until);
            distrustedKeys.Clear();
        }
    }

    /// <summary>Runs an operation. False if Redis is away or too slow; then nothing is known about what it did.</summary>
    internal async ValueTask<(bool Done, T? Result)> TryAsync<TState, T>(Func<IDatabase, TState, Task<T>> operation, TState state)
    {
        if (database is null || Stopwatch.GetTimestamp() < Volatile.Read(ref openUntil))
        {
            return default;
        }

        if (!connection!.IsConnected)
        {
            Open("There is no connection.");
            return default;
        }

        try
        {
            var result = await operation(database, state).WaitAsync(Timeout);
            Volatile.Write(ref timeouts, 0);
            if (Interlocked.Exchange(ref away, 0) == 1)
            {
                logger.RedisIsBack();
            }

            return (true, result);
        }
        catch (Exception e) when (e is TimeoutException or RedisException or ObjectDisposedException)
        {
            if (e is not TimeoutException || Interlocked.Increment(ref timeouts) >= TimeoutsUntilOpen)
            {
                Open(e.Message);
            }

            return default;
        }
    }

    private void Open(string why)
    {
        Volatile.Write(ref openUntil, After(OpenFor));
        if (Interlocked.Exchange(ref away, 1) == 0)
        {
            logger.RedisIsAway(why);
        }
    }

    private void Distrust()
    {
        var until = After(VersionedCache.Lifetime);
        if (until > Volatile.Read(ref distrustedUntil))
        {
            Volatile.Write(ref distrustedUntil, until);
        }
    }

    private static long After(TimeSpan time) => Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
}
