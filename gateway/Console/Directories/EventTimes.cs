using System.Globalization;
using System.Text.Json;
using DirectorySync.Events.V1;

namespace DirectorySync.Gateway.Console.Directories;

/// <summary>When what an event tells of has changed.</summary>
internal static class EventTimes
{
    /// <summary>"updated_at" of what the event is about; null: it has none, as after an erasure.</summary>
    public static DateTimeOffset? FindChange(Event told)
    {
        using var data = JsonDocument.Parse(told.DataJson);
        return data.RootElement.ValueKind == JsonValueKind.Object && data.RootElement.TryGetProperty("updated_at", out var changed)
            && changed.ValueKind == JsonValueKind.String
            && DateTimeOffset.TryParse(changed.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
                ? time : null;
    }
}
