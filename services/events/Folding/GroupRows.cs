using DirectorySync.Feed.V1;
using DirectorySync.GroupMembership.V1;
using Google.Protobuf;

namespace DirectorySync.Events.Folding;

/// <summary>Groups as group-membership tells of them.</summary>
internal static class GroupRows
{
    private sealed record Held(long Version, Guid? Bootstrap, byte[]? Current, byte[]? Told);

    /// <summary>Applies the changes, at most one for each group.</summary>
    public static async Task WriteAsync(Transaction tx, Terms terms, IReadOnlyCollection<Change> changes, Guid? bootstrap, CancellationToken ct)
    {
        var held = await ReadAsync(tx, changes, ct);
        var written = new List<(Change Change, byte[]? Current)>();
        foreach (var change in changes.OrderBy(UserPart.KeyOf))
        {
            var row = held.GetValueOrDefault(UserPart.KeyOf(change));
            if (row is not null && row.Version >= change.Version && (bootstrap is null || row.Bootstrap == bootstrap))
            {
                continue;
            }

            if (row is not null || !change.Deleted)
            {
                written.Add((change, change.Deleted ? null : Make(change, row, terms[change.DirectoryId].ShowsRaw)));
            }
        }

        await StoreAsync(tx, written, bootstrap, ct);
        await MembershipRows.RenewOfGroupsAsync(
            tx,
            [
                .. written.Where(w => w.Current is not null && held.GetValueOrDefault(UserPart.KeyOf(w.Change))?.Current is null)
                    .Select(w => UserPart.KeyOf(w.Change)),
            ],
            ct);
        await ForgetAsync(tx, [.. written.Where(w => w.Current is null).Select(w => UserPart.KeyOf(w.Change))], ct);
    }

    /// <summary>Groups that a bootstrap did not list are deleted.</summary>
    public static async Task SweepAsync(Transaction tx, Guid bootstrap, CancellationToken ct)
    {
        var unlisted = await tx.Sql($"""
            update directory_groups g set current = null where g.bootstrap is distinct from {bootstrap} returning g.directory_id, g.id
            """).ListAsync(UserPart.ReadKey, ct);
        await ForgetAsync(tx, unlisted, ct);
    }

    /// <summary>A group as applications shall see it.</summary>
    public static DirectoryGroup Make(Change change, bool showsRaw)
    {
        var group = Group.Parser.ParseFrom(change.Resource.Value);
        return new DirectoryGroup
        {
            DirectoryId = group.DirectoryId,
            Id = group.Id,
            IdpId = group.ExternalId.Length > 0 ? group.ExternalId : group.Id,
            Name = group.DisplayName,
            CreateTime = group.CreateTime,
            UpdateTime = group.UpdateTime,
            RawJson = showsRaw ? RawAttributesJson.Of(group) : "",
        };
    }

    private static byte[] Make(Change change, Held? row, bool showsRaw)
    {
        // Bytes that say the same as what was told are those that were told, so that bytes can be compared.
        var made = Make(change, showsRaw);
        return row?.Told is { } told && LooksSame(told, made) ? told : row?.Current is { } current && LooksSame(current, made) ? current : made.ToByteArray();
    }

    public static bool LooksSame(byte[] bytes, DirectoryGroup group)
    {
        var other = DirectoryGroup.Parser.ParseFrom(bytes);
        other.UpdateTime = group.UpdateTime;
        return other.Equals(group);
    }

    private static async Task<Dictionary<ResourceKey, Held>> ReadAsync(Transaction tx, IReadOnlyCollection<Change> changes, CancellationToken ct) =>
        (await tx.Sql($"""
            select g.directory_id, g.id, g.version, g.bootstrap, g.current, g.told
            from unnest({changes.Select(c => c.DirectoryId).ToArray()}, {changes.Select(c => c.ResourceId).ToArray()}) as i (directory_id, id)
            join directory_groups g on g.directory_id = i.directory_id and g.id = i.id
            """).ListAsync(
            row => (Key: UserPart.ReadKey(row), Held: new Held(
                row.GetInt64(2), row.IsDBNull(3) ? null : row.GetGuid(3), row.IsDBNull(4) ? null : row.GetFieldValue<byte[]>(4),
                row.IsDBNull(5) ? null : row.GetFieldValue<byte[]>(5))),
            ct)).ToDictionary(row => row.Key, row => row.Held);

    private static Task StoreAsync(Transaction tx, List<(Change Change, byte[]? Current)> written, Guid? bootstrap, CancellationToken ct) =>
        written.Count == 0 ? Task.CompletedTask : tx.Sql($"""
            insert into directory_groups as g (directory_id, id, version, current, bootstrap)
            select i.*, {bootstrap}::uuid
            from unnest({written.Select(w => w.Change.DirectoryId).ToArray()}, {written.Select(w => w.Change.ResourceId).ToArray()},
              {written.Select(w => w.Change.Version).ToArray()}, {written.Select(w => w.Current).ToArray()}) as i (directory_id, id, version, current)
            on conflict (directory_id, id) do update
            set version = excluded.version, current = excluded.current, bootstrap = coalesce(excluded.bootstrap, g.bootstrap)
            """).ExecuteAsync(ct);

    /// <summary>Deleted groups that were never told of are gone at once, and their memberships with them.</summary>
    private static Task ForgetAsync(Transaction tx, List<ResourceKey> groups, CancellationToken ct) =>
        groups.Count == 0 ? Task.CompletedTask : tx.Sql($"""
            with gone as (
              delete from directory_groups g
              using unnest({groups.Select(g => g.DirectoryId).ToArray()}, {groups.Select(g => g.Id).ToArray()}) as i (directory_id, id)
              where g.directory_id = i.directory_id and g.id = i.id and g.current is null and g.told is null
              returning g.directory_id, g.id
            )
            delete from memberships m using gone where m.directory_id = gone.directory_id and m.group_id = gone.id
            """).ExecuteAsync(ct);
}
