using DirectorySync.Chassis.Sql;
using DirectorySync.Feed.V1;

namespace DirectorySync.Roles;

/// <summary>Memberships as group-membership tells of them. Both methods answer those that really changed something.</summary>
internal static class MembershipRows
{
    public static async Task<List<(UserKey User, string GroupId)>> WriteAsync(
        Transaction tx, KeyValuePair<(UserKey User, string GroupId), Change>[] changes, Guid? bootstrap, CancellationToken ct) =>
        changes.Length == 0 ? [] : await tx.Sql($"""
            insert into memberships as m (directory_id, user_id, group_id, version, bootstrap)
            select i.*, {bootstrap}::uuid
            from unnest({changes.Select(c => c.Key.User.DirectoryId).ToArray()}, {changes.Select(c => c.Key.User.Id).ToArray()},
              {changes.Select(c => c.Key.GroupId).ToArray()}, {changes.Select(c => c.Value.Version).ToArray()})
              as i (directory_id, user_id, group_id, version)
            on conflict (directory_id, user_id, group_id) do update
            set version = excluded.version, bootstrap = coalesce(excluded.bootstrap, m.bootstrap)
            where m.version < excluded.version or (excluded.bootstrap is not null and m.bootstrap is distinct from excluded.bootstrap)
            returning m.directory_id, m.user_id, m.group_id
            """).ListAsync(Read, ct);

    public static async Task<List<(UserKey User, string GroupId)>> DeleteAsync(
        Transaction tx, KeyValuePair<(UserKey User, string GroupId), Change>[] changes, CancellationToken ct) =>
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
