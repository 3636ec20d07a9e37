using System.Globalization;

namespace DirectorySync.Scim;

/// <summary>meta.version and the ETag header (RFC 7644 §3.14): weak, W/"7".</summary>
public static class ETag
{
    public static string Of(long version) => string.Create(CultureInfo.InvariantCulture, $"W/\"{version}\"");

    /// <summary>Reads W/"7", "7" and 7.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long version)
    {
        text = text.Trim();
        text = text.StartsWith("W/", StringComparison.OrdinalIgnoreCase) ? text[2..] : text;
        return long.TryParse(text.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out version);
    }
}
