using System.Globalization;
using System.Text;
using DirectorySync.Scim.V1;

namespace DirectorySync.Scim;

/// <summary>One comparison as SQL, on a key column or on text out of the search form.</summary>
internal static class ComparisonSql
{
    public static void Column(SqlFragment sql, KeyColumn column, Comparison comparison)
    {
        var (value, isEquality) = (comparison.Value, comparison.Operator is ComparisonOperator.Equal or ComparisonOperator.NotEqual);
        switch (column.Kind)
        {
            case KeyKind.Boolean when value.KindCase == FilterValue.KindOneofCase.BooleanValue && isEquality:
                sql.Sql($"{column.Column} {Operator(comparison.Operator)} ").Parameter(value.BooleanValue);
                break;
            case KeyKind.Time when DateTimes.TryParse(value.StringValue, out var time):
                if (column.Narrow is { } narrow)
                {
                    sql.Sql("(");
                    narrow(sql, comparison.Operator, time);
                    sql.Sql($" and {column.Column} {Operator(comparison.Operator)} ").Parameter(time).Sql(")");
                    break;
                }

                sql.Sql($"{column.Column} {Operator(comparison.Operator)} ").Parameter(time);
                break;
            case KeyKind.Version when isEquality:
                if (ETag.TryParse(value.StringValue, out var version))
                {
                    sql.Sql($"{column.Column} {Operator(comparison.Operator)} ").Parameter(version);
                }
                else
                {
                    sql.Sql(comparison.Operator == ComparisonOperator.Equal ? "false" : "true");
                }

                break;
            case KeyKind.Text or KeyKind.RequiredText when value.KindCase == FilterValue.KindOneofCase.StringValue:
                var needsPresence = column.Kind == KeyKind.Text
                    && comparison.Operator is ComparisonOperator.NotEqual or ComparisonOperator.LessThan or ComparisonOperator.LessOrEqual;
                sql.Sql(needsPresence ? "(" : "");
                Text(sql, s => s.Sql(column.Column), comparison);
                sql.Sql(needsPresence ? $" and {column.Column} <> '')" : "");
                break;
            default:
                throw ScimException.InvalidFilter(
                    $"'{comparison.Path.Attribute}' cannot be compared by {FilterOperators.Name(comparison.Operator)} with such a value.");
        }
    }

    /// <summary>Text with text; a prefix is searched as a range, which an index in "C" order serves.</summary>
    public static void Text(SqlFragment sql, Action<SqlFragment> text, Comparison comparison)
    {
        var literal = comparison.Value.StringValue;
        var key = comparison.Path.Type == AttributeType.DateTime && DateTimes.TryParse(literal, out var time) ? DateTimes.Key(time)
            : comparison.Path.CaseExact ? literal
            : SearchForm.Key(literal);
        switch (comparison.Operator)
        {
            case ComparisonOperator.Contains:
                sql.Sql("position(").Parameter(key).Sql(" in ");
                text(sql);
                sql.Sql(") > 0");
                break;
            case ComparisonOperator.StartsWith:
                sql.Sql("(");
                text(sql);
                sql.Sql(" collate \"C\" >= ").Parameter(key);
                if (After(key) is { } after)
                {
                    sql.Sql(" and ");
                    text(sql);
                    sql.Sql(" collate \"C\" < ").Parameter(after);
                }

                sql.Sql(")");
                break;
            case ComparisonOperator.EndsWith:
                sql.Sql("right(");
                text(sql);
                sql.Sql(", char_length(").Parameter(key).Sql(")) = ").Parameter(key);
                break;
            default:
                text(sql);
                sql.Sql($" collate \"C\" {Operator(comparison.Operator)} ").Parameter(key);
                break;
        }
    }

    /// <summary>A comparison with what is the same for every row.</summary>
    public static void Constant(SqlFragment sql, string actual, Comparison comparison)
    {
        sql.Sql("(").Parameter(actual).Sql("::text is not null and ");
        Text(sql, s => s.Parameter(actual).Sql("::text"), comparison);
        sql.Sql(")");
    }

    public static string Operator(ComparisonOperator @operator) => @operator switch
    {
        ComparisonOperator.Equal => "=",
        ComparisonOperator.NotEqual => "<>",
        ComparisonOperator.GreaterThan => ">",
        ComparisonOperator.GreaterOrEqual => ">=",
        ComparisonOperator.LessThan => "<",
        ComparisonOperator.LessOrEqual => "<=",
        _ => throw ScimException.InvalidFilter("The filter has an unknown operator."),
    };

    public static decimal Number(FilterValue value) =>
        decimal.TryParse(value.NumberValue, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw ScimException.InvalidFilter("A number of the filter is not a number, or too large.");

    /// <summary>The first text behind all that start with the prefix, in the order of code points; null if there is none.</summary>
    internal static string? After(string prefix)
    {
        var runes = prefix.EnumerateRunes().ToList();
        for (var i = runes.Count - 1; i >= 0; i--)
        {
            var next = runes[i].Value + 1;
            if (next <= 0x10FFFF)
            {
                runes[i] = new Rune(next == 0xD800 ? 0xE000 : next);
                return string.Concat(runes.Take(i + 1));
            }
        }

        return null;
    }
}
