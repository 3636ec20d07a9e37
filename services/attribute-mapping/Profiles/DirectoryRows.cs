using DirectorySync.Chassis.Sql;
using DirectorySync.Identity.V1;
using Npgsql;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.AttributeMapping.Profiles;

/// <summary>What users of a directory are mapped by.</summary>
internal readonly record struct HeldDirectory(long MappingVersion, Provider Provider);

/// <summary>Which directories there are, which are closed, and the removal of what closed ones hold.</summary>
internal sealed class DirectoryRows(Database database)
{
    private const int Batch = 5_000;

    // What began before the directory was closed has ended by then.
    private static readonly TimeSpan PurgeAgain = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Directories as identity has them. One that was closed is open again if a bootstrap lists it: identity was restored. Where the
    /// provider is another one, profiles are made anew: their problems are told in its words.
    /// </summary>
    public static Task AddAsync(Transaction tx, IReadOnlyCollection<Directory> directories, Guid? bootstrap, CancellationToken ct)
    {
        var last = directories.GroupBy(d => d.Id).Select(same => same.Last()).ToList();
        return tx.Sql($"""
            with added as (
              insert into directory_mappings as d (directory_id, bootstrap, provider)
              select id, {bootstrap}::uuid, provider
              from unnest({last.ConvertAll(d => d.Id).ToArray()}, {last.ConvertAll(d => (int)d.Provider).ToArray()}) as n (id, provider)
              order by id
              on conflict (directory_id) do update {OnConflict(bootstrap)}
              returning d.directory_id, d.mapping_version, xmax = 0 as is_new
            )
            insert into recomputations (directory_id, definition_version, mapping_version)
            select a.directory_id, case when a.is_new then v.version else -1 end, a.mapping_version
            from added a, definition_versions v
            where a.is_new or {bootstrap is null}
            on conflict (directory_id) do update set definition_version = excluded.definition_version where excluded.definition_version = -1
            """).ExecuteAsync(ct);
    }

    /// <summary>Directories that users are in, whatever else is known of them.</summary>
    public static Task AddAsync(Transaction tx, string[] ids, CancellationToken ct) => tx.Sql($"""
        with added as (
          insert into directory_mappings as d (directory_id)
          select id from unnest({ids}) as n (id) order by id
          on conflict (directory_id) do nothing
          returning d.directory_id, d.mapping_version
        )
        insert into recomputations (directory_id, definition_version, mapping_version)
        select a.directory_id, v.version, a.mapping_version from added a, definition_versions v
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

    /// <summary>The open ones among them, held for share until the transaction ends.</summary>
    public static async Task<Dictionary<string, HeldDirectory>> HoldAsync(Transaction tx, string[] ids, CancellationToken ct)
    {
        var held = new Dictionary<string, HeldDirectory>();
        await tx.ReadAllAsync([(Hold(ids), row => AddHeld(held, row))], ct);
        return held;
    }

    public static SqlText Hold(string[] ids) => $"""
        select d.directory_id, d.mapping_version, d.provider
        from directory_mappings d
        where d.directory_id = any({ids}) and not d.closed
        order by d.directory_id
        for share
        """;

    public static void AddHeld(Dictionary<string, HeldDirectory> held, NpgsqlDataReader row) =>
        held.Add(row.GetString(0), new(row.GetInt64(1), (Provider)row.GetInt32(2)));

    /// <summary>Removes all that closed directories hold, in batches that commit one by one, and answers how many were emptied.</summary>
    public async Task<int> PurgeAsync(CancellationToken ct)
    {
        var ids = await database.Sql($"""
            select d.directory_id from directory_mappings d
            where d.closed and (d.purge_time is null or (not d.purged_again and d.purge_time < now() - {PurgeAgain})) limit 100
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
            await UntilNoneAsync(() => $"delete from parked_changes where directory_id = {id} and exists ({Closed(id)})", ct);
            await UntilNoneAsync(() => $"delete from inventory where directory_id = {id} and exists ({Closed(id)})", ct);
            await UntilNoneAsync(() => $"delete from mapping_versions where directory_id = {id} and exists ({Closed(id)})", ct);
            await UntilNoneAsync(() => $"delete from recomputations where directory_id = {id} and exists ({Closed(id)})", ct);
            // Two replicas may have done it at the same time: that was once.
            await database.Sql($"""
                update directory_mappings
                set purged_again = purged_again or coalesce(purge_time < now() - {PurgeAgain}, false), purge_time = now(), mapping_version = 0
                where directory_id = {id} and closed
                """).ExecuteAsync(ct);
        }

        return ids.Count;
    }

    // Where nothing changes nothing is updated: an update would lock the row.
    private static SqlText OnConflict(Guid? bootstrap) => bootstrap is null
        ? $"set provider = excluded.provider where d.provider <> excluded.provider"
        : (SqlText)$"set bootstrap = excluded.bootstrap, provider = excluded.provider, closed = false, purge_time = null, purged_again = false";

    private static SqlText Closed(string id) => $"select from directory_mappings m where m.directory_id = {id} and m.closed";

    private async Task UntilNoneAsync(Func<SqlText> delete, CancellationToken ct)
    {
        while (await database.Sql(delete()).ExecuteAsync(ct) > 0)
        {
        }
    }
}
