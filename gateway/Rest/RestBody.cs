using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Rest;

/// <summary>
/// A JSON body that is read field by field. Faults are gathered; a field that nobody asked for is one, so that nothing is dropped silently.
/// </summary>
internal sealed class RestBody(JsonElement root, List<FieldError> errors, string prefix)
{
    private const int Depth = 32;

    private readonly HashSet<string> read = [];
    private readonly List<RestBody> children = [];

    public static async Task<RestBody> ReadAsync(HttpContext http)
    {
        var limit = http.RequestServices.GetRequiredService<IOptions<GatewayOptions>>().Value.BodyLimit;
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = limit;
        }

        if (!string.IsNullOrEmpty(http.Request.ContentType)
            && !(MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type)
                && string.Equals(type.MediaType, "application/json", StringComparison.OrdinalIgnoreCase)))
        {
            throw new RestFailure(415, "unsupported_media_type", "Send the body as application/json in UTF-8.");
        }

        var body = new ArrayBufferWriter<byte>(1024);
        int count;
        while ((count = await http.Request.Body.ReadAsync(body.GetMemory(), http.RequestAborted)) > 0)
        {
            body.Advance(count);
        }

        return Parse(body.WrittenMemory);
    }

    public static RestBody Parse(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8, new() { MaxDepth = Depth });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new RestBody(document.RootElement.Clone(), [], "")
                : throw new RestFailure(400, "invalid_json", "The body must be a JSON object.");
        }
        catch (JsonException e)
        {
            throw new RestFailure(
                400, "invalid_json", $"The body is not valid JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}).");
        }
    }

    public bool Has(string field) => root.TryGetProperty(field, out _);

    /// <summary>Text; null if absent or null.</summary>
    public string? Text(string field) => Find(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => ReadText(field, text),
        _ => Fail<string>(field, "must be text."),
    };

    public string RequiredText(string field)
    {
        var text = Text(field);
        return string.IsNullOrWhiteSpace(text) ? Fail<string>(field, "is required.", "required") ?? "" : text;
    }

    public bool? Flag(string field) => Find(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => Fail<bool?>(field, "must be true or false."),
    };

    public int? Number(string field) => Find(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt32(out var value) && value >= 0 => value,
        _ => Fail<int?>(field, "must be a whole number that is not negative."),
    };

    public DateTimeOffset? Time(string field) => Find(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text when text.TryGetDateTimeOffset(out var time) => time,
        _ => Fail<DateTimeOffset?>(field, "must be an ISO 8601 time such as 2027-01-15T12:00:00.000Z."),
    };

    /// <summary>One of the names; null if absent or null.</summary>
    public T? Choice<T>(string field, IReadOnlyDictionary<string, T> choices)
        where T : struct
    {
        if (Text(field) is not { } text)
        {
            return null;
        }

        return choices.TryGetValue(text, out var choice)
            ? choice : Fail<T?>(field, $"must be one of {string.Join(", ", choices.Keys.Select(key => $"'{key}'"))}.");
    }

    public IReadOnlyList<string>? Texts(string field) => Find(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } list when list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            => [.. list.EnumerateArray().Select(item => ReadText(field, item) ?? "")],
        _ => Fail<IReadOnlyList<string>>(field, "must be a list of texts."),
    };

    public IReadOnlyDictionary<string, string>? Map(string field) => Find(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } map when map.EnumerateObject().All(entry => entry.Value.ValueKind == JsonValueKind.String)
            => map.EnumerateObject().ToDictionary(entry => entry.Name, entry => ReadText(field, entry.Value) ?? ""),
        _ => Fail<IReadOnlyDictionary<string, string>>(field, "must be an object whose values are texts."),
    };

    public RestBody? Object(string field) => Find(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => Child(value, $"{prefix}{field}."),
        _ => Fail<RestBody>(field, "must be an object."),
    };

    public IReadOnlyList<RestBody>? Objects(string field) => Find(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } list when list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object)
            => [.. list.EnumerateArray().Select((item, i) => Child(item, $"{prefix}{field}[{i}]."))],
        _ => Fail<IReadOnlyList<RestBody>>(field, "must be a list of objects."),
    };

    /// <summary>A field that the contract knows and this product cannot do: only what changes nothing is accepted.</summary>
    public void Refuse(string field, string why)
    {
        if (Find(field) is { ValueKind: not JsonValueKind.False })
        {
            Fail<string>(field, why, "unsupported");
        }
    }

    public T? Fail<T>(string field, string what, string code = "invalid")
    {
        errors.Add(new FieldError(prefix + field, code, $"'{prefix}{field}' {what}"));
        return default;
    }

    /// <summary>Throws 422 if anything was wrong, unknown fields included. Call it when all fields have been read.</summary>
    public void Check()
    {
        NoteUnknown();
        if (errors.Count > 0)
        {
            throw RestFailure.Invalid([.. errors]);
        }
    }

    private void NoteUnknown()
    {
        foreach (var property in root.EnumerateObject().Where(property => !read.Contains(property.Name)))
        {
            Fail<string>(property.Name, "is not a field of this request.", "unknown_field");
        }

        foreach (var child in children)
        {
            child.NoteUnknown();
        }
    }

    private JsonElement? Find(string field)
    {
        read.Add(field);
        return root.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private RestBody Child(JsonElement value, string path)
    {
        var child = new RestBody(value, errors, path);
        children.Add(child);
        return child;
    }

    private string? ReadText(string field, JsonElement text)
    {
        try
        {
            var value = text.GetString()!;
            return value.Contains('\0', StringComparison.Ordinal) ? Fail<string>(field, "holds the character U+0000.") : value;
        }
        catch (InvalidOperationException)
        {
            return Fail<string>(field, "is not valid Unicode.");
        }
    }
}
