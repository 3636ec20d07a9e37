using System.Buffers.Binary;
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

    public ByteString ToByteString()
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        BinaryPrimitives.WriteUInt128BigEndian(hash, High);
        BinaryPrimitives.WriteUInt128BigEndian(hash[16..], Low);
        return ByteString.CopyFrom(hash);
    }
}
