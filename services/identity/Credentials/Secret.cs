using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace DirectorySync.Identity.Credentials;

/// <summary>A bearer secret of 256 random bits, and what is kept of it.</summary>
/// <param name="Text">The secret itself, shown once.</param>
/// <param name="Hash">Its SHA-256. So many random bits need no salt and no slow hash.</param>
internal sealed record Secret(string Text, byte[] Hash)
{
    public const int HashLength = SHA256.HashSizeInBytes;

    private const int Bytes = 32;
    private const int SuffixLength = 4;

    public string Suffix => Text[^SuffixLength..];

    public static Secret New(string prefix)
    {
        var text = prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));
        return new(text, SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
