using DirectorySync.Scim.V1;

namespace DirectorySync.Scim;

/// <summary>
/// Filter → a condition. ne holds where the attribute is present and differs, "" and null are unassigned, a multi-valued attribute
/// matches by any one value. No value in a row can make the condition fail: what has another type than the literal does not match.
/// </summary>
public static class FilterSql
{
    /// <summary>Throws invalidFilter for what cannot be searched here (groups of a user are another service's).</summary>
    public static SqlFragment Compile(Filter filter, KeyColumns columns)
    {
        var sql = new SqlFragment();
        Append(sql, filter, columns);
        return sql;
    }

    /// <summary>
    /// Whether how many rows match depends on the filter's values so much that a query is worth a plan for them: everything but an equality.
    /// </summary>
    public static bool DependsOnValues(Filter? filter) =>
        filter is not (null or { Comparison.Operator: ComparisonOperator.Equal });

    private static void Append(SqlFragment sql, Filter filter, KeyColumns columns)
    {
        switch (filter.ExpressionCase)
        {
            case Filter.ExpressionOneofCase.And:
                Join(sql, filter.And.Operands, " and ", operand => Append(sql, operand, columns));
                break;
            case Filter.ExpressionOneofCase.Or:
                Join(sql, filter.Or.Operands, " or ", operand => Append(sql, operand, columns));
                break;
            case Filter.ExpressionOneofCase.Not:
                sql.Sql("((");
                Append(sql, filter.Not, columns);
                sql.Sql(") is not true)");
                break;
            case Filter.ExpressionOneofCase.Comparison:
                Compare(sql, filter.Comparison, columns);
                break;
            case Filter.ExpressionOneofCase.Present:
                Present(sql, filter.Present, columns);
                break;
            case Filter.ExpressionOneofCase.ValuePath:
                ValuePath(sql, filter.ValuePath, columns);
                break;
            case Filter.ExpressionOneofCase.Ids:
                sql.Sql($"{columns.Id} = any(").Parameter(filter.Ids.Ids.ToArray()).Sql(")");
                break;
            default:
                throw ScimException.InvalidFilter("A part of the filter is empty.");
        }
    }

    private static void Join(SqlFragment sql, IEnumerable<Filter> operands, string word, Action<Filter> append)
    {
        var separator = "(";
        foreach (var operand in operands)
        {
            sql.Sql(separator);
            append(operand);
            separator = word;
        }

        sql.Sql(separator == "(" ? "true" : ")");
    }

    private static void Compare(SqlFragment sql, Comparison comparison, KeyColumns columns)
    {
        var path = comparison.Path;
        if (IsNothing(comparison.Value))
        {
            Nothing(sql, comparison.Operator, () => Present(sql, path, columns));
        }
        else if (columns.Find(path) is { } column)
        {
            sql.Sql(column.Prefix);
            ComparisonSql.Column(sql, column, comparison);
            sql.Sql(column.Suffix);
        }
        else if (path is { Attribute: "meta", SubAttribute: "resourceType" })
        {
            ComparisonSql.Constant(sql, columns.Type.Name, comparison);
        }
        else
        {
            DocumentPlace.Of(path, columns).AppendAny(sql, value => value.AppendComparison(sql, comparison));
        }
    }

    private static void Present(SqlFragment sql, AttributePath path, KeyColumns columns)
    {
        if (columns.Find(path) is { } column)
        {
            sql.Sql(column.Prefix).Sql(column.Present).Sql(column.Suffix);
        }
        else if (path.Attribute is "id" or "meta" or "schemas" && path.Schema == columns.Type.Core.Urn)
        {
            sql.Sql("true");
        }
        else if (path.SubAttribute.Length == 0 && IsRowsOnly(path, columns) && columns.Find(Value(path)) is { } values)
        {
            sql.Sql(values.Prefix).Sql("true").Sql(values.Suffix);
        }
        else
        {
            DocumentPlace.Of(path, columns).AppendPresent(sql);
        }
    }

    private static void ValuePath(SqlFragment sql, ValuePath valuePath, KeyColumns columns)
    {
        if (columns.Find(Value(valuePath.Path)) is { } column && IsRowsOnly(valuePath.Path, columns))
        {
            // Members: rows of their own, in no document.
            sql.Sql(column.Prefix);
            Element(
                sql,
                valuePath.Filter,
                comparison => ComparisonSql.Column(sql, Require(comparison.Path, columns), comparison),
                path => sql.Sql(Require(path, columns).Present));
            sql.Sql(column.Suffix);
            return;
        }

        DocumentPlace.Of(valuePath.Path, columns).AppendElements(sql, element => Element(
            sql,
            valuePath.Filter,
            comparison => element(comparison.Path.SubAttribute).AppendComparison(sql, comparison),
            path => element(path.SubAttribute).AppendPresent(sql)));
    }

    /// <summary>A filter between brackets, over one element.</summary>
    private static void Element(SqlFragment sql, Filter filter, Action<Comparison> compare, Action<AttributePath> present)
    {
        switch (filter.ExpressionCase)
        {
            case Filter.ExpressionOneofCase.And:
                Join(sql, filter.And.Operands, " and ", operand => Element(sql, operand, compare, present));
                break;
            case Filter.ExpressionOneofCase.Or:
                Join(sql, filter.Or.Operands, " or ", operand => Element(sql, operand, compare, present));
                break;
            case Filter.ExpressionOneofCase.Not:
                sql.Sql("((");
                Element(sql, filter.Not, compare, present);
                sql.Sql(") is not true)");
                break;
            case Filter.ExpressionOneofCase.Comparison when IsNothing(filter.Comparison.Value):
                Nothing(sql, filter.Comparison.Operator, () => present(filter.Comparison.Path));
                break;
            case Filter.ExpressionOneofCase.Comparison:
                compare(filter.Comparison);
                break;
            case Filter.ExpressionOneofCase.Present:
                present(filter.Present);
                break;
            default:
                throw ScimException.InvalidFilter("A filter inside brackets cannot have brackets itself.");
        }
    }

    /// <summary>A comparison with null or "", which is how an unassigned attribute is kept.</summary>
    private static void Nothing(SqlFragment sql, ComparisonOperator @operator, Action present)
    {
        switch (@operator)
        {
            case ComparisonOperator.Equal:
                sql.Sql("((");
                present();
                sql.Sql(") is not true)");
                break;
            case ComparisonOperator.LessThan or ComparisonOperator.LessOrEqual:
                sql.Sql("false");
                break;
            default:
                present();
                break;
        }
    }

    private static bool IsNothing(FilterValue value) => value.KindCase == FilterValue.KindOneofCase.None
        || value is { KindCase: FilterValue.KindOneofCase.StringValue, StringValue: "" };

    private static KeyColumn Require(AttributePath path, KeyColumns columns) => columns.Find(path) is { IsElement: true } column
        ? column
        : throw ScimException.InvalidFilter($"'{AttributePaths.Print(path, columns.Type)}' cannot be used to filter here.");

    private static bool IsRowsOnly(AttributePath path, KeyColumns columns) => columns.Type.Find(path) is { Field: null };

    private static AttributePath Value(AttributePath path)
    {
        var value = path.Clone();
        value.SubAttribute = "value";
        return value;
    }
}
