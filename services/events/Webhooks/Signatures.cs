using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace DirectorySync.Events.Webhooks;

/// <summary>Signs deliveries in both forms that receivers know.</summary>
internal static class Signatures
{
    public const string Prefix = "whsec_";
    private const int SecretBytes = 32;

    public static string NewSecret() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>Adds the headers: with the first secret in each, and with the others as far as the form knows several.</summary>
    public static void Add(HttpRequestHeaders headers, string id, byte[] body, IReadOnlyList<string> secrets, DateTimeOffset now)
    {
        var milliseconds = now.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        var hosted = secrets.Select(secret => Convert.ToHexStringLower(Sign(Encoding.UTF8.GetBytes(secret), $"{milliseconds}.", body)));
        headers.TryAddWithoutValidation("WorkOS-Signature", $"t={milliseconds}, {string.Join(", ", hosted.Select(hash => "v1=" + hash))}");

        var seconds = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var standard = secrets.Select(secret => Convert.ToBase64String(Sign(Convert.FromBase64String(secret[Prefix.Length..]), $"{id}.{seconds}.", body)));
        headers.TryAddWithoutValidation("webhook-id", id);
        headers.TryAddWithoutValidation("webhook-timestamp", seconds);
        headers.TryAddWithoutValidation("webhook-signature", string.Join(' ', standard.Select(hash => "v1," + hash)));
    }

    private static byte[] Sign(byte[] key, string start, byte[] body)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hash.AppendData(Encoding.UTF8.GetBytes(start));
        hash.AppendData(body);
        return hash.GetHashAndReset();
    }
}
