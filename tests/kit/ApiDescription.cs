using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DirectorySync.Kit;

/// <summary>
/// The gateway's own description of its API, against which tests hold what it answers and what applications are told: nothing may be missing, nothing
/// may have another type, and nothing may be there that is not described.
/// </summary>
public static class ApiDescription
{
    /// <summary>The whole document.</summary>
    public static JsonObject Document { get; } = Read();

    /// <summary>What is wrong with an answer; nothing, if it is as described. An address that is not described may only be refused.</summary>
    public static IReadOnlyList<string> Check(string method, string path, int status, string? contentType, string body)
    {
        var answer = Find(method, path) is { } operation
            ? (operation["responses"]![status.ToString(CultureInfo.InvariantCulture)] ?? (status >= 400 ? operation["responses"]!["default"] : null))
            : status >= 400 ? Document["components"]!["responses"]!["Error"] : null;
        if (answer is null)
        {
            return [$"{method} {path} answers {status}, which is not described"];
        }

        if (Resolve(answer)["content"]?.AsObject() is not { } contents)
        {
            return body.Length == 0 ? [] : [$"{method} {path}: no content is described"];
        }

        if (contentType is null || contents[contentType]?["schema"] is not { } schema)
        {
            return [$"{method} {path} answers '{contentType}', which is not described"];
        }

        return contentType == "application/json" ? Check(schema, body) : [];
    }

    /// <summary>What is wrong with a document of one of the described shapes.</summary>
    public static IReadOnlyList<string> Check(string shape, string json) => Check(Shape(shape), json);

    /// <summary>One of the described shapes.</summary>
    public static JsonNode Shape(string name) => Document["components"]!["schemas"]![name]!;

    /// <summary>What a reference refers to.</summary>
    public static JsonNode Resolve(JsonNode node)
    {
        while (node["$ref"] is { } reference)
        {
            node = ((string)reference!).TrimStart('#', '/').Split('/').Aggregate((JsonNode)Document, (at, name) => at[name]!);
        }

        return node;
    }

    private static List<string> Check(JsonNode schema, string json)
    {
        var errors = new List<string>();
        using var document = JsonDocument.Parse(json);
        Check(schema, document.RootElement, "", errors);
        return errors;
    }

    // The template with the fewest parameters is meant.
    private static JsonNode? Find(string method, string path)
    {
        var parts = path.Split('?')[0].Split('/');
        return Document["paths"]!.AsObject()
            .Where(entry => entry.Key.Split('/') is var template && template.Length == parts.Length
                && template.Zip(parts).All(pair => pair.First == pair.Second || (pair.First.StartsWith('{') && pair.Second.Length > 0)))
            .OrderBy(entry => entry.Key.Count(c => c == '{'))
            .Select(entry => entry.Value![method.ToLowerInvariant()])
            .FirstOrDefault();
    }

    private static void Check(JsonNode schema, JsonElement value, string at, List<string> errors)
    {
        schema = Resolve(schema);
        if (schema["oneOf"] is JsonArray choices)
        {
            var tries = choices.Select(choice =>
            {
                var found = new List<string>();
                Check(choice!, value, at, found);
                return found;
            }).ToList();
            if (tries.Count(found => found.Count == 0) != 1)
            {
                errors.Add($"{at}: fits {tries.Count(found => found.Count == 0)} of the choices; nearest: {string.Join("; ", tries.MinBy(found => found.Count)!)}");
            }

            return;
        }

        if (schema["type"] is { } types && !Types(types).Contains(TypeOf(value)) && !(TypeOf(value) == "integer" && Types(types).Contains("number")))
        {
            errors.Add($"{at}: is {TypeOf(value)}, not {types.ToJsonString()}");
            return;
        }

        if (schema["const"] is { } constant && value.GetString() != (string?)constant)
        {
            errors.Add($"{at}: is {value}, not {constant}");
        }

        if (schema["enum"] is JsonArray known && !known.Any(one => (string?)one == (value.ValueKind == JsonValueKind.Null ? null : value.GetString())))
        {
            errors.Add($"{at}: is {value}, which is none of {known.ToJsonString()}");
        }

        if ((string?)schema["format"] == "date-time" && value.ValueKind == JsonValueKind.String && !value.TryGetDateTimeOffset(out _))
        {
            errors.Add($"{at}: is no time: {value}");
        }

        if (value.ValueKind == JsonValueKind.Array && schema["items"] is { } items)
        {
            foreach (var (index, item) in value.EnumerateArray().Index())
            {
                Check(items, item, $"{at}[{index}]", errors);
            }
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            CheckFields(schema, value, at, errors);
        }
    }

    private static void CheckFields(JsonNode schema, JsonElement value, string at, List<string> errors)
    {
        var described = schema["properties"] as JsonObject;
        errors.AddRange((schema["required"] as JsonArray ?? []).Where(name => !value.TryGetProperty((string)name!, out _)).Select(name => $"{at}.{name}: is missing"));
        foreach (var field in value.EnumerateObject())
        {
            if (described?[field.Name] is { } property)
            {
                Check(property, field.Value, $"{at}.{field.Name}", errors);
            }
            else if (schema["additionalProperties"] is { } others)
            {
                Check(others, field.Value, $"{at}.{field.Name}", errors);
            }
            else if (described is not null)
            {
                errors.Add($"{at}.{field.Name}: is not described");
            }
        }
    }

    private static IEnumerable<string> Types(JsonNode types) => types is JsonArray several ? several.Select(one => (string)one!) : [(string)types!];

    private static string TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => value.TryGetInt64(out _) ? "integer" : "number",
        JsonValueKind.Null => "null",
        _ => "boolean",
    };

    private static JsonObject Read()
    {
        using var resource = typeof(ApiDescription).Assembly.GetManifestResourceStream("openapi.json")!;
        return JsonNode.Parse(resource)!.AsObject();
    }
}
