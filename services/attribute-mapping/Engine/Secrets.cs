using System.Buffers;
using System.Text.RegularExpressions;

namespace DirectorySync.AttributeMapping.Engine;

/// <summary>Values as they may be shown: shortened, and hidden where name or value look like a secret.</summary>
internal static partial class Secrets
{
    public const string Mask = "••••••••";

    private const int Longest = 100;

    private static readonly SearchValues<char> NotInKeys = SearchValues.Create(" @/:.,;\n");

    public static string Show(string attribute, string value) =>
        SecretName().IsMatch(attribute) || SecretValue().IsMatch(value) || IsRandom(value) ? Mask
        : value.Length <= Longest ? value
        : $"{value[..(char.IsHighSurrogate(value[Longest - 1]) ? Longest - 1 : Longest)]}…";

    // Long, without a space, and of several kinds of characters: a key, not a word. Ids (UUID), addresses and URLs are none.
    private static bool IsRandom(string value)
    {
        if (value.Length is < 24 or > 4096 || value.AsSpan().IndexOfAny(NotInKeys) >= 0 || Guid.TryParse(value, out _))
        {
            return false;
        }

        return value.Any(char.IsAsciiDigit) && value.Any(char.IsAsciiLetter) && value.Distinct().Count() >= 12;
    }

    [GeneratedRegex("passw|passphrase|secret|token|api_?key|private_?key|credential|otp_?seed|ssn|social_?security|x509", RegexOptions.IgnoreCase)]
    private static partial Regex SecretName();

    [GeneratedRegex(@"^(sk|pk|rk|whsec|ghp|gho|github_pat|glpat|xox[abprs])[_-]|^(AKIA|ASIA)[A-Z0-9]{12,}|^eyJ[\w-]+\.|-----BEGIN |^\d{3}-\d{2}-\d{4}$")]
    private static partial Regex SecretValue();
}
