using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace DirectorySync.Chassis.Cache;

/// <summary>
/// A service's Redis, as something that may go away at any time. While it does not answer, requests do not wait for it, and for as long as
/// an entry may live after it is back, what could not be fenced is not believed.
/// </summary>
public sealed class RedisCache : IAsyncDisposable
{
    private const int MaxDistrustedKeys = 10_000;

    // Replicas do not get their connections back at the same moment.
    private static readonly TimeSpan DistrustFor = VersionedCache.Lifetime + VersionedCache.StaleAfter;

    private readonly ConnectionMultiplexer? connection;
    private readonly IDatabase? database;
    private readonly ILogger logger;
    private readonly string prefix;

    // Keys that could not be fenced or settled, and until when an old entry of theirs may live.
    private readonly ConcurrentDictionary<RedisKey, long> distrustedKeys = new();
    private long distrustedUntil;
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

    /// <summary>A read that takes longer is asked of PostgreSQL.</summary>
    internal RedisCircuit Reads { get; init; } = new(TimeSpan.FromMilliseconds(100));

    /// <summary>
    /// A write that cannot fence goes on without, and other replicas may then show the old version for a while. So it has more patience,
    /// lest a busy processor be taken for a dead Redis.
    /// </summary>
    internal RedisCircuit Writes { get; init; } = new(TimeSpan.FromMilliseconds(500));

    internal bool IsConnected => connection?.IsConnected is true;

    /// <summary>The entries of one kind of resource.</summary>
    /// <param name="thing">What they are, for example "user".</param>
    /// <param name="format">Raised when the bytes' meaning changes, so that old and new replicas do not read each other's.</param>
    public VersionedCache Of(string thing, int format = 1) =>
        new(this, FormattableString.Invariant($"{prefix}v{format}:{thing}:"), thing);

    /// <summary>Adds to counters that all replicas share. Nothing that must be right may follow from them: Redis forgets.</summary>
    /// <param name="thing">What is counted, for example "requests".</param>
    /// <param name="more">What is added to which counter.</param>
    /// <param name="lifetime">A counter to which nothing was added for so long starts anew.</param>
    /// <returns>The sums, in the same order; null while Redis is away.</returns>
    public async Task<long[]?> CountAsync(string thing, IReadOnlyList<(string Id, long More)> more, TimeSpan lifetime)
    {
        var counted = await TryAsync(Reads, static (database, count) => Task.WhenAll(count.more.Select(one =>
        {
            RedisKey key = $"{count.start}{one.Id}";
            var sum = database.StringIncrementAsync(key, one.More);
            database.KeyExpire(key, count.lifetime, CommandFlags.FireAndForget);
            return sum;
        })), (start: $"{prefix}v1:{thing}:", more, lifetime));
        return counted.Done ? counted.Result : null;
    }

    public ValueTask DisposeAsync() => connection?.DisposeAsync() ?? default;

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

    /// <summary>Says that the keys are about to be written without a fence: others may fill the old version until the commit.</summary>
    internal void NotFenced(IEnumerable<RedisKey> keys) => Distrust(keys, VersionedCache.FenceLifetime + DistrustFor);

    /// <summary>Says that Redis was not told of a commit, or at last was.</summary>
    internal void Settled(RedisKey key, bool told)
    {
        if (!told)
        {
            Distrust([key], DistrustFor);
        }
        else if (!distrustedKeys.IsEmpty)
        {
            distrustedKeys.TryRemove(key, out _);
        }
    }

    /// <summary>Runs an operation. False if Redis is away or too slow; then nothing is known about what it did.</summary>
    internal async ValueTask<(bool Done, T? Result)> TryAsync<TState, T>(
        RedisCircuit circuit, Func<IDatabase, TState, Task<T>> operation, TState state)
    {
        if (database is null)
        {
            return default;
        }

        if (!connection!.IsConnected)
        {
            Away("There is no connection.");
            return default;
        }

        if (!circuit.Lets())
        {
            return default;
        }

        try
        {
            var result = await operation(database, state).WaitAsync(circuit.Timeout);
            circuit.Succeeded();
            if (away != 0 && Interlocked.Exchange(ref away, 0) != 0)
            {
                logger.RedisIsBack();
            }

            return (true, result);
        }
        catch (TimeoutException e)
        {
            circuit.TimedOut();
            Away(e.Message);
        }
        catch (Exception e) when (e is RedisException or ObjectDisposedException)
        {
            Away(e.Message);
        }

        return default;
    }

    /// <summary>For tests: whether Redis holds the key.</summary>
    internal async Task<bool> HasAsync(string key) => await database!.KeyExistsAsync(key);

    private void Distrust(IEnumerable<RedisKey> keys, TimeSpan time)
    {
        if (database is null)
        {
            return;
        }

        var until = After(time);
        foreach (var key in keys)
        {
            distrustedKeys[key] = until;
        }

        if (distrustedKeys.Count > MaxDistrustedKeys)
        {
            Distrust(until);
            distrustedKeys.Clear();
        }
    }

    private void Distrust() => Distrust(After(DistrustFor));

    private void Distrust(long until)
    {
        if (until > Volatile.Read(ref distrustedUntil))
        {
            Volatile.Write(ref distrustedUntil, until);
        }
    }

    private void Away(string why)
    {
        if (away == 0 && Interlocked.Exchange(ref away, 1) == 0)
        {
            logger.RedisIsAway(why);
        }
    }

    private static long After(TimeSpan time) => Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
}
