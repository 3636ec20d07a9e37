using DirectorySync.Chassis.Sql;

namespace DirectorySync.Roles;

/// <summary>Which directories there are, which are closed, and the removal of what closed ones hold.</summary>
internal sealed class DirectoryStore(Database database, UserRolesCache cache, Recalculation recalculation)
{
    private const int Batch = 500;
    private const int LargeBatch = 5_000;

    // What began before the directory was closed has ended by then.
    private static readonly TimeSpan PurgeAgain = TimeSpan.FromMinutes(10);

    /// <summary>A directory that exists. One that was closed is open again if a bootstrap lists it: identity was restored.</summary>
    public static Task AddAsync(Transaction tx, string directoryId, string organizationId, Guid? bootstrap, CancellationToken ct) =>
        tx.ExecuteAllAsync(
            [
                $"delete from closed_directories c where c.directory_id = {directoryId} and {bootstrap}::uuid is not null",
                $"""
                insert into directories as d (directory_id, organization_id, bootstrap)
                select {directoryId}, {organizationId}, {bootstrap}::uuid
                where not exists (select from closed_directories c where c.directory_id = {directoryId})
                on conflict (directory_id) do update
                set organization_id = excluded.organization_id, bootstrap = coalesce(excluded.bootstrap, d.bootstrap)
                """,
            ],
            ct);

    /// <summary>From now on nothing is written there; what is there will be removed.</summary>
    public async Task CloseAsync(Transaction tx, string directoryId, CancellationToken ct)
    {
        await cache.FenceClosedAsync(tx, directoryId, ct);
        await tx.Sql($"""
            with forgotten as (delete from directories d where d.directory_id = {directoryId})
            insert into closed_directories (directory_id) values ({directoryId})
            on conflict do nothing
            """).ExecuteAsync(ct);
    }

    public async Task CloseUnlistedAsync(Transaction tx, Guid bootstrap, CancellationToken ct)
    {
        var unlisted = await tx.Sql($"select d.directory_id from directories d where d.bootstrap is distinct from {bootstrap}")
            .ListAsync(row => row.GetString(0), ct);
        await Terms.LockAsync(tx, unlisted, ct);
        foreach (var directoryId in unlisted.Order(StringComparer.Ordinal))
        {
            await CloseAsync(tx, directoryId, ct);
        }
    }

    public Task<bool> ExistsAsync(string directoryId, CancellationToken ct) => database.Sql($"""
        select exists (select from directories d where d.directory_id = {directoryId})
        """).SingleAsync(row => row.GetBoolean(0), ct);

    /// <summary>Closed directories that are not emptied yet. All who write there look under the same lock whether it is closed.</summary>
    public Task<List<string>> ListToPurgeAsync(CancellationToken ct) => database.Sql($"""
        select c.directory_id from closed_directories c
        where c.purge_time is null or (not c.purged_again and c.purge_time < now() - {PurgeAgain}) order by c.close_time limit 100
        """).ListAsync(row => row.GetString(0), ct);

    /// <summary>
    /// Removes all that a closed directory holds, in batches that commit one by one; a crash between them loses nothing. Ends when the
    /// directory is open again.
    /// </summary>
    public async Task PurgeAsync(string directoryId, CancellationToken ct)
    {
        while (await InClosedAsync(directoryId, tx => recalculation.ForgetAsync(tx, directoryId, Batch, ct), ct))
        {
        }

        SqlText[] rows =
        [
            $"""
            delete from memberships where (directory_id, user_id, group_id) in (
              select directory_id, user_id, group_id from memberships where directory_id = {directoryId} limit {LargeBatch})
            """,
            $"""
            delete from deleted_users where (directory_id, id) in (
              select directory_id, id from deleted_users where directory_id = {directoryId} limit {LargeBatch})
            """,
            $"delete from groups where (directory_id, id) in (select directory_id, id from groups where directory_id = {directoryId} limit {LargeBatch})",
            $"delete from parked_changes where directory_id = {directoryId}",
            $"delete from rule_roles where directory_id = {directoryId}",
            $"delete from role_rules where directory_id = {directoryId}",
            $"delete from recomputations where directory_id = {directoryId}",
        ];
        foreach (var delete in rows)
        {
            while (await InClosedAsync(directoryId, async tx => await tx.Sql(delete).ExecuteAsync(ct) > 0, ct))
            {
            }
        }

        await InClosedAsync(
            directoryId,
            // Two replicas may have done it at the same time: that was once.
            async tx => await tx.Sql($"""
                update closed_directories
                set purged_again = purged_again or coalesce(purge_time < now() - {PurgeAgain}, false), purge_time = now()
                where directory_id = {directoryId}
                """).ExecuteAsync(ct) > 0,
            ct);
    }

    private Task<bool> InClosedAsync(string directoryId, Func<Transaction, Task<bool>> work, CancellationToken ct) =>
        database.InTransactionAsync(
            async tx => !(await Terms.LockAsync(tx, [directoryId], ct)).IsOpen(directoryId) && await work(tx),
            ct);
}
