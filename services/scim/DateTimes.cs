using System.Globalization;

namespace DirectorySync.Scim;

/// <summary>dateTimes (RFC 7643 §2.3.5): read leniently, written in one form that compares as text.</summary>
internal static class DateTimes
{
    private static readonly string[] Formats =
    [
        "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd' 'HH:mm:ssK", "yyyy-MM-dd", "yyyy/MM/dd",
    ];

    /// <summary>A time without zone is UTC; a date alone its first moment.</summary>
    public static bool TryParse(string text, out DateTimeOffset time) => DateTimeOffset.TryParseExact(
        text.ToUpperInvariant(), Formats, CultureInfo.InvariantCulture,
        DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);

    /// <summary>Fixed width, UTC.</summary>
    public static string Key(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
}
