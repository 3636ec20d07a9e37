using DirectorySync.Scim.V1;

namespace DirectorySync.Scim;

/// <summary>
/// A value inside the search form: a property of a jsonb expression. Declared text is text; anything else is looked at by
/// jsonb_typeof first, so that no comparison can fail.
/// </summary>
internal readonly record struct JsonValue(Action<SqlFragment> Container, string Name, AttributeDefinition? Definition, bool MayBeBare = false)
{
    private bool IsDeclaredText => Definition is { Field: not null, Type: not (AttributeType.Boolean or AttributeType.Complex) };

    public void AppendComparison(SqlFragment sql, Comparison comparison)
    {
        var value = comparison.Value;
        if (Definition is not { Field: not null } && LenientValue.Of(comparison) is { } lenient)
        {
            AppendLenient(sql, comparison.Operator, lenient);
        }
        else if (value.KindCase == FilterValue.KindOneofCase.StringValue)
        {
            if (IsDeclaredText)
            {
                ComparisonSql.Text(sql, AppendText, comparison);
                return;
            }

            var isNotEqual = comparison.Operator == ComparisonOperator.NotEqual;
            sql.Sql("(jsonb_typeof(");
            AppendJson(sql);
            sql.Sql(") = 'string' and ");
            ComparisonSql.Text(sql, AppendText, comparison);
            sql.Sql(isNotEqual ? " or jsonb_typeof(" : ")");
            if (isNotEqual)
            {
                AppendJson(sql);
                sql.Sql(") not in ('string', 'null'))");
            }
        }
        else
        {
            AppendTyped(sql, comparison);
        }
    }

    public void AppendPresent(SqlFragment sql)
    {
        sql.Sql("coalesce(");
        AppendJson(sql);
        sql.Sql(", 'null') not in ('null', '\"\"', '[]', '{}')");
    }

    /// <summary>As text, null where it is not there.</summary>
    public void AppendText(SqlFragment sql)
    {
        if (IsDeclaredText)
        {
            sql.Sql("(");
            Container(sql);
            sql.Sql($" ->> '{SearchForm.Key(Definition!.Name)}')");
        }
        else
        {
            sql.Sql("(");
            AppendJson(sql);
            sql.Sql(" #>> '{}')");
        }
    }

    /// <summary>Text whose order is that of the values: numbers come before text, in the order of their size up to 10²⁰.</summary>
    public void AppendSortText(SqlFragment sql)
    {
        if (IsDeclaredText)
        {
            AppendText(sql);
            return;
        }

        sql.Sql("(case jsonb_typeof(");
        AppendJson(sql);
        sql.Sql(") when 'number' then to_char(1e20 + least(greatest((");
        AppendJson(sql);
        sql.Sql(")::numeric, -1e20), 1e20), 'FM000000000000000000000.0000000000') else ");
        AppendText(sql);
        sql.Sql(" end)");
    }

    public void AppendJson(SqlFragment sql)
    {
        if (MayBeBare)
        {
            sql.Sql("(case when jsonb_typeof(");
            Container(sql);
            sql.Sql(") = 'object' then ");
        }

        sql.Sql("(");
        Container(sql);
        sql.Sql(" -> ");
        AppendName(sql, Name, Definition);
        sql.Sql(")");
        if (MayBeBare)
        {
            sql.Sql(" else ");
            Container(sql);
            sql.Sql(" end)");
        }
    }

    /// <summary>Names that this program declares stand in the text, so that an index on the expression could serve; others are parameters.</summary>
    public static void AppendName(SqlFragment sql, string name, AttributeDefinition? definition)
    {
        if (definition is { Field: not null })
        {
            sql.Sql("'").Sql(SearchForm.Key(definition.Name)).Sql("'");
        }
        else
        {
            sql.Parameter(SearchForm.Key(name));
        }
    }

    /// <summary>What is kept as it was sent compares as what it is declared to be; what cannot be that differs from everything.</summary>
    private void AppendLenient(SqlFragment sql, ComparisonOperator @operator, LenientValue value)
    {
        var isNotEqual = @operator == ComparisonOperator.NotEqual;
        sql.Sql("(");
        if (isNotEqual)
        {
            AppendPresent(sql);
            sql.Sql(" and ");
        }

        sql.Sql("(select ").Sql(value.Expression).Sql(" from (select ");
        AppendText(sql);
        sql.Sql(") v (t)) ").Sql(isNotEqual ? "is distinct from" : ComparisonSql.Operator(@operator)).Sql(" ").Parameter(value.Literal).Sql(")");
    }

    /// <summary>jsonb compares numbers by value and booleans as such; the type is asked first.</summary>
    private void AppendTyped(SqlFragment sql, Comparison comparison)
    {
        var isBoolean = comparison.Value.KindCase == FilterValue.KindOneofCase.BooleanValue;
        var isNotEqual = comparison.Operator == ComparisonOperator.NotEqual;
        sql.Sql("(jsonb_typeof(");
        AppendJson(sql);
        sql.Sql(isBoolean ? ") = 'boolean' and " : ") = 'number' and ");
        AppendJson(sql);
        sql.Sql($" {ComparisonSql.Operator(comparison.Operator)} to_jsonb(")
            .Parameter(isBoolean ? comparison.Value.BooleanValue : ComparisonSql.Number(comparison.Value)).Sql(")");
        if (isNotEqual)
        {
            sql.Sql(" or jsonb_typeof(");
            AppendJson(sql);
            sql.Sql(isBoolean ? ") not in ('boolean', 'null')" : ") not in ('number', 'null')");
        }

        sql.Sql(")");
    }
}
