using DirectorySync.Chassis.Sql;
using DirectorySync.GroupMembership.V1;
using Google.Protobuf.WellKnownTypes;
using Npgsql;

namespace DirectorySync.GroupMembership;

/// <summary>How a group is read: the stored message with the version and time that its row and its slots add up to.</summary>
internal static class StoredGroup
{
    /// <summary>Columns of <see cref="Read(NpgsqlDataReader)"/>, of a query from groups g.</summary>
    public static SqlText Columns => $"""
        g.data,
        g.version + (
          select coalesce(sum(s.version), 0) from group_slots s where s.directory_id = g.directory_id and s.group_id = g.id
        )::bigint as total_version,
        greatest(g.update_time, (
          select max(s.last_modified) from group_slots s where s.directory_id = g.directory_id and s.group_id = g.id
        )) as last_modified
        """;

    public static Group Read(NpgsqlDataReader row) => Read(row, 0);

    public static Group Read(NpgsqlDataReader row, int column)
    {
        var group = Group.Parser.ParseFrom(row.GetFieldValue<byte[]>(column));
        group.Version = row.GetInt64(column + 1);
        group.UpdateTime = ToTimestamp(row.GetFieldValue<DateTimeOffset>(column + 2));
        return group;
    }

    public static Timestamp ToTimestamp(DateTimeOffset time) => Timestamp.FromDateTimeOffset(time);
}
