using DirectorySync.Chassis.Sql;
using DirectorySync.GroupMembership.V1;

namespace DirectorySync.Roles;

/// <summary>Memberships as group-membership tells of them. Both methods answer those that really changed something.</summary>
internal static class MembershipRows
{
    /// <summary>Stands before the id of a group in which the user is since before a deactivation. No id has it.</summary>
    public const char CarriedOver = '/';

    /// <summary>
    /// For "select", of a user u: those of the groups in which it is. What group-membership did not know of the last deactivation when it told
    /// of a membership counts as carried over, until it does.
    /// </summary>
    public static SqlText GroupsOfUser(string[] groupIds) => $"""
        array(
          select case when m.carried_over or m.member_version < u.deactivated_version then '/' else '' end || m.group_id
          from memberships m
          where m.directory_id = u.directory_id and m.user_id = u.id and m.group_id = any({groupIds})
          order by m.group_id)
        """;

    public static async Task<List<(UserKey User, string GroupId)>> WriteAsync(
        Transaction tx, KeyValuePair<(UserKey User, string GroupId), Membership>[] memberships, Guid? bootstrap, CancellationToken ct) =>
        memberships.Length == 0 ? [] : await tx.Sql($"""
            insert into memberships as m (directory_id, user_id, group_id, version, carried_over, member_version, bootstrap)
            select i.*, {bootstrap}::uuid
            from unnest({memberships.Select(c => c.Key.User.DirectoryId).ToArray()}, {memberships.Select(c => c.Key.User.Id).ToArray()},
              {memberships.Select(c => c.Key.GroupId).ToArray()}, {memberships.Select(c => c.Value.Version).ToArray()},
              {memberships.Select(c => c.Value.CarriedOver).ToArray()}, {memberships.Select(c => c.Value.MemberVersion).ToArray()})
              as i (directory_id, user_id, group_id, version, carried_over, member_version)
            on conflict (directory_id, user_id, group_id) do update
            set version = excluded.version, carried_over = excluded.carried_over, member_version = excluded.member_version,
              bootstrap = coalesce(excluded.bootstrap, m.bootstrap)
            where m.version < excluded.version or (excluded.bootstrap is not null and m.bootstrap is distinct from excluded.bootstrap)
            returning m.directory_id, m.user_id, m.group_id
            """).ListAsync(Read, ct);

    public static async Task<List<(UserKey User, string GroupId)>> DeleteAsync(
        Transaction tx, KeyValuePair<(UserKey User, string GroupId), Membership>[] changes, CancellationToken ct) =>
        changes.Length == 0 ? [] : await tx.Sql($"""
            delete from memberships m
            using unnest({changes.Select(c => c.Key.User.DirectoryId).ToArray()}, {changes.Select(c => c.Key.User.Id).ToArray()},
              {changes.Select(c => c.Key.GroupId).ToArray()}, {changes.Select(c => c.Value.Version).ToArray()})
              as i (directory_id, user_id, group_id, version)
            where m.directory_id = i.directory_id and m.user_id = i.user_id and m.group_id = i.group_id and m.version < i.version
            returning m.directory_id, m.user_id, m.group_id
            """).ListAsync(Read, ct);

    private static (UserKey User, string GroupId) Read(Npgsql.NpgsqlDataReader row) =>
        (new(row.GetString(0), row.GetString(1)), row.GetString(2));
}
