using DirectorySync.Chassis.Sql;
using DirectorySync.Scim;
using DirectorySync.Scim.V1;

namespace DirectorySync.GroupMembership;

/// <summary>
/// The order of a list, as SQL over groups g: by a key that is text (times and numbers at fixed width), then by id in the same direction.
/// Without a key a group comes last, or first if descending (RFC 7644 §3.4.2.3).
/// </summary>
/// <param name="Key">The key.</param>
/// <param name="KeyMayBeNull">False lets an index serve the pages.</param>
/// <param name="Descending">Greatest first.</param>
internal sealed record GroupOrder(SqlText Key, bool KeyMayBeNull, bool Descending)
{
    /// <summary>order by … among the groups.</summary>
    public SqlText By => Descending ? (SqlText)$"{Key} desc, g.id desc" : $"{Key}, g.id";

    /// <summary>order by … of the page p.</summary>
    public SqlText ByPage => Descending ? (SqlText)$"p.key desc, p.id desc" : $"p.key, p.id";

    public static GroupOrder Of(Sort? sort, KeyColumns columns)
    {
        if (sort?.Path is not { } path || path.Attribute == "id")
        {
            return new($"g.id", false, sort?.Descending ?? false);
        }

        var compiled = Splice(SortSql.Compile(path, columns));
        return path switch
        {
            { Attribute: "meta", SubAttribute: "created" or "lastModified" } =>
                new($"to_char({compiled} at time zone 'utc', 'YYYYMMDDHH24MISSUS') collate \"C\"", false, sort.Descending),
            { Attribute: "meta", SubAttribute: "version" } =>
                new($"to_char({compiled}, 'FM0000000000000000000') collate \"C\"", false, sort.Descending),
            { Attribute: "displayName" } => new(compiled, false, sort.Descending),
            _ => new($"({compiled})::text collate \"C\"", true, sort.Descending),
        };
    }

    /// <summary>What comes behind a group with that key and id.</summary>
    public SqlText After(string? key, string id) => (key, Descending) switch
    {
        (null, false) => $"({Key}) is null and g.id > {id}",
        (null, true) => $"(({Key}) is not null or g.id < {id})",
        (_, true) => $"({Key}, g.id) < ({key}, {id})",
        _ when KeyMayBeNull => $"(({Key}, g.id) > ({key}, {id}) or ({Key}) is null)",
        _ => $"({Key}, g.id) > ({key}, {id})",
    };

    public static SqlText Splice(SqlFragment fragment) => SqlText.FromParts(fragment.Literals, fragment.Parameters);
}
