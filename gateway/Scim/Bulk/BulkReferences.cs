using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using DirectorySync.Scim;

namespace DirectorySync.Gateway.Scim.Bulk;

/// <summary>"bulkId:…" in the place of ids (RFC 7644 §3.7.2): found, and replaced once the ids are known. Whatever attribute it is in.</summary>
internal static class BulkReferences
{
    private const string Prefix = "bulkId:";

    /// <summary>The bulkId that a text refers to; null if it refers to none.</summary>
    public static string? Find(string? text) =>
        text is { Length: > 7 } && text.StartsWith(Prefix, StringComparison.Ordinal) ? text[Prefix.Length..] : null;

    /// <summary>The bulkIds to which an operation refers.</summary>
    public static HashSet<string> Of(string? target, JsonElement data)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        if (Find(target) is { } bulkId)
        {
            found.Add(bulkId);
        }

        for (var reader = Reader(data); reader.Read();)
        {
            if (Find(ref reader) is { } reference)
            {
                found.Add(reference);
            }
        }

        return found;
    }

    /// <summary>The data as a body of its own, ids in the place of references. All else keeps its bytes.</summary>
    public static ReadOnlyMemory<byte> Resolve(JsonElement data, IReadOnlyDictionary<string, string> ids)
    {
        if (data.ValueKind == JsonValueKind.Undefined)
        {
            return default;
        }

        var source = JsonMarshal.GetRawUtf8Value(data);
        var resolved = new ArrayBufferWriter<byte>(source.Length + 256);
        var copied = 0;
        for (var reader = Reader(data); reader.Read();)
        {
            if (Find(ref reader) is { } reference)
            {
                resolved.Write(source[copied..(int)reader.TokenStartIndex]);
                resolved.Write(JsonSerializer.SerializeToUtf8Bytes(ids[reference]));
                copied = (int)reader.BytesConsumed;
            }
        }

        resolved.Write(source[copied..]);
        return resolved.WrittenMemory;
    }

    private static Utf8JsonReader Reader(JsonElement data) => new(
        data.ValueKind == JsonValueKind.Undefined ? "{}"u8 : JsonMarshal.GetRawUtf8Value(data),
        new JsonReaderOptions { MaxDepth = ScimJson.MessageDepth });

    private static string? Find(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String || !(reader.ValueIsEscaped || reader.ValueSpan.StartsWith("bulkId:"u8)))
        {
            return null;
        }

        try
        {
            return Find(reader.GetString());
        }
        catch (InvalidOperationException)
        {
            // Not valid Unicode: whoever reads the resource refuses it.
            return null;
        }
    }
}
