using System.Globalization;
using DirectorySync.Chassis.Sql;

namespace DirectorySync.Identity.Users;

/// <summary>An order of users that an index serves, and for which places are kept.</summary>
/// <param name="Number">Names it in user_places; place in the arrays of user_counts.</param>
/// <param name="Attribute">What clients sort by, in lower case.</param>
/// <param name="Column">The column; of a user called `u`.</param>
/// <param name="IsTime">A time, else a text.</param>
/// <param name="IsRequired">Every user has one.</param>
/// <param name="IsUnique">No two users have the same.</param>
internal sealed record UserSort(
    short Number, string Attribute, string Column, bool IsTime = false, bool IsRequired = true, bool IsUnique = false)
{
    private const string TimeFormat = "yyyy-MM-dd HH:mm:ss.ffffff";

    /// <summary>The key of a user without a value: behind all others.</summary>
    public const string Absent = "1";

    /// <summary>The key of a user who is sorted by the id alone.</summary>
    private const string ById = "0";

    public static IReadOnlyList<UserSort> All { get; } =
    [
        new(1, "id", "u.id", IsUnique: true),
        new(2, "username", "u.user_name_key", IsUnique: true),
        new(3, "externalid", "u.external_id", IsRequired: false),
        new(4, "displayname", "u.display_name_key", IsRequired: false),
        new(5, "meta.created", "u.create_time", IsTime: true),
        new(6, "meta.lastmodified", "u.update_time", IsTime: true),
    ];

    public bool IsById => Number == 1;

    /// <summary>What users are ordered by, as SQL.</summary>
    public SqlText Value => Text(Column);

    /// <summary>Its key in user_places and user_counts, as SQL.</summary>
    public SqlText Key => IsById ? (SqlText)$"'0'"
        : IsTime ? (SqlText)$"'0' || to_char({Value} at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS.US')"
        : IsRequired ? (SqlText)$"'0' || {Value}"
        : $"coalesce('0' || {Value}, '1')";

    /// <summary>The keys of a user called `u` in all orders.</summary>
    public static SqlText Keys => $"array[{Join(All.Select(sort => sort.Key))}]";

    public static string[] KeysOf(User user) =>
    [
        ById, "0" + UserRow.Key(user.UserName), KeyOf(user.ExternalId), KeyOf(UserRow.Key(user.DisplayName)),
        TimeKey(user.CreateTime.ToDateTimeOffset()), TimeKey(user.UpdateTime.ToDateTimeOffset()),
    ];

    /// <summary>The keys that a write changes, before and after it; null where one stays.</summary>
    public static (string?[] Was, string?[] Became) Moves(User before, User after)
    {
        string?[] was = KeysOf(before), became = KeysOf(after);
        for (var i = 0; i < was.Length; i++)
        {
            if (was[i] == became[i])
            {
                was[i] = became[i] = null;
            }
        }

        return (was, became);
    }

    /// <summary>The value that a key holds, as text; null if it holds none.</summary>
    public string? ValueOf(string key) => key == Absent ? null : IsTime ? $"{key[1..]}+00" : key[1..];

    /// <summary>A value as text, to be compared with the column.</summary>
    public SqlText Typed(string value) => IsTime ? (SqlText)$"{value}::timestamptz" : $"{value}::text";

    private static string KeyOf(string value) => value.Length == 0 ? Absent : "0" + value;

    private static string TimeKey(DateTimeOffset time) => "0" + time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    private static SqlText Text(string sql) => SqlText.FromParts([sql], []);

    private static SqlText Join(IEnumerable<SqlText> parts) => parts.Aggregate((left, right) => $"{left}, {right}");
}
