using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using DirectorySync.Scim.V1;

namespace DirectorySync.Scim.Tests;

/// <summary>What a filter means, said once more and as plainly as possible, over the JSON that a client sees.</summary>
internal static class ReferenceEvaluator
{
    public static bool Matches(Filter filter, JsonNode user, ResourceType type) => Holds(
        filter,
        path => Values(user, path, type),
        path => (path.SubAttribute.Length == 0 ? Attribute(user, path, type) is { } whole ? [whole] : [] : Values(user, path, type))
            .Any(IsAssigned),
        path => Attribute(user, path, type));

    private static bool Holds(
        Filter filter,
        Func<AttributePath, IEnumerable<JsonNode>> values,
        Func<AttributePath, bool> isPresent,
        Func<AttributePath, JsonNode?> whole) => filter.ExpressionCase switch
    {
        Filter.ExpressionOneofCase.And => filter.And.Operands.All(f => Holds(f, values, isPresent, whole)),
        Filter.ExpressionOneofCase.Or => filter.Or.Operands.Any(f => Holds(f, values, isPresent, whole)),
        Filter.ExpressionOneofCase.Not => !Holds(filter.Not, values, isPresent, whole),
        Filter.ExpressionOneofCase.Present => isPresent(filter.Present),
        Filter.ExpressionOneofCase.Comparison => Compare(
            filter.Comparison, [.. values(filter.Comparison.Path).Where(IsAssigned)], isPresent(filter.Comparison.Path)),
        _ => Elements(whole(filter.ValuePath.Path) is { } list ? [list] : []).Any(
            element => Holds(
                filter.ValuePath.Filter,
                path => Sub(element, path.SubAttribute) is { } value ? [value] : [],
                path => Sub(element, path.SubAttribute) is { } value && IsAssigned(value),
                _ => null)),
    };

    private static bool Compare(Comparison comparison, List<JsonNode> values, bool isPresent)
    {
        var (literal, @operator) = (comparison.Value, comparison.Operator);
        if (literal.KindCase == FilterValue.KindOneofCase.None || literal is { KindCase: FilterValue.KindOneofCase.StringValue, StringValue: "" })
        {
            return @operator switch
            {
                ComparisonOperator.Equal => !isPresent,
                ComparisonOperator.LessThan or ComparisonOperator.LessOrEqual => false,
                _ => isPresent,
            };
        }

        return values.Any(value => Order(comparison, value) is var order && @operator switch
        {
            ComparisonOperator.Equal => order == 0,
            ComparisonOperator.NotEqual => order != 0,
            ComparisonOperator.GreaterThan => order > 0,
            ComparisonOperator.GreaterOrEqual => order >= 0,
            ComparisonOperator.LessThan => order < 0,
            ComparisonOperator.LessOrEqual => order <= 0,
            ComparisonOperator.Contains => Texts(comparison, value) is var (text, part) && text.Contains(part, StringComparison.Ordinal),
            ComparisonOperator.StartsWith => Texts(comparison, value) is var (text, part) && text.StartsWith(part, StringComparison.Ordinal),
            _ => Texts(comparison, value) is var (text, part) && text.EndsWith(part, StringComparison.Ordinal),
        });
    }

    private static int? Order(Comparison comparison, JsonNode value) => (comparison.Value.KindCase, value.GetValueKind()) switch
    {
        (FilterValue.KindOneofCase.StringValue, JsonValueKind.String) when comparison.Path.Type == AttributeType.DateTime =>
            DateTimeOffset.Parse(value.GetValue<string>(), CultureInfo.InvariantCulture)
                .CompareTo(DateTimeOffset.Parse(comparison.Value.StringValue, CultureInfo.InvariantCulture)),
        (FilterValue.KindOneofCase.StringValue, JsonValueKind.String) =>
            Texts(comparison, value) is var (a, b) ? string.CompareOrdinal(a, b) : null,
        (FilterValue.KindOneofCase.BooleanValue, JsonValueKind.True or JsonValueKind.False) =>
            value.GetValue<bool>().CompareTo(comparison.Value.BooleanValue),
        (FilterValue.KindOneofCase.NumberValue, JsonValueKind.Number) =>
            value.GetValue<decimal>().CompareTo(decimal.Parse(comparison.Value.NumberValue, NumberStyles.Float, CultureInfo.InvariantCulture)),
        _ => null,
    };

    private static (string Text, string Part)? Texts(Comparison comparison, JsonNode value) => value.GetValueKind() != JsonValueKind.String ? null
        : comparison.Path.CaseExact ? (value.GetValue<string>(), comparison.Value.StringValue)
        : (value.GetValue<string>().ToLowerInvariant(), comparison.Value.StringValue.ToLowerInvariant());

    private static IEnumerable<JsonNode> Values(JsonNode user, AttributePath path, ResourceType type)
    {
        if (Attribute(user, path, type) is not { } value)
        {
            return [];
        }

        var isLeaf = path.SubAttribute.Length == 0 && type.Find(path) is not null;
        return isLeaf ? value is JsonArray list ? list.OfType<JsonNode>() : [value]
            : path.SubAttribute.Length == 0 ? Elements([value]).Select(e => e is JsonObject ? Property(e, "value") : e).OfType<JsonNode>()
            : Elements([value]).Select(e => Sub(e, path.SubAttribute)).OfType<JsonNode>();
    }

    private static JsonNode? Attribute(JsonNode user, AttributePath path, ResourceType type) =>
        (path.Schema == type.Core.Urn ? user : Property(user, path.Schema)) is { } container ? Property(container, path.Attribute) : null;

    private static IEnumerable<JsonNode> Elements(IEnumerable<JsonNode> values) =>
        values.SelectMany(v => v is JsonArray list ? list.OfType<JsonNode>() : [v]);

    private static JsonNode? Sub(JsonNode element, string name) => element is JsonObject ? Property(element, name)
        : name == "value" ? element : null;

    private static JsonNode? Property(JsonNode node, string name) => (node as JsonObject)
        ?.FirstOrDefault(p => p.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    private static bool IsAssigned(JsonNode value) => value switch
    {
        JsonArray list => list.Count > 0,
        JsonObject complex => complex.Count > 0,
        _ => value.GetValueKind() != JsonValueKind.String || value.GetValue<string>().Length > 0,
    };
}
