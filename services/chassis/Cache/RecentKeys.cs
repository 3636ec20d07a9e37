using System.Diagnostics;

namespace DirectorySync.Chassis.Cache;

/// <summary>
/// Which keys were asked a moment ago, in a fixed amount of memory. A key that is asked once in a while costs more in Redis (a miss, and a
/// fill that nobody reads) than PostgreSQL takes to answer it. Now and then a key is forgotten for another one: that costs a round trip.
/// </summary>
internal sealed class RecentKeys
{
    private const int Slots = 1 << 16;

    /// <summary>An entry of ten seconds is worth its fill if it is read several times.</summary>
    private static readonly TimeSpan Recent = TimeSpan.FromSeconds(2);

    // The upper half of a slot tells the key, the lower half the tick of 1/16 s in which it was asked.
    private readonly ulong[] slots = new ulong[Slots];

    /// <summary>Whether it was asked before within two seconds; from now on it was.</summary>
    public bool Ask(CacheKey key)
    {
        var hash = (uint)key.GetHashCode();
        var now = (uint)(Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 16));
        ref var slot = ref slots[(hash ^ (hash >> 16)) % Slots];
        var before = Volatile.Read(ref slot);
        Volatile.Write(ref slot, ((ulong)hash << 32) | now);
        return (uint)(before >> 32) == hash && now - (uint)before <= Recent.TotalSeconds * 16;
    }
}
