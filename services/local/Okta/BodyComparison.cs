using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DirectorySync.Local.Okta;

/// <summary>Decides whether an answer's body is as a fixture expects.</summary>
internal static class BodyComparison
{
    public static bool Holds(this BodyExpectation expectation, JsonNode? body)
    {
        var found = expectation.Path.Select(body);
        var values = found is [JsonArray array] ? [.. array] : found;
        return expectation.Operator switch
        {
            BodyOperator.Equal => found.Count == 1 && JsonNode.DeepEquals(found[0], Wanted()),
            BodyOperator.NotEqual => found.Count != 1 || !JsonNode.DeepEquals(found[0], Wanted()),
            BodyOperator.Contains => values.Any(value => JsonNode.DeepEquals(value, Wanted())),
            BodyOperator.Lacks => !values.Any(value => JsonNode.DeepEquals(value, Wanted())),
            BodyOperator.Length => values.Count == int.Parse(expectation.Value, CultureInfo.InvariantCulture),
            BodyOperator.Absent => found.All(value => value is null),
            BodyOperator.Is => found.Count == 1 && IsOfKind(found[0], expectation.Value),
            _ => throw new FormatException($"Unknown comparison {expectation.Operator}."),
        };

        JsonNode? Wanted() => JsonNode.Parse(expectation.Value);
    }

    private static bool IsOfKind(JsonNode? node, string kind) => (kind, node?.GetValueKind()) switch
    {
        ("string", JsonValueKind.String) => true,
        ("number", JsonValueKind.Number) => node!.ToJsonString().All(c => char.IsAsciiDigit(c)),
        ("boolean", JsonValueKind.True or JsonValueKind.False) => true,
        ("array", JsonValueKind.Array) => true,
        ("object", JsonValueKind.Object) => true,
        ("not-empty", JsonValueKind.String) => node!.GetValue<string>().Length > 0,
        ("not-empty", JsonValueKind.Array) => node!.AsArray().Count > 0,
        ("string" or "number" or "boolean" or "array" or "object" or "not-empty", _) => false,
        _ => throw new FormatException($"'is {kind}' is not understood: string, number, boolean, array, object, not-empty."),
    };
}
