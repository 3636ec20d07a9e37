using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DirectorySync.Chassis.Cache;

/// <summary>The bytes in Redis: a kind, then eight bytes of version (a fence: its token), then the value.</summary>
internal static class CacheEntry
{
    public const byte Value = (byte)'v';
    public const byte Tombstone = (byte)'t';
    public const byte Fence = (byte)'f';

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

    /// <summary>A fence like no other.</summary>
    public static byte[] NewFence()
    {
        var entry = new byte[1 + Token];
        entry[0] = Fence;
        RandomNumberGenerator.Fill(entry.AsSpan(1));
        return entry;
    }

    public static CacheResult Read(byte[]? entry) => entry switch
    {
        null => CacheResult.Miss(),
        [Value, ..] when entry.Length >= Header => CacheResult.Hit(VersionOf(entry), entry.AsMemory(Header)),
        [Tombstone, ..] when entry.Length >= Header => CacheResult.Deleted(VersionOf(entry)),
        _ => CacheResult.Bypass(mayFill: false),
    };

    private static long VersionOf(ReadOnlySpan<byte> entry) => BinaryPrimitives.ReadInt64BigEndian(entry[1..]);
}
