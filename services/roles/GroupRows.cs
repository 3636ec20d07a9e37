using DirectorySync.Chassis.Sql;
using DirectorySync.Feed.V1;
using DirectorySync.GroupMembership.V1;

namespace DirectorySync.Roles;

/// <summary>A group that came, changed or went.</summary>
/// <param name="DirectoryId">The directory.</param>
/// <param name="Id">Its id.</param>
/// <param name="NameBefore">Key of the name it had; null: it was not known.</param>
/// <param name="NameAfter">Key of the name it has; null: it is deleted.</param>
internal sealed record ChangedGroup(string DirectoryId, string Id, string? NameBefore, string? NameAfter)
{
    public bool IsDeleted => NameAfter is null;
}

/// <summary>Groups as group-membership tells of them.</summary>
internal static class GroupRows
{
    /// <summary>Applies the changes, at most one for each group, and answers those that were newer than what was held.</summary>
    public static async Task<List<ChangedGroup>> WriteAsync(Transaction tx, Change[] changes, Guid? bootstrap, CancellationToken ct)
    {
        if (changes.Length == 0)
        {
            return [];
        }

        var held = (await tx.Sql($"""
            select g.directory_id, g.id, g.name_key, g.version, g.bootstrap
            from unnest({changes.Select(c => c.DirectoryId).ToArray()}, {changes.Select(c => c.ResourceId).ToArray()}) as i (directory_id, id)
            join groups g on g.directory_id = i.directory_id and g.id = i.id
            """).ListAsync(
            row => (Key: (row.GetString(0), row.GetString(1)), Name: row.GetString(2), Version: row.GetInt64(3),
                Bootstrap: row.IsDBNull(4) ? (Guid?)null : row.GetGuid(4)),
            ct)).ToDictionary(group => group.Key);
        var changed = new List<ChangedGroup>();
        var written = new List<(Change Change, string Name, string Key)>();
        var deleted = new List<Change>();
        foreach (var change in changes)
        {
            var isHeld = held.TryGetValue((change.DirectoryId, change.ResourceId), out var before);
            if (isHeld && before.Version >= change.Version && (bootstrap is null || before.Bootstrap == bootstrap))
            {
                continue;
            }

            var name = Group.Parser.ParseFrom(change.Resource.Value).DisplayName;
            changed.Add(new(
                change.DirectoryId, change.ResourceId, isHeld ? before.Name : null, change.Deleted ? null : Ruling.NameKey(name)));
            if (change.Deleted)
            {
                deleted.Add(change);
            }
            else
            {
                written.Add((change, name, Ruling.NameKey(name)));
            }
        }

        await tx.ExecuteAllAsync(
            [
                $"""
                insert into groups as g (directory_id, id, display_name, name_key, version, bootstrap)
                select i.*, {bootstrap}::uuid
                from unnest({written.Select(w => w.Change.DirectoryId).ToArray()}, {written.Select(w => w.Change.ResourceId).ToArray()},
                  {written.Select(w => w.Name).ToArray()}, {written.Select(w => w.Key).ToArray()},
                  {written.Select(w => w.Change.Version).ToArray()}) as i (directory_id, id, display_name, name_key, version)
                on conflict (directory_id, id) do update
                set display_name = excluded.display_name, name_key = excluded.name_key, version = excluded.version,
                  bootstrap = coalesce(excluded.bootstrap, g.bootstrap)
                """,
                $"""
                delete from groups g
                using unnest({deleted.Select(c => c.DirectoryId).ToArray()}, {deleted.Select(c => c.ResourceId).ToArray()}) as i (directory_id, id)
                where g.directory_id = i.directory_id and g.id = i.id
                """,
            ],
            ct);
        return changed;
    }
}
