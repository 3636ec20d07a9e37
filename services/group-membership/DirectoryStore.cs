using DirectorySync.Chassis.Sql;

namespace DirectorySync.GroupMembership;

/// <summary>Which directories there are, which are closed, and the removal of what closed ones hold.</summary>
internal sealed class DirectoryStore(Database database)
{
    private const int Batch = 5_000;

    /// <summary>A directory that exists. One that was closed is open again if a bootstrap lists it: identity was restored.</summary>
    public static async Task AddAsync(Transaction tx, string directoryId, Guid? bootstrap, CancellationToken ct)
    {
        if (bootstrap is not null)
        {
            // Waits for a batch of the purge; the next finds the directory open.
            await tx.Sql($"delete from closed_directories where directory_id = {directoryId}").ExecuteAsync(ct);
        }

        await tx.Sql($"""
            insert into known_directories as d (directory_id, bootstrap)
            select {directoryId}, {bootstrap}::uuid
            where not exists (select from closed_directories c where c.directory_id = {directoryId})
            on conflict (directory_id) do update set bootstrap = coalesce(excluded.bootstrap, d.bootstrap)
            """).ExecuteAsync(ct);
    }

    /// <summary>From now on nothing is written there; what is there will be removed.</summary>
    public static Task CloseAsync(Transaction tx, string directoryId, CancellationToken ct) => tx.Sql($"""
        with forgotten as (delete from known_directories d where d.directory_id = {directoryId})
        insert into closed_directories (directory_id) values ({directoryId})
        on conflict do nothing
        """).ExecuteAsync(ct);

    public static Task CloseUnlistedAsync(Transaction tx, Guid bootstrap, CancellationToken ct) => tx.Sql($"""
        with forgotten as (
          delete from known_directories d where d.bootstrap is distinct from {bootstrap} returning d.directory_id
        )
        insert into closed_directories (directory_id)
        select directory_id from forgotten
        on conflict do nothing
        """).ExecuteAsync(ct);

    /// <summary>
    /// Closed directories that have to be emptied: at once, and for an hour again and again, because a write that began before the
    /// directory was closed may have committed after it was emptied.
    /// </summary>
    public Task<List<string>> ListToPurgeAsync(CancellationToken ct) => database.Sql($"""
        select c.directory_id
        from closed_directories c
        where c.purge_time is null
          or (c.purge_time < now() - interval '1 minute' and c.purge_time < c.close_time + interval '1 hour')
        order by c.close_time
        limit 100
        """).ListAsync(row => row.GetString(0), ct);

    /// <summary>
    /// Removes all that a closed directory holds, in batches that commit one by one; a crash between them loses nothing. Ends when the
    /// directory is open again.
    /// </summary>
    public async Task PurgeAsync(string directoryId, CancellationToken ct)
    {
        await UntilNoneAsync(() => $"""
            {WhileClosed(directoryId)}
            delete from group_members where (directory_id, group_id, member_id) in (
              select directory_id, group_id, member_id from group_members where directory_id = {directoryId} and exists (select from closed)
              limit {Batch})
            """, ct);
        await UntilNoneAsync(() => $"""
            {WhileClosed(directoryId)}
            delete from members where (directory_id, id) in (
              select directory_id, id from members where directory_id = {directoryId} and exists (select from closed)
              limit {Batch})
            """, ct);
        await UntilNoneAsync(() => $"""
            {WhileClosed(directoryId)}
            delete from group_slots where (directory_id, group_id, slot) in (
              select directory_id, group_id, slot from group_slots where directory_id = {directoryId} and exists (select from closed)
              limit {Batch})
            """, ct);
        await UntilNoneAsync(() => $"""
            {WhileClosed(directoryId)}
            delete from groups where (directory_id, id) in (
              select directory_id, id from groups where directory_id = {directoryId} and exists (select from closed)
              limit {Batch})
            """, ct);
        await database.Sql($"""
            {WhileClosed(directoryId)}
            delete from parked_changes where directory_id = {directoryId} and exists (select from closed)
            """).ExecuteAsync(ct);
        await database.Sql($"""
            {WhileClosed(directoryId)}
            delete from group_counts where directory_id = {directoryId} and exists (select from closed)
            """).ExecuteAsync(ct);
        await database.Sql($"update closed_directories set purge_time = now() where directory_id = {directoryId}").ExecuteAsync(ct);
    }

    /// <summary>Makes one row of a directory's many appended counts.</summary>
    public Task FoldCountsAsync(CancellationToken ct) => database.Sql($"""
        with crowded as (
          select directory_id from group_counts group by directory_id having count(*) > 32 limit 1000
        ),
        folded as (
          delete from group_counts c
          where (c.directory_id, c.id) in (
            select f.directory_id, f.id
            from group_counts f
            where f.directory_id in (select directory_id from crowded)
            for update skip locked)
          returning c.directory_id, c.delta
        )
        insert into group_counts (directory_id, delta)
        select directory_id, sum(delta) from folded group by directory_id
        """).ExecuteAsync(ct);

    // To begin a statement that must not run beside or after the reopening of the directory.
    private static SqlText WhileClosed(string directoryId) => $"""
        with closed as materialized (select 1 from closed_directories c where c.directory_id = {directoryId} for key share)
        """;

    private async Task UntilNoneAsync(Func<SqlText> delete, CancellationToken ct)
    {
        while (await database.Sql(delete()).ExecuteAsync(ct) > 0)
        {
        }
    }
}
