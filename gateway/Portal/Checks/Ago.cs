using System.Globalization;

namespace DirectorySync.Gateway.Portal.Checks;

/// <summary>How long ago something was, as people say it.</summary>
internal static class Ago
{
    public static string Of(DateTimeOffset time, DateTimeOffset now) => (now - time) switch
    {
        // Clocks of two machines differ.
        { TotalSeconds: < 1 } => "just now",
        { TotalSeconds: < 60 } age => Count((int)age.TotalSeconds, "s"),
        { TotalMinutes: < 60 } age => Count((int)age.TotalMinutes, "min"),
        { TotalHours: < 48 } age => Count((int)age.TotalHours, "h"),
        var age => Count((int)age.TotalDays, "days"),
    };

    private static string Count(int number, string unit) => string.Create(CultureInfo.InvariantCulture, $"{number} {unit} ago");
}
