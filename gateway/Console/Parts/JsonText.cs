using System.Text.Encodings.Web;
using System.Text.Json;

namespace DirectorySync.Gateway.Console.Parts;

/// <summary>JSON for people. Razor encodes it for HTML, so here letters stay letters.</summary>
internal static class JsonText
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Indent(string json)
    {
        using var document = JsonDocument.Parse(json);
        return JsonSerializer.Serialize(document.RootElement, Readable);
    }

    /// <summary>A text as it is, anything else as JSON.</summary>
    public static string Plain(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind == JsonValueKind.String ? document.RootElement.GetString()! : JsonSerializer.Serialize(document.RootElement, Relaxed);
    }

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
