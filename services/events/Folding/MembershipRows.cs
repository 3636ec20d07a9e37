using DirectorySync.GroupMembership.V1;

namespace DirectorySync.Events.Folding;

/// <summary>A membership as group-membership tells of it.</summary>
internal sealed record MembershipChange(ResourceKey User, string GroupId, Membership Membership, bool Deleted)
{
    /// <summary>Of the request that changed it, if it was traced.</summary>
    public string TraceParent { get; init; } = "";
}

/// <summary>
/// Memberships. Applications shall see one that group-membership has, if both ends are there for them. One whose group is deleted is left as it
/// is until that is told: the group's end says it all.
/// </summary>
internal static class MembershipRows
{
    /// <summary>Applies the changes, at most one for each membership.</summary>
    public static async Task WriteAsync(Transaction tx, IReadOnlyCollection<MembershipChange> changes, Guid? bootstrap, CancellationToken ct)
    {
        var written = changes.Where(c => !c.Deleted).OrderBy(c => c.User).ThenBy(c => c.GroupId, StringComparer.Ordinal).ToList();
        var deleted = changes.Where(c => c.Deleted).OrderBy(c => c.User).ThenBy(c => c.GroupId, StringComparer.Ordinal).ToList();
        if (written.Count > 0)
        {
            await tx.Sql($"""
                insert into memberships as m (directory_id, user_id, group_id, version, carried_over, present, bootstrap, current)
                select i.*, true, {bootstrap}::uuid,
                  coalesce((select u.in_groups from directory_users u where u.directory_id = i.directory_id and u.id = i.user_id), false)
                  and exists (select from directory_groups g where g.directory_id = i.directory_id and g.id = i.group_id and g.current is not null)
                from unnest({written.Select(c => c.User.DirectoryId).ToArray()}, {written.Select(c => c.User.Id).ToArray()},
                  {written.Select(c => c.GroupId).ToArray()}, {written.Select(c => c.Membership.Version).ToArray()},
                  {written.Select(c => c.Membership.CarriedOver).ToArray()}) as i (directory_id, user_id, group_id, version, carried_over)
                on conflict (directory_id, user_id, group_id) do update
                set version = excluded.version, carried_over = excluded.carried_over, present = true, current = excluded.current,
                  bootstrap = coalesce(excluded.bootstrap, m.bootstrap)
                where m.version < excluded.version or (excluded.bootstrap is not null and m.bootstrap is distinct from excluded.bootstrap)
                """).ExecuteAsync(ct);
        }

        if (deleted.Count > 0)
        {
            await RemoveAsync(tx, $"""
                select m.directory_id, m.user_id, m.group_id, i.version
                from unnest({deleted.Select(c => c.User.DirectoryId).ToArray()}, {deleted.Select(c => c.User.Id).ToArray()},
                  {deleted.Select(c => c.GroupId).ToArray()}, {deleted.Select(c => c.Membership.Version).ToArray()})
                  as i (directory_id, user_id, group_id, version)
                join memberships m on m.directory_id = i.directory_id and m.user_id = i.user_id and m.group_id = i.group_id and m.version < i.version
                """, ct);
        }
    }

    /// <summary>Users came to be seen in their groups, or are not any more.</summary>
    public static Task<int> RenewOfUsersAsync(Transaction tx, IReadOnlyCollection<ResourceKey> users, CancellationToken ct) =>
        users.Count == 0 ? Task.FromResult(0) : tx.Sql($"""
            with due as materialized (
              select m.directory_id, m.user_id, m.group_id,
                m.present and coalesce(u.in_groups, false) and exists (
                  select from directory_groups g where g.directory_id = m.directory_id and g.id = m.group_id and g.current is not null) as current
              from unnest({users.Select(u => u.DirectoryId).ToArray()}, {users.Select(u => u.Id).ToArray()}) as i (directory_id, id)
              join memberships m on m.directory_id = i.directory_id and m.user_id = i.id
              left join directory_users u on u.directory_id = i.directory_id and u.id = i.id
            )
            update memberships m
            set current = d.current
            from due d
            where m.directory_id = d.directory_id and m.user_id = d.user_id and m.group_id = d.group_id and m.current <> d.current
            """).ExecuteAsync(ct);

    /// <summary>Groups came whose members may have been there before.</summary>
    public static Task RenewOfGroupsAsync(Transaction tx, IReadOnlyCollection<ResourceKey> groups, CancellationToken ct) =>
        groups.Count == 0 ? Task.CompletedTask : tx.Sql($"""
            with due as materialized (
              select m.directory_id, m.user_id, m.group_id
              from unnest({groups.Select(g => g.DirectoryId).ToArray()}, {groups.Select(g => g.Id).ToArray()}) as i (directory_id, id)
              join memberships m on m.directory_id = i.directory_id and m.group_id = i.id and m.present and not m.current
              join directory_users u on u.directory_id = m.directory_id and u.id = m.user_id and u.in_groups
            )
            update memberships m
            set current = true
            from due d
            where m.directory_id = d.directory_id and m.user_id = d.user_id and m.group_id = d.group_id
            """).ExecuteAsync(ct);

    /// <summary>Memberships of the directories that a bootstrap's listing did not name.</summary>
    public static Task SweepAsync(Transaction tx, Guid bootstrap, CancellationToken ct) => RemoveAsync(
        tx,
        $"""
        select m.directory_id, m.user_id, m.group_id, m.version from memberships m where m.present and m.bootstrap is distinct from {bootstrap}
        """,
        ct);

    // What was never told goes at once; the rest when it is told.
    private static Task<int> RemoveAsync(Transaction tx, SqlText removed, CancellationToken ct) => tx.Sql($"""
        with removed as materialized ({removed}),
        kept as (
          update memberships m
          set present = false, current = false, version = r.version
          from removed r
          where m.directory_id = r.directory_id and m.user_id = r.user_id and m.group_id = r.group_id and m.told
        )
        delete from memberships m
        using removed r
        where m.directory_id = r.directory_id and m.user_id = r.user_id and m.group_id = r.group_id and not m.told
        """).ExecuteAsync(ct);
}
