using DirectorySync.Feed.V1;

namespace DirectorySync.Events.Folding;

/// <summary>A user as one service tells of it: three columns of its row.</summary>
internal sealed class UserPart
{
    private readonly SqlText version;
    private readonly SqlText data;
    private readonly SqlText stamp;

    private UserPart(SqlText version, SqlText data, SqlText stamp) => (this.version, this.data, this.stamp) = (version, data, stamp);

    public static UserPart Identity { get; } = new($"user_version", $"user_data", $"user_bootstrap");

    public static UserPart Profile { get; } = new($"profile_version", $"profile_data", $"profile_bootstrap");

    public static UserPart Roles { get; } = new($"roles_version", $"roles_data", $"roles_bootstrap");

    /// <summary>Applies the changes, at most one for each user, and answers whom something new was said of.</summary>
    /// <param name="tx">The batch's transaction, in which the directories are locked.</param>
    /// <param name="changes">Each with what is to be stored.</param>
    /// <param name="bootstrap">The bootstrap that lists them.</param>
    /// <param name="ct">Ends the work.</param>
    public async Task<List<ResourceKey>> WriteAsync(
        Transaction tx, IReadOnlyCollection<(Change Change, byte[] Data)> changes, Guid? bootstrap, CancellationToken ct)
    {
        var written = changes.Where(c => !c.Change.Deleted).OrderBy(c => KeyOf(c.Change)).ToList();
        var deleted = changes.Where(c => c.Change.Deleted).Select(c => c.Change).ToList();
        var keys = written.Count == 0 ? [] : await tx.Sql($"""
            insert into directory_users as u (directory_id, id, {version}, {data}, {stamp})
            select i.*, {bootstrap}::uuid
            from unnest({written.Select(c => c.Change.DirectoryId).ToArray()}, {written.Select(c => c.Change.ResourceId).ToArray()},
              {written.Select(c => c.Change.Version).ToArray()}, {written.Select(c => c.Data).ToArray()}) as i (directory_id, id, version, data)
            on conflict (directory_id, id) do update
            set {version} = excluded.{version}, {data} = excluded.{data}, {stamp} = coalesce(excluded.{stamp}, u.{stamp})
            where u.{version} is null or u.{version} < excluded.{version}
              or (excluded.{stamp} is not null and u.{stamp} is distinct from excluded.{stamp})
            returning u.directory_id, u.id
            """).ListAsync(ReadKey, ct);
        if (deleted.Count > 0)
        {
            keys.AddRange(await tx.Sql($"""
                update directory_users u
                set {version} = null, {data} = null
                from unnest({deleted.Select(c => c.DirectoryId).ToArray()}, {deleted.Select(c => c.ResourceId).ToArray()},
                  {deleted.Select(c => c.Version).ToArray()}) as i (directory_id, id, version)
                where u.directory_id = i.directory_id and u.id = i.id and u.{version} < i.version
                returning u.directory_id, u.id
                """).ListAsync(ReadKey, ct));
        }

        return keys;
    }

    /// <summary>Users of whom a bootstrap's listing did not say this part.</summary>
    public Task<List<ResourceKey>> ListUnlistedAsync(Transaction tx, Guid bootstrap, ResourceKey after, int limit, CancellationToken ct) => tx.Sql($"""
        select u.directory_id, u.id
        from directory_users u
        where (u.directory_id, u.id) > ({after.DirectoryId}, {after.Id}) and u.{version} is not null and u.{stamp} is distinct from {bootstrap}
        order by u.directory_id, u.id
        limit {limit}
        """).ListAsync(ReadKey, ct);

    public Task ForgetAsync(Transaction tx, IReadOnlyCollection<ResourceKey> users, CancellationToken ct) => tx.Sql($"""
        update directory_users u
        set {version} = null, {data} = null
        from unnest({users.Select(u => u.DirectoryId).ToArray()}, {users.Select(u => u.Id).ToArray()}) as i (directory_id, id)
        where u.directory_id = i.directory_id and u.id = i.id
        """).ExecuteAsync(ct);

    public static ResourceKey KeyOf(Change change) => new(change.DirectoryId, change.ResourceId);

    public static ResourceKey ReadKey(Npgsql.NpgsqlDataReader row) => new(row.GetString(0), row.GetString(1));
}
