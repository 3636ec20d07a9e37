using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;

namespace DirectorySync.Gateway.Auth;

/// <summary>SHA-256 of a token or key: all that the gateway keeps of one, and all that it asks identity about.</summary>
internal readonly record struct SecretHash(UInt128 High, UInt128 Low)
{
    public static SecretHash Of(string secret)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(secret), hash);
        return new(BinaryPrimitives.ReadUInt128BigEndian(hash), BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
    }

    /// <summary>What <see cref="ToText"/> wrote; null: it is none.</summary>
    public static SecretHash? FromText(string text) =>
        UInt128.TryParse(text.AsSpan(0, Math.Min(32, text.Length)), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var high)
        && text.Length == 64 && UInt128.TryParse(text.AsSpan(32), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var low)
            ? new(high, low) : null;

    public string ToText() => $"{High:x32}{Low:x32}";

    public ByteString ToByteString()
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        BinaryPrimitives.WriteUInt128BigEndian(hash, High);
        BinaryPrimitives.WriteUInt128BigEndian(hash[16..], Low);
        return ByteString.CopyFrom(hash);
    }
}
