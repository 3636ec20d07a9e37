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

    /// <summary>For example Add("userName", "u.user_name_key", KeyKind.RequiredText) or Add("meta.lastModified", "u.update_time", KeyKind.Time).</summary>
    public KeyColumns Add(string path, string column, KeyKind kind = KeyKind.Text)
    {
        columns.Add(path, new KeyColumn(column, kind, "", ""));
        return this;
    }

    /// <summary>
    /// A column of rows of their own: the condition on the column stands between prefix and suffix. For example
    /// Add("emails.value", "e.value_key", "exists (select from user_emails e where e.directory_id = u.directory_id and e.user_id = u.id and ", ")").
    /// </summary>
    public KeyColumns Add(string path, string column, string prefix, string suffix)
    {
        columns.Add(path, new KeyColumn(column, KeyKind.RequiredText, prefix, suffix));
        return this;
    }

    internal KeyColumn? Find(AttributePath path) =>
        columns.TryGetValue(AttributePaths.Print(path, Type), out var column) ? column : null;
}

internal sealed record KeyColumn(string Column, KeyKind Kind, string Prefix, string Suffix)
{
    public bool IsElement => Prefix.Length > 0;
}
