using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace DirectorySync.AttributeMapping.Engine;

/// <summary>Values as compact JSON text.</summary>
internal static class JsonText
{
    public static string Of(string text) => $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";

    /// <summary>The text that JSON text of a string stands for.</summary>
    public static string Read(string json) => json.Contains('\\') ? JsonSerializer.Deserialize<string>(json)! : json[1..^1];

    /// <summary>Numbers keep their digits.</summary>
    public static string Of(JsonElement value)
    {
        if (value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.String))
        {
            return value.GetRawText();
        }

        var buffer = new ArrayBufferWriter<byte>(64);
        using (var writer = new Utf8JsonWriter(buffer, Scim.ScimJson.WriterOptions))
        {
            value.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
