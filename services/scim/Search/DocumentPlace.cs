using DirectorySync.Scim.V1;

namespace DirectorySync.Scim;

/// <summary>Where in the search form a path's values are, and the SQL that reaches them.</summary>
internal sealed class DocumentPlace
{
    private readonly KeyColumns columns;
    private readonly AttributePath path;
    private readonly AttributeDefinition? definition;
    private readonly JsonValue attribute;

    private DocumentPlace(AttributePath path, KeyColumns columns, AttributeDefinition? definition)
    {
        (this.path, this.columns, this.definition) = (path, columns, definition);
        attribute = new JsonValue(AppendSchema, path.Attribute, definition);
    }

    private bool IsDeclared => definition is { Field: not null };

    private bool IsSingular => definition is { Field: not null, MultiValued: false };

    /// <summary>Throws invalidFilter for what no document holds.</summary>
    public static DocumentPlace Of(AttributePath path, KeyColumns columns) => Find(path, columns) ?? throw ScimException.InvalidFilter(
        $"'{AttributePaths.Print(path, columns.Type)}' cannot be used to filter {columns.Type.Endpoint[1..]} in this way."
        + (path.Attribute != "groups" ? "" : " Of the groups of users, value, display and $ref can be compared by eq; of a user's groups, ask "
            + "GET /Groups?filter=members.value eq \"<id of the user>\"."));

    /// <summary>Null for what no document holds.</summary>
    public static DocumentPlace? Find(AttributePath path, KeyColumns columns)
    {
        var definition = columns.Type.Find(path);
        return definition is { Field: null } && path.Schema == columns.Type.Core.Urn && path.Attribute != "schemas"
            ? null
            : new DocumentPlace(path, columns, definition);
    }

    /// <summary>Holds if any value of the path satisfies what is appended.</summary>
    public void AppendAny(SqlFragment sql, Action<JsonValue> condition)
    {
        if (IsSingular)
        {
            condition(path.SubAttribute.Length == 0 ? attribute : Sub(attribute.AppendJson, path.SubAttribute));
        }
        else
        {
            AppendElements(sql, element => condition(element(path.SubAttribute)));
        }
    }

    public void AppendPresent(SqlFragment sql)
    {
        if (path.SubAttribute.Length == 0)
        {
            attribute.AppendPresent(sql);
        }
        else
        {
            AppendAny(sql, value => value.AppendPresent(sql));
        }
    }

    /// <summary>Holds if an element satisfies what is appended; the function given leads from the element to a sub-attribute's value.</summary>
    public void AppendElements(SqlFragment sql, Action<Func<string, JsonValue>> condition)
    {
        sql.Sql("exists (select from jsonb_array_elements(");
        AppendList(sql);
        sql.Sql(") as element (value) where ");
        condition(sub => Sub(Element, sub));
        sql.Sql(")");
    }

    /// <summary>What lists are sorted by: the value, or that of the primary, or of the first element. Text in "C" order.</summary>
    public void AppendSortKey(SqlFragment sql)
    {
        if (IsSingular)
        {
            AppendAny(sql, value => AppendKey(sql, value));
            return;
        }

        sql.Sql("(select ");
        AppendKey(sql, Sub(Element, path.SubAttribute));
        sql.Sql(" from jsonb_array_elements(");
        AppendList(sql);
        sql.Sql(") with ordinality as element (value, place) order by (element.value -> 'primary') = 'true' desc nulls last, place limit 1)");
    }

    private static void Element(SqlFragment sql) => sql.Sql("element.value");

    private static void AppendKey(SqlFragment sql, JsonValue value)
    {
        value.AppendSortText(sql);
        sql.Sql(" collate \"C\"");
    }

    /// <summary>A sub-attribute; of an undeclared attribute, "value" or nothing also means the bare element.</summary>
    private JsonValue Sub(Action<SqlFragment> container, string sub)
    {
        var name = sub.Length == 0 ? "value" : sub;
        return new JsonValue(
            container, name, definition?.FindSubAttribute(name), !IsDeclared && name.Equals("value", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>A declared list is a list; anything else may be one value.</summary>
    private void AppendList(SqlFragment sql)
    {
        var isList = definition is { Field: not null, MultiValued: true };
        sql.Sql("case coalesce(jsonb_typeof(");
        attribute.AppendJson(sql);
        sql.Sql("), 'null') when 'array' then ");
        attribute.AppendJson(sql);
        if (!isList)
        {
            sql.Sql(" when 'null' then '[]' else jsonb_build_array(");
            attribute.AppendJson(sql);
        }

        sql.Sql(isList ? " else '[]' end" : ") end");
    }

    private void AppendSchema(SqlFragment sql)
    {
        if (path.Schema == columns.Type.Core.Urn)
        {
            sql.Sql(columns.Document);
            return;
        }

        sql.Sql($"({columns.Document} -> ");
        if (IsDeclared)
        {
            sql.Sql($"'{SearchForm.Key(path.Schema)}'");
        }
        else
        {
            sql.Parameter(SearchForm.Key(path.Schema));
        }

        sql.Sql(")");
    }
}
