using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace DirectorySync.Local.Okta;

/// <summary>A place in a JSON document: <c>$.name.givenName</c>, <c>$['urn:…'].department</c>, <c>$.emails[0].value</c>, <c>$.members[*].value</c>.</summary>
internal sealed partial class JsonPath
{
    private readonly string text;
    private readonly IReadOnlyList<string> steps;

    private JsonPath(string text, IReadOnlyList<string> steps)
    {
        this.text = text;
        this.steps = steps;
    }

    /// <exception cref="FormatException">Not such a path.</exception>
    public static JsonPath Parse(string text)
    {
        var match = Grammar().Match(text);
        return match.Success
            ? new(text, [.. match.Groups["step"].Captures.Select(step => step.Value)])
            : throw new FormatException($"'{text}' is not a path like $.name.givenName or $.members[*].value.");
    }

    /// <summary>The values at that place; <c>[*]</c> makes several of them.</summary>
    public IReadOnlyList<JsonNode?> Select(JsonNode? root)
    {
        IEnumerable<JsonNode?> found = [root];
        foreach (var step in steps)
        {
            found = found.SelectMany(node => Step(node, step));
        }

        return [.. found];
    }

    /// <summary>Puts a value at that place, whose parent must exist.</summary>
    public void Set(JsonNode root, JsonNode? value)
    {
        var parents = new JsonPath(text, [.. steps.SkipLast(1)]).Select(root);
        foreach (var parent in parents)
        {
            switch (parent)
            {
                case JsonObject members:
                    members[steps[^1]] = value?.DeepClone();
                    break;
                case JsonArray array when int.TryParse(steps[^1], CultureInfo.InvariantCulture, out var index) && index < array.Count:
                    array[index] = value?.DeepClone();
                    break;
                default:
                    throw new FormatException($"'{text}' is no place of this body: {root.ToJsonString()}");
            }
        }

        if (parents.Count == 0)
        {
            throw new FormatException($"'{text}' is no place of this body: {root.ToJsonString()}");
        }
    }

    public override string ToString() => text;

    private static List<JsonNode?> Step(JsonNode? node, string step) => (node, step) switch
    {
        (JsonArray all, "*") => [.. all],
        (JsonArray array, _) when int.TryParse(step, CultureInfo.InvariantCulture, out var index) => index < array.Count ? [array[index]] : [],
        (JsonObject members, _) => members.TryGetPropertyValue(step, out var value) ? [value] : [],
        _ => [],
    };

    [GeneratedRegex(@"^\$(\.(?<step>[\w$-]+)|\[(?<step>\d+|\*)\]|\['(?<step>[^']+)'\])*$", RegexOptions.ExplicitCapture)]
    private static partial Regex Grammar();
}
