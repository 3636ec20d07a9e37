using System.Globalization;
using DirectorySync.Scim.V1;

namespace DirectorySync.Scim;

/// <summary>The operators of RFC 7644 table 3: their names, and which values fit which attributes.</summary>
internal static class FilterOperators
{
    private static readonly (string Name, ComparisonOperator Operator)[] Names =
    [
        ("eq", ComparisonOperator.Equal), ("ne", ComparisonOperator.NotEqual), ("co", ComparisonOperator.Contains),
        ("sw", ComparisonOperator.StartsWith), ("ew", ComparisonOperator.EndsWith), ("gt", ComparisonOperator.GreaterThan),
        ("ge", ComparisonOperator.GreaterOrEqual), ("lt", ComparisonOperator.LessThan), ("le", ComparisonOperator.LessOrEqual),
    ];

    public static ComparisonOperator? Find(ReadOnlySpan<char> word)
    {
        foreach (var (name, @operator) in Names)
        {
            if (word.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return @operator;
            }
        }

        return null;
    }

    public static string Name(ComparisonOperator @operator) => Names.First(n => n.Operator == @operator).Name;

    /// <summary>
    /// Makes the value fit the attribute's type ("true" for a boolean, 7 for text, as clients send them), or says why it cannot.
    /// </summary>
    public static string? Fit(AttributePath path, ComparisonOperator @operator, FilterValue value)
    {
        var isEquality = @operator is ComparisonOperator.Equal or ComparisonOperator.NotEqual;
        var isText = IsText(@operator);
        if (value.KindCase == FilterValue.KindOneofCase.None)
        {
            return isEquality ? null : $"null can only be compared by eq and ne, not by {Name(@operator)}";
        }

        switch (path.Type)
        {
            case AttributeType.Boolean:
                if (value.KindCase == FilterValue.KindOneofCase.StringValue && bool.TryParse(value.StringValue, out var flag))
                {
                    value.BooleanValue = flag;
                }

                return !isEquality ? $"'{Last(path)}' is a boolean and can only be compared by eq and ne, not by {Name(@operator)}"
                    : value.KindCase == FilterValue.KindOneofCase.BooleanValue ? null
                    : $"'{Last(path)}' is a boolean: compare it with true or false";
            case AttributeType.Binary when !isEquality:
                return $"'{Last(path)}' is binary and can only be compared by eq and ne, not by {Name(@operator)}";
            case AttributeType.DateTime:
                return isText ? $"'{Last(path)}' is a dateTime and cannot be compared by {Name(@operator)}"
                    : value.KindCase == FilterValue.KindOneofCase.StringValue && DateTimes.TryParse(value.StringValue, out _) ? null
                    : $"'{Last(path)}' is a dateTime: compare it with a text such as \"2026-01-31T13:45:00Z\"";
            case AttributeType.Integer or AttributeType.Decimal:
                if (value.KindCase == FilterValue.KindOneofCase.StringValue && Numbers.IsJson(value.StringValue)
                    && decimal.TryParse(value.StringValue, NumberStyles.Float, CultureInfo.InvariantCulture, out _))
                {
                    value.NumberValue = value.StringValue;
                }

                return isText ? $"'{Last(path)}' is a number and cannot be compared by {Name(@operator)}"
                    : value.KindCase == FilterValue.KindOneofCase.NumberValue ? null
                    : $"'{Last(path)}' is a number: compare it with a number";
            case AttributeType.Unspecified:
                return isText && value.KindCase != FilterValue.KindOneofCase.StringValue ? $"{Name(@operator)} needs text in quotation marks"
                    : !isEquality && value.KindCase == FilterValue.KindOneofCase.BooleanValue
                        ? $"booleans can only be compared by eq and ne, not by {Name(@operator)}"
                    : null;
            default:
                if (value.KindCase == FilterValue.KindOneofCase.NumberValue)
                {
                    value.StringValue = value.NumberValue;
                }

                return value.KindCase == FilterValue.KindOneofCase.StringValue ? null
                    : $"'{Last(path)}' is text: compare it with text in quotation marks";
        }
    }

    public static bool IsText(ComparisonOperator @operator) =>
        @operator is ComparisonOperator.Contains or ComparisonOperator.StartsWith or ComparisonOperator.EndsWith;

    private static string Last(AttributePath path) => path.SubAttribute.Length > 0 ? path.SubAttribute : path.Attribute;
}
