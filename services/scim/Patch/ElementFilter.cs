using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using DirectorySync.Scim.V1;
using Google.Protobuf;

namespace DirectorySync.Scim;

/// <summary>A value filter over the elements of one attribute in memory: emails[type eq "work"]. (Lists are filtered by SQL.)</summary>
public static class ElementFilter
{
    internal static bool Matches(Filter filter, IMessage element, AttributeDefinition definition) =>
        Matches(filter, path => ValueOf(element, definition, path.SubAttribute));

    /// <summary>Of an undeclared attribute; a bare value has itself as "value".</summary>
    internal static bool Matches(Filter filter, JsonNode? element) => Matches(filter, path => element switch
    {
        JsonObject json => Scalar(json.FirstOrDefault(p => p.Key.Equals(path.SubAttribute, StringComparison.OrdinalIgnoreCase)).Value),
        _ when path.SubAttribute.Equals("value", StringComparison.OrdinalIgnoreCase) => Scalar(element),
        _ => null,
    });

    /// <summary>Of an element as SCIM JSON; a bare value has itself as "value".</summary>
    public static bool Matches(Filter filter, JsonElement element) => Matches(filter, path => Find(element, path.SubAttribute) switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString() is { Length: > 0 } value ? value : null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.Number } number => Number(number.GetRawText()),
        { ValueKind: JsonValueKind.Object or JsonValueKind.Array } other => other,
        _ => null,
    });

    /// <summary>A sub-attribute in any case; a bare value is its own "value".</summary>
    public static JsonElement? Find(JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            return name.Equals("value", StringComparison.OrdinalIgnoreCase) ? element : null;
        }

        if (element.TryGetProperty(name, out var usual))
        {
            return usual;
        }

        foreach (var property in element.EnumerateObject())
        {
            if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return property.Value;
            }
        }

        return null;
    }

    /// <summary>Gives a new element the values that the filter asks for by eq: add emails[type eq "work"].value creates type too.</summary>
    internal static void Fill(Filter filter, IMessage element, AttributeDefinition definition)
    {
        foreach (var (name, json) in Equalities(filter))
        {
            if (definition.FindSubAttribute(name) is { Field: not null } sub)
            {
                AttributeReader.Read(element, sub, json, $"{definition.Name}.{sub.Name}");
            }
            else
            {
                RawAttributes.Set(RawAttributes.Of(element)!, "", name, json);
            }
        }
    }

    /// <summary>The sub-attributes with their values that every element matching the filter must have.</summary>
    internal static IEnumerable<(string Name, JsonElement Value)> Equalities(Filter filter) => filter.ExpressionCase switch
    {
        Filter.ExpressionOneofCase.And => filter.And.Operands.SelectMany(Equalities),
        Filter.ExpressionOneofCase.Comparison when filter.Comparison.Operator == ComparisonOperator.Equal =>
            [(filter.Comparison.Path.SubAttribute, Json(filter.Comparison.Value))],
        _ => [],
    };

    private static bool Matches(Filter filter, Func<AttributePath, object?> valueOf) => filter.ExpressionCase switch
    {
        Filter.ExpressionOneofCase.And => filter.And.Operands.All(f => Matches(f, valueOf)),
        Filter.ExpressionOneofCase.Or => filter.Or.Operands.Any(f => Matches(f, valueOf)),
        Filter.ExpressionOneofCase.Not => !Matches(filter.Not, valueOf),
        Filter.ExpressionOneofCase.Present => valueOf(filter.Present) is not null,
        Filter.ExpressionOneofCase.Comparison => Holds(filter.Comparison, valueOf(filter.Comparison.Path)),
        _ => throw ScimException.InvalidFilter("A filter inside brackets cannot have brackets itself."),
    };

    private static bool Holds(Comparison comparison, object? actual)
    {
        var wanted = comparison.Value.KindCase switch
        {
            FilterValue.KindOneofCase.StringValue => comparison.Value.StringValue.Length == 0 ? null : comparison.Value.StringValue,
            FilterValue.KindOneofCase.BooleanValue => comparison.Value.BooleanValue,
            FilterValue.KindOneofCase.NumberValue => Number(comparison.Value.NumberValue),
            _ => (object?)null,
        };
        if (actual is null || wanted is null)
        {
            return comparison.Operator switch
            {
                ComparisonOperator.Equal => actual is null && wanted is null,
                ComparisonOperator.NotEqual => actual is not null && wanted is null,
                _ => false,
            };
        }

        if (comparison.Operator is ComparisonOperator.Contains or ComparisonOperator.StartsWith or ComparisonOperator.EndsWith)
        {
            return actual is string text && wanted is string part && HoldsText(comparison, Key(text, comparison), Key(part, comparison));
        }

        int? order = (actual, wanted) switch
        {
            (string a, string b) => comparison.Path.Type == AttributeType.DateTime
                ? DateTimes.TryParse(a, out var one) && DateTimes.TryParse(b, out var other) ? one.CompareTo(other) : null
                : string.CompareOrdinal(Key(a, comparison), Key(b, comparison)),
            (bool a, bool b) => a.CompareTo(b),
            (decimal a, decimal b) => a.CompareTo(b),
            _ => null,
        };
        return comparison.Operator switch
        {
            ComparisonOperator.Equal => order == 0,
            ComparisonOperator.NotEqual => order != 0,
            ComparisonOperator.GreaterThan => order > 0,
            ComparisonOperator.GreaterOrEqual => order >= 0,
            ComparisonOperator.LessThan => order < 0,
            ComparisonOperator.LessOrEqual => order <= 0,
            _ => throw ScimException.InvalidFilter("The filter has an unknown operator."),
        };
    }

    private static bool HoldsText(Comparison comparison, string text, string part) => comparison.Operator switch
    {
        ComparisonOperator.Contains => text.Contains(part, StringComparison.Ordinal),
        ComparisonOperator.StartsWith => text.StartsWith(part, StringComparison.Ordinal),
        _ => text.EndsWith(part, StringComparison.Ordinal),
    };

    private static string Key(string text, Comparison comparison) => comparison.Path.CaseExact ? text : text.ToLowerInvariant();

    private static object? ValueOf(IMessage element, AttributeDefinition definition, string name)
    {
        if (definition.FindSubAttribute(name) is { Field: { } field })
        {
            return field.HasPresence && !field.Accessor.HasValue(element) ? null
                : field.Accessor.GetValue(element) is var value && value is not "" ? value : null;
        }

        return RawAttributes.Find(RawAttributes.Of(element)!, "", name) is { } raw ? Scalar(JsonNode.Parse(raw.Json)) : null;
    }

    private static object? Scalar(JsonNode? node) => node?.GetValueKind() switch
    {
        JsonValueKind.String => node.GetValue<string>() is { Length: > 0 } text ? text : null,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => Number(node.ToJsonString()),
        null or JsonValueKind.Null => null,
        _ => node,
    };

    private static object Number(string text) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : text;

    private static JsonElement Json(FilterValue value) => value.KindCase switch
    {
        FilterValue.KindOneofCase.StringValue => JsonSerializer.SerializeToElement(value.StringValue),
        FilterValue.KindOneofCase.BooleanValue => JsonSerializer.SerializeToElement(value.BooleanValue),
        FilterValue.KindOneofCase.NumberValue => JsonElement.Parse(value.NumberValue),
        _ => JsonElement.Parse("null"),
    };
}
