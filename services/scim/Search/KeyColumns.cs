using DirectorySync.Scim.V1;

namespace DirectorySync.Scim;

/// <summary>What a key column holds.</summary>
public enum KeyKind
{
    /// <summary>Text (collate "C"), in lower case unless the attribute is caseExact; null or '' where unassigned.</summary>
    Text,

    /// <summary>Text that is never null or empty: sorting may use the column's index as it is.</summary>
    RequiredText,

    /// <summary>boolean.</summary>
    Boolean,

    /// <summary>timestamptz.</summary>
    Time,

    /// <summary>bigint behind meta.version.</summary>
    Version,
}

/// <summary>
/// The attributes that a service keeps in columns of their own, which indexes serve. Everything else is looked up in
/// <see cref="Document"/>. All texts here are SQL written by the service.
/// </summary>
public sealed class KeyColumns(ResourceType type, string document = "doc")
{
    private readonly Dictionary<string, KeyColumn> columns = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The jsonb column with the search form.</summary>
    internal string Document { get; } = document;

    internal ResourceType Type { get; } = type;

    /// <summary>The column of the id.</summary>
    internal string Id => columns["id"].Column;

    /// <summary>For example Add("userName", "u.user_name_key", KeyKind.RequiredText) or Add("meta.lastModified", "u.update_time", KeyKind.Time).</summary>
    public KeyColumns Add(string path, string column, KeyKind kind = KeyKind.Text)
    {
        columns.Add(path, new KeyColumn(column, kind, ""));
        return this;
    }

    /// <summary>
    /// A time that is computed, and what indexes know of it: a condition that holds wherever the comparison with that time may hold.
    /// </summary>
    public KeyColumns AddTime(string path, string expression, Action<SqlFragment, ComparisonOperator, DateTimeOffset> narrow)
    {
        columns.Add(path, new KeyColumn(expression, KeyKind.Time, "") { Narrow = narrow });
        return this;
    }

    /// <summary>
    /// A column of rows of their own. For example
    /// AddRows("emails.value", "e.value_key", "user_emails e where e.directory_id = u.directory_id and e.user_id = u.id").
    /// </summary>
    public KeyColumns AddRows(string path, string column, string rows, KeyKind kind = KeyKind.RequiredText)
    {
        columns.Add(path, new KeyColumn(column, kind, rows));
        return this;
    }

    /// <summary>The column by whose order one of the rows of their own is the first: that of the value.</summary>
    internal string OrderOf(AttributePath path) => columns[$"{path.Attribute}.value"].Column;

    internal KeyColumn? Find(AttributePath path) =>
        columns.TryGetValue(AttributePaths.Print(path, Type), out var column) ? column : null;
}

/// <param name="Column">The column, or an expression.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Rows">"table where condition", if it is a column of rows of their own; else empty.</param>
internal sealed record KeyColumn(string Column, KeyKind Kind, string Rows)
{
    public Action<SqlFragment, ComparisonOperator, DateTimeOffset>? Narrow { get; init; }

    public bool IsElement => Rows.Length > 0;

    /// <summary>Stands before a condition on the column, and <see cref="Suffix"/> behind it.</summary>
    public string Prefix => IsElement ? $"exists (select from {Rows} and " : "";

    public string Suffix => IsElement ? ")" : "";

    /// <summary>Holds where the column has a value.</summary>
    public string Present => Kind == KeyKind.Text ? $"{Column} <> ''" : IsElement ? "true" : $"{Column} is not null";
}
