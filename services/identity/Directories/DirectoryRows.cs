using DirectorySync.Chassis.Sql;
using Npgsql;

namespace DirectorySync.Identity.Directories;

/// <summary>Rows of directories with what was observed of them.</summary>
internal static class DirectoryRows
{
    /// <summary>Everything of the directories (called `r`) that the rest of the query chooses, as <see cref="Read"/> wants it.</summary>
    public static SqlText Query(SqlText rest) => $"""
        select r.data, c.first_contact_time, c.last_contact_time, c.last_failure_time, n.active, n.inactive,
          (select o.domain from organization_domains o where o.organization_id = r.organization_id order by o.domain limit 1)
        from directories r
        left join directory_contacts c on c.directory_id = r.id
        left join lateral (
          select sum(active)::bigint as active, sum(inactive)::bigint as inactive from user_counts where directory_id = r.id) n on true
        {rest}
        """;

    public static Directory Read(NpgsqlDataReader row)
    {
        var directory = Directory.Parser.ParseFrom(row.GetFieldValue<byte[]>(0));
        var arrived = !row.IsDBNull(4);
        directory.UserCounts = arrived ? new() { Active = row.GetInt64(4), Inactive = row.GetInt64(5) } : new();
        directory.Domain = row.IsDBNull(6) ? "" : row.GetString(6);
        directory.Connection = ConnectionRules.Observed(row.FindTime(1), row.FindTime(2), row.FindTime(3), arrived);
        return directory;
    }
}
