using System.Globalization;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.DirectoryApi;

/// <summary>Values as the contract writes them.</summary>
public static class JsonValues
{
    /// <summary>A text, or null for the empty one.</summary>
    public static void WriteText(this Utf8JsonWriter json, string name, string value)
    {
        if (value.Length == 0)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteString(name, value);
        }
    }

    /// <summary>An object of which the text is given; the empty one for none.</summary>
    public static void WriteObject(this Utf8JsonWriter json, string name, string text)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(text.Length == 0 ? "{}" : text);
    }

    /// <summary>A time as 2026-01-15T12:00:00.000Z, or null.</summary>
    public static void WriteTime(this Utf8JsonWriter json, string name, Timestamp? time)
    {
        if (time is null)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteString(name, time.ToDateTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        }
    }
}
