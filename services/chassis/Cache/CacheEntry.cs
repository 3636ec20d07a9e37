using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DirectorySync.Chassis.Cache;

/// <summary>The bytes in Redis: a kind, then eight bytes of version, then the value. Fences are made by the scripts.</summary>
internal static class CacheEntry
{
    public const byte Value = (byte)'v';
    public const byte Tombstone = (byte)'t';

    private const int Header = 1 + sizeof(long);
    private const int Token = 16;

    // Redis' Lua counts in doubles.
    private const long LargestVersion = 1L << 53;

    public static byte[] Write(byte kind, long version, ReadOnlySpan<byte> value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(version);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(version, LargestVersion);
        var entry = new byte[Header + value.Length];
        entry[0] = kind;
        BinaryPrimitives.WriteInt64BigEndian(entry.AsSpan(1), version);
        value.CopyTo(entry.AsSpan(Header));
        return entry;
    }

    /// <summary>Names one writer.</summary>
    public static byte[] NewToken() => RandomNumberGenerator.GetBytes(Token);

    public static CacheResult Read(byte[]? entry) => entry switch
    {
        null => CacheResult.Miss(),
        [Value, ..] when entry.Length >= Header => CacheResult.Hit(VersionOf(entry), entry.AsMemory(Header)),
        [Tombstone, ..] when entry.Length >= Header => CacheResult.Deleted(VersionOf(entry)),
        _ => CacheResult.Bypass(mayFill: false),
    };

    private static long VersionOf(ReadOnlySpan<byte> entry) => BinaryPrimitives.ReadInt64BigEndian(entry[1..]);
}
