using System.Diagnostics;

namespace DirectorySync.Chassis.Cache;

/// <summary>
/// What the cache knows. Neither a hit nor deleted: read PostgreSQL, and offer what it says by <see cref="VersionedCache.FillAsync"/>.
/// </summary>
public readonly struct CacheResult
{
    private CacheResult(bool hit, bool deleted, bool mayFill, long version, ReadOnlyMemory<byte> value, TimeSpan age = default)
    {
        IsHit = hit;
        IsDeleted = deleted;
        MayFill = mayFill;
        Version = version;
        Value = value;
        Started = Stopwatch.GetTimestamp() - (long)(age.TotalSeconds * Stopwatch.Frequency);
    }

    /// <summary>The entry is there: <see cref="Value"/> at <see cref="Version"/>.</summary>
    public bool IsHit { get; }

    /// <summary>The resource was deleted a moment ago, by the write that made it <see cref="Version"/>.</summary>
    public bool IsDeleted { get; }

    /// <summary>The version of the resource.</summary>
    public long Version { get; }

    /// <summary>The bytes of a hit.</summary>
    public ReadOnlyMemory<byte> Value { get; }

    /// <summary>Nothing is known and nobody is writing.</summary>
    internal bool IsMiss => MayFill && !IsBypass;

    /// <summary>PostgreSQL has to answer, whatever Redis may hold.</summary>
    internal bool IsBypass { get; private init; }

    /// <summary>False if a fill would be refused anyway: a write is under way, or Redis is away.</summary>
    internal bool MayFill { get; }

    /// <summary>When the answer came. What PostgreSQL says was read later than this.</summary>
    internal long Started { get; }

    internal static CacheResult Hit(long version, ReadOnlyMemory<byte> value) => new(true, false, false, version, value);

    internal static CacheResult Deleted(long version) => new(false, true, false, version, default);

    internal static CacheResult Miss(TimeSpan age = default) => new(false, false, true, 0, default, age);

    internal static CacheResult Bypass(bool mayFill) => new(false, false, mayFill, 0, default) { IsBypass = true };
}
