using DirectorySync.Chassis.Sql;

namespace DirectorySync.AttributeMapping.Profiles;

/// <summary>Which directories there are, which are closed, and the removal of what closed ones hold.</summary>
internal sealed class DirectoryRows(Database database)
{
    private const int Batch = 5_000;

    /// <summary>Directories that exist. One that was closed is open again if a bootstrap lists it: identity was restored.</summary>
    public static Task AddAsync(Transaction tx, string[] ids, Guid? bootstrap, CancellationToken ct) => tx.Sql($"""
        with added as (
          insert into directory_mappings as d (directory_id, bootstrap)
          select id, {bootstrap}::uuid from unnest({ids}) as n (id) order by id
          on conflict (directory_id) {OnConflict(bootstrap)}
          returning d.directory_id, d.mapping_version, xmax = 0 as is_new
        )
        insert into recomputations (directory_id, definition_version, mapping_version)
        select a.directory_id, v.version, a.mapping_version from added a, definition_versions v where a.is_new
        on conflict do nothing
        """).ExecuteAsync(ct);

    /// <summary>From now on nothing is written there; what is there will be removed.</summary>
    public static Task CloseAsync(Transaction tx, string[] ids, CancellationToken ct) => tx.Sql($"""
        insert into directory_mappings as d (directory_id, closed)
        select id, true from unnest({ids}) as n (id) order by id
        on conflict (directory_id) do update set closed = true
        """).ExecuteAsync(ct);

    public static Task CloseUnlistedAsync(Transaction tx, Guid bootstrap, CancellationToken ct) => tx.Sql($"""
        update directory_mappings d set closed = true where not d.closed and d.bootstrap is distinct from {bootstrap}
        """).ExecuteAsync(ct);

    /// <summary>Of the open ones among them the mapping's version, held for share until the transaction ends.</summary>
    public static async Task<Dictionary<string, long>> HoldAsync(Transaction tx, string[] ids, CancellationToken ct)
    {
        var rows = await tx.Sql($"""
            select d.directory_id, d.mapping_version
            from directory_mappings d
            where d.directory_id = any({ids}) and not d.closed
            order by d.directory_id
            for share
            """).ListAsync(row => (Id: row.GetString(0), Version: row.GetInt64(1)), ct);
        return rows.ToDictionary(row => row.Id, row => row.Version);
    }

    /// <summary>Throws NOT_FOUND.</summary>
    public async Task RequireAsync(string directoryId, CancellationToken ct)
    {
        Inputs.RequireId(directoryId, "directory");
        if (!await database.Sql($"select true from directory_mappings where directory_id = {directoryId} and not closed")
                .FindAsync(row => row.GetBoolean(0), ct))
        {
            throw Inputs.NotFound("directory");
        }
    }

    /// <summary>Removes all that closed directories hold, in batches that commit one by one, and answers how many were emptied.</summary>
    public async Task<int> PurgeAsync(CancellationToken ct)
    {
        var ids = await database.Sql($"""
            select d.directory_id from directory_mappings d where d.closed and d.purge_time is null limit 100
            """).ListAsync(row => row.GetString(0), ct);
        foreach (var id in ids)
        {
            await UntilNoneAsync(() => $"""
                delete from profiles where (directory_id, user_id) in (
                  select directory_id, user_id from profiles where directory_id = {id} and exists ({Closed(id)}) limit {Batch})
                """, ct);
            await UntilNoneAsync(() => $"""
                delete from profile_problems where (directory_id, user_id, attribute, code) in (
                  select directory_id, user_id, attribute, code from profile_problems
                  where directory_id = {id} and exists ({Closed(id)}) limit {Batch})
                """, ct);
            await UntilNoneAsync(() => $"delete from inventory where directory_id = {id} and exists ({Closed(id)})", ct);
            await UntilNoneAsync(() => $"delete from mapping_versions where directory_id = {id} and exists ({Closed(id)})", ct);
            await UntilNoneAsync(() => $"delete from recomputations where directory_id = {id} and exists ({Closed(id)})", ct);
            await database.Sql($"""
                update directory_mappings set purge_time = now(), mapping_version = 0 where directory_id = {id} and closed
                """).ExecuteAsync(ct);
        }

        return ids.Count;
    }

    // Without a bootstrap there is nothing to update, and an update would lock the row.
    private static SqlText OnConflict(Guid? bootstrap) => bootstrap is null
        ? $"do nothing"
        : (SqlText)$"do update set bootstrap = excluded.bootstrap, closed = false, purge_time = null";

    private static SqlText Closed(string id) => $"select from directory_mappings m where m.directory_id = {id} and m.closed";

    private async Task UntilNoneAsync(Func<SqlText> delete, CancellationToken ct)
    {
        while (await database.Sql(delete()).ExecuteAsync(ct) > 0)
        {
        }
    }
}
