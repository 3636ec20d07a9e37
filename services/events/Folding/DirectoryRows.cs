using DirectorySync.Chassis.Feed;
using DirectorySync.Events.Reconciling;
using DirectorySync.Events.Telling;
using DirectorySync.Feed.V1;
using DirectorySync.Identity.V1;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Events.Folding;

/// <summary>Organizations and directories as identity tells of them.</summary>
internal sealed class DirectoryRows(TellerSignal teller)
{
    private static readonly string DirectoryType = Directory.Descriptor.FullName;
    private static readonly string OrganizationType = Organization.Descriptor.FullName;

    public async Task ApplyAsync(Transaction tx, FeedBatch batch, CancellationToken ct)
    {
        await WriteOrganizationsAsync(tx, batch, ct);
        var changes = batch.Changes.Where(c => FeedImage.TypeOf(c) == DirectoryType).GroupBy(c => c.ResourceId)
            .Select(group => group.Last()).OrderBy(c => c.ResourceId, StringComparer.Ordinal).ToList();
        if (changes.Count == 0)
        {
            return;
        }

        var terms = await Terms.LockAsync(tx, changes.Select(c => c.ResourceId), ct);
        foreach (var change in changes)
        {
            var directory = change.Resource.Unpack<Directory>();
            if (change.Deleted || directory.State == DirectoryState.Deleting)
            {
                // Also one of which nothing was known: what other services still say of it is not to be taken up.
                await WriteAsync(tx, terms, change, directory, batch.Bootstrap, ct);
                await CloseAsync(tx, [change.ResourceId], ct);
            }
            else
            {
                await WriteAsync(tx, terms, change, directory, batch.Bootstrap, ct);
            }
        }

        await Terms.MarkPendingAsync(tx, changes.Select(c => c.ResourceId), ct);
        teller.WakeAfter(tx);
    }

    public static async Task CloseUnlistedAsync(Transaction tx, Guid bootstrap, CancellationToken ct)
    {
        var unlisted = await tx.Sql($"""
            select d.directory_id from directories d where d.bootstrap is distinct from {bootstrap} and not d.closed
            """).ListAsync(row => row.GetString(0), ct);
        await Terms.LockAsync(tx, unlisted, ct);
        await CloseAsync(tx, unlisted, ct);
        await Terms.MarkPendingAsync(tx, unlisted, ct);
        await tx.Sql($"delete from organizations o where o.bootstrap is distinct from {bootstrap}").ExecuteAsync(ct);
    }

    private static Task<int> CloseAsync(Transaction tx, IReadOnlyCollection<string> directoryIds, CancellationToken ct) => tx.Sql($"""
        update directories set closed = true, telling = false, renew_after = null where directory_id = any({directoryIds.ToArray()})
        """).ExecuteAsync(ct);

    // A closed directory that a bootstrap lists is there again: identity was restored.
    private static async Task<int> WriteAsync(
        Transaction tx, Terms terms, Change change, Directory directory, Guid? bootstrap, CancellationToken ct)
    {
        var before = terms[change.ResourceId];
        if (before.ShowsRaw != (directory.Policies?.RawAttributes is true))
        {
            // What was sent is not kept where nobody sees it: it is fetched, or dropped.
            await ReconciliationStore.AskAsync(tx, change.ResourceId, DateTimeOffset.UtcNow, ct);
        }

        var renew = before.RetainsInactive != (directory.Policies?.InactiveUsers == InactiveUsers.Retained)
            || before.KeepsMemberships != (directory.Policies?.InactiveMemberships == InactiveMemberships.Kept);
        return await tx.Sql($"""
            insert into directories as d (directory_id, organization_id, version, data, telling, renew_after, bootstrap)
            values ({change.ResourceId}, {directory.OrganizationId}, {change.Version}, {change.Resource.Value.ToByteArray()},
              {directory.State == DirectoryState.Active}, {(renew ? "" : null)}, {bootstrap}::uuid)
            on conflict (directory_id) do update
            set organization_id = excluded.organization_id, version = excluded.version, data = excluded.data, telling = excluded.telling,
              renew_after = coalesce(excluded.renew_after, d.renew_after), bootstrap = coalesce(excluded.bootstrap, d.bootstrap),
              closed = false, ended = false, purge_time = null, purged_again = false, activated = d.activated and not d.ended
            where (d.version < excluded.version and not d.closed)
              or (excluded.bootstrap is not null and d.bootstrap is distinct from excluded.bootstrap)
            """).ExecuteAsync(ct);
    }

    private static async Task WriteOrganizationsAsync(Transaction tx, FeedBatch batch, CancellationToken ct)
    {
        foreach (var change in batch.Changes.Where(c => FeedImage.TypeOf(c) == OrganizationType))
        {
            await tx.Sql(change.Deleted
                ? (SqlText)$"delete from organizations o where o.id = {change.ResourceId} and o.version < {change.Version}"
                : $"""
                insert into organizations as o (id, version, data, bootstrap)
                values ({change.ResourceId}, {change.Version}, {change.Resource.Value.ToByteArray()}, {batch.Bootstrap}::uuid)
                on conflict (id) do update
                set version = excluded.version, data = excluded.data, bootstrap = coalesce(excluded.bootstrap, o.bootstrap)
                where o.version < excluded.version or excluded.bootstrap is not null
                """).ExecuteAsync(ct);
        }
    }
}
