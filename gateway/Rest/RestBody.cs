using System.Globalization;
using System.Text.Json;
using DirectorySync.Gateway.Hosting;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace DirectorySync.Gateway.Rest;

/// <summary>
/// Reads a JSON object field by field. What is not known or has a wrong type is an error, never dropped; all errors are told at once.
/// </summary>
internal sealed class RestBody
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    private static readonly JsonElement Empty = JsonDocument.Parse("{}").RootElement;

    private readonly JsonElement json;
    private readonly string prefix;
    private readonly List<FieldError> errors;

    private RestBody(JsonElement json, string prefix, List<FieldError> errors, string[] known)
    {
        this.json = json;
        this.prefix = prefix;
        this.errors = errors;
        foreach (var field in json.EnumerateObject().Select(NameOf).Where(field => !known.Contains(field)))
        {
            Refuse(field, "unknown_field", $"does not exist. Fields are: {string.Join(", ", known)}.");
        }
    }

    /// <summary>Reads the request's body; one that may be absent is then the empty object.</summary>
    public static async Task<RestBody> ReadAsync(HttpContext http, bool optional, params string[] known)
    {
        if (optional && http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            return new(Empty, "", [], known);
        }

        var limit = http.RequestServices.GetRequiredService<IOptions<GatewayOptions>>().Value.BodyLimit;
        if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) || !type.MatchesMediaType("application/json")
            || http.Request.Headers.ContentEncoding.Count > 0)
        {
            throw new RestFailure(RestErrors.Describe(415));
        }

        if (http.Request.ContentLength > limit || await SmallBody.ReadAsync(http, limit) is not { } bytes)
        {
            throw new RestFailure(RestErrors.TooLarge(limit));
        }

        return Parse(Parse(bytes), known);
    }

    /// <summary>Reads a document.</summary>
    public static RestBody Parse(JsonElement document, params string[] known) => document.ValueKind == JsonValueKind.Object
        ? new(document, "", [], known)
        : throw Malformed("The body is not a JSON object.");

    /// <summary>True if the field is given, be it as null.</summary>
    public bool Has(string field) => json.TryGetProperty(field, out _);

    public string RequireText(string field)
    {
        if (!json.TryGetProperty(field, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            Refuse(field, "required", "is required.");
            return "";
        }

        return FindText(field) ?? "";
    }

    /// <summary>Null if absent or null; whether null is acceptable says the caller.</summary>
    public string? FindText(string field, bool nullable = false) =>
        Find(field, nullable, "a string", JsonValueKind.String) is { } value ? Text(field, value) : null;

    /// <summary>Any value but null, as JSON text.</summary>
    public string RequireJson(string field)
    {
        if (json.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null)
        {
            return value.GetRawText();
        }

        Refuse(field, "required", "is required.");
        return "";
    }

    public bool? FindFlag(string field, bool nullable = false) =>
        Find(field, nullable, "true or false", JsonValueKind.True, JsonValueKind.False)?.GetBoolean();

    public int? FindNumber(string field)
    {
        if (Find(field, false, "a number", JsonValueKind.Number) is not { } value)
        {
            return null;
        }

        if (value.TryGetInt32(out var number))
        {
            return number;
        }

        Refuse(field, "invalid_value", "must be a whole number.");
        return null;
    }

    public Timestamp? FindTime(string field)
    {
        if (Find(field, true, "a time", JsonValueKind.String) is not { } value)
        {
            return null;
        }

        var text = Text(field, value);

        // A time without zone would be read in the zone of whichever machine serves.
        if (text.Contains('T', StringComparison.Ordinal)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            return time.ToTimestamp();
        }

        Refuse(field, "invalid_value", "must be a time such as 2027-01-15T12:00:00.000Z.");
        return null;
    }

    /// <summary>One of the names.</summary>
    public T? FindChoice<T>(string field, IReadOnlyList<(string Name, T Value)> choices)
        where T : struct
    {
        if (FindText(field) is not { } text)
        {
            return null;
        }

        foreach (var (name, value) in choices)
        {
            if (name == text)
            {
                return value;
            }
        }

        Refuse(field, "invalid_value", $"is one of: {string.Join(", ", choices.Select(choice => choice.Name))}.");
        return null;
    }

    /// <summary>An object in the field.</summary>
    public RestBody? FindObject(string field, params string[] known) =>
        Find(field, false, "an object", JsonValueKind.Object) is { } value ? new(value, $"{prefix}{field}.", errors, known) : null;

    public IReadOnlyList<RestBody>? FindObjects(string field, params string[] known) =>
        Items(field, JsonValueKind.Object, "an array of objects")?
            .Select((item, i) => new RestBody(item, $"{prefix}{field}[{i}].", errors, known)).ToList();

    public IReadOnlyList<string>? FindTexts(string field) =>
        Items(field, JsonValueKind.String, "an array of strings")?.Select(item => Text(field, item)).ToList();

    /// <summary>An object whose values are strings; null if absent or null.</summary>
    public IReadOnlyDictionary<string, string>? FindMap(string field)
    {
        if (Find(field, true, "an object", JsonValueKind.Object) is not { } value)
        {
            return null;
        }

        var map = new Dictionary<string, string>();
        foreach (var entry in value.EnumerateObject())
        {
            var name = NameOf(entry);
            if (name.Contains('\0', StringComparison.Ordinal))
            {
                Refuse(field, "invalid_value", "has a key that holds U+0000.");
            }
            else if (entry.Value.ValueKind == JsonValueKind.String)
            {
                map[name] = Text($"{field}.{name}", entry.Value);
            }
            else
            {
                Refuse($"{field}.{name}", "wrong_type", "must be a string.");
            }
        }

        return map;
    }

    public void Refuse(string field, string code, string message) => errors.Add(new(prefix + field, code, $"{prefix}{field} {message}"));

    /// <summary>Throws if anything was not acceptable. Call it before anything is changed.</summary>
    public void Check()
    {
        if (errors.Count > 0)
        {
            throw new RestFailure(RestErrors.Invalid(errors));
        }
    }

    // JSON can escape what is no Unicode text, and U+0000, which no store takes.
    private string Text(string field, JsonElement value)
    {
        try
        {
            var text = value.GetString()!;
            if (!text.Contains('\0', StringComparison.Ordinal))
            {
                return text;
            }
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair: refused below.
        }

        Refuse(field, "invalid_value", "is not valid Unicode text, or holds U+0000.");
        return "";
    }

    private static string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            throw BrokenName();
        }
    }

    private JsonElement? Find(string field, bool nullable, string expected, params ReadOnlySpan<JsonValueKind> kinds)
    {
        if (!json.TryGetProperty(field, out var value) || (nullable && value.ValueKind == JsonValueKind.Null))
        {
            return null;
        }

        if (kinds.Contains(value.ValueKind))
        {
            return value;
        }

        Refuse(field, "wrong_type", $"must be {expected}{(nullable ? " or null" : "")}.");
        return null;
    }

    private List<JsonElement>? Items(string field, JsonValueKind kind, string expected)
    {
        if (Find(field, false, expected, JsonValueKind.Array) is not { } value)
        {
            return null;
        }

        var items = value.EnumerateArray().ToList();
        if (items.TrueForAll(item => item.ValueKind == kind))
        {
            return items;
        }

        Refuse(field, "wrong_type", $"must be {expected}.");
        return null;
    }

    private static JsonElement Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, Strict);
            return document.RootElement.Clone();
        }
        catch (InvalidOperationException)
        {
            throw BrokenName();
        }
        catch (JsonException e)
        {
            throw Malformed(e.LineNumber is { } line
                ? $"The body is not valid JSON at line {line + 1}, byte {e.BytePositionInLine + 1}."
                : "The body is not valid JSON, or names a field twice.");
        }
    }

    // Half of a surrogate pair.
    private static RestFailure BrokenName() => Malformed("The body has a name that is not valid Unicode.");

    private static RestFailure Malformed(string message) => new(new(400, "invalid_json", $"{message} Send one JSON object in UTF-8."));
}
