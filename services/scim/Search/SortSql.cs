using DirectorySync.Scim.V1;

namespace DirectorySync.Scim;

/// <summary>
/// sortBy → an expression for "order by". Unassigned is null: PostgreSQL puts it last ascending and first descending, as
/// RFC 7644 §3.4.2.3 wants.
/// </summary>
public static class SortSql
{
    /// <summary>Throws invalidPath for what cannot be sorted by here.</summary>
    public static SqlFragment Compile(AttributePath path, KeyColumns columns)
    {
        var sql = new SqlFragment();
        if (columns.Find(path) is { IsElement: false } column)
        {
            return sql.Sql(column.Kind == KeyKind.Text ? $"nullif({column.Column}, '')" : column.Column);
        }

        if (path is { Attribute: "meta", SubAttribute: "resourceType" or "location" })
        {
            return sql.Sql("null::text");
        }

        if (columns.Find(path) is { IsElement: true } first && columns.Type.Find(path) is { Field: null })
        {
            return sql.Sql($"(select {first.Column} from {first.Rows} order by {columns.OrderOf(path)} limit 1)");
        }

        var place = DocumentPlace.Find(path, columns) ?? throw ScimException.InvalidPath(
            path.Attribute, $"sortBy '{AttributePaths.Print(path, columns.Type)}' cannot be used: {columns.Type.Endpoint[1..]} are not sorted by it.");
        place.AppendSortKey(sql);
        return sql;
    }
}
