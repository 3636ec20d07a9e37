using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace DirectorySync.Scim;

/// <summary>How SCIM bodies are read and written as JSON.</summary>
public static class ScimJson
{
    /// <summary>Levels of nesting in a body.</summary>
    public const int Depth = 32;

    /// <summary>Levels of nesting in a message that carries bodies.</summary>
    public const int MessageDepth = 2 * Depth;

    /// <summary>For the writer of an answer.</summary>
    public static JsonWriterOptions WriterOptions { get; } =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    internal static JsonReaderOptions ReaderOptions { get; } = new() { MaxDepth = Depth };

    /// <summary>The same name twice in an object is refused: which of the two counts would be a guess.</summary>
    internal static JsonDocumentOptions DocumentOptions { get; } = new() { MaxDepth = Depth, AllowDuplicateProperties = false };

    /// <summary>Some clients begin a body with a byte order mark: it may be passed over (RFC 8259 §8.1).</summary>
    internal static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    /// <summary>Reads a body that must be a JSON object. The caller disposes it. Throws invalidSyntax.</summary>
    public static JsonDocument Parse(ReadOnlyMemory<byte> utf8) => Parse(utf8, DocumentOptions);

    /// <summary>Reads a message that carries bodies (bulk): what one of them holds is no reason to refuse the others.</summary>
    public static JsonDocument ParseMessage(ReadOnlyMemory<byte> utf8) => Parse(utf8, new JsonDocumentOptions { MaxDepth = MessageDepth });

    private static JsonDocument Parse(ReadOnlyMemory<byte> utf8, JsonDocumentOptions options)
    {
        if (!Utf8.IsValid(utf8.Span))
        {
            throw ScimException.InvalidSyntax("The body is not UTF-8.");
        }

        if (utf8.Span.StartsWith(ByteOrderMark))
        {
            utf8 = utf8[ByteOrderMark.Length..];
        }

        try
        {
            var document = JsonDocument.Parse(utf8, options);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
        }
        catch (JsonException e)
        {
            throw Malformed(e);
        }
        catch (InvalidOperationException)
        {
            throw BrokenName();
        }

        throw ScimException.InvalidSyntax("The body must be a JSON object.");
    }

    /// <summary>Says where JSON is broken, without repeating what is in it.</summary>
    internal static ScimException Malformed(JsonException e) => e.LineNumber is null
        ? SameName()
        : ScimException.InvalidSyntax($"The body is not valid JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}), or nested deeper than {Depth} levels.");

    /// <summary>A string value. Throws invalidValue for text that cannot be stored.</summary>
    public static string Text(JsonElement value, string attribute)
    {
        string text;
        try
        {
            text = value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw ScimException.InvalidValue(attribute, $"The value of '{attribute}' is not valid Unicode. Remove the broken character.");
        }

        return Strings.Fault(text) is { } fault
            ? throw ScimException.InvalidValue(attribute, $"The value of '{attribute}' {fault}. Remove it.")
            : text;
    }

    /// <summary>The property's name. Throws invalidValue for a name that cannot be stored.</summary>
    public static string Name(JsonProperty property)
    {
        string name;
        try
        {
            name = property.Name;
        }
        catch (InvalidOperationException)
        {
            throw BrokenName();
        }

        return Strings.Fault(name) is { } fault
            ? throw ScimException.InvalidSyntax($"The body has an attribute name that {fault}.")
            : name;
    }

    /// <summary>null, "" and [] are unassigned (RFC 7643 §2.5), and so is an object that says nothing.</summary>
    internal static bool IsUnassigned(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => true,
        JsonValueKind.String => value.ValueEquals(ReadOnlySpan<byte>.Empty),
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => value.GetPropertyCount() == 0,
        _ => false,
    };

    /// <summary>What a list of one holds; anything else as it is.</summary>
    internal static JsonElement Single(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 1 ? value[0] : value;

    /// <summary>The value as compact JSON text; numbers keep their digits. Throws invalidValue for text that cannot be stored.</summary>
    internal static string Raw(JsonElement value, string attribute)
    {
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > BodyLimits.Values)
        {
            throw BodyLimits.TooManyValues(attribute);
        }

        Check(value, attribute);
        var buffer = new ArrayBufferWriter<byte>(64);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            value.WriteTo(writer);
        }

        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    internal static ScimException SameName() => ScimException.InvalidSyntax("The body has an object in which the same name stands twice.");

    /// <summary>What JsonDocument throws InvalidOperationException for: half a surrogate pair in a name.</summary>
    internal static ScimException BrokenName() => ScimException.InvalidSyntax("The body has an attribute name that is not valid Unicode.");

    internal static string KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "text",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        _ => "null",
    };

    private static void Check(JsonElement value, string attribute)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                Text(value, attribute);
                break;
            case JsonValueKind.Array:
                foreach (var element in value.EnumerateArray())
                {
                    Check(element, attribute);
                }

                break;
            case JsonValueKind.Object:
                foreach (var property in value.EnumerateObject())
                {
                    Name(property);
                    Check(property.Value, attribute);
                }

                break;
        }
    }
}
