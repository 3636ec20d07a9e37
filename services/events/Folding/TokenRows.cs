using DirectorySync.Chassis.Feed;
using DirectorySync.Events.Telling;
using DirectorySync.Identity.V1;

namespace DirectorySync.Events.Folding;

/// <summary>Tokens as identity tells of them.</summary>
internal sealed class TokenRows(TellerSignal teller)
{
    private static readonly string TokenType = ScimToken.Descriptor.FullName;

    public async Task ApplyAsync(Transaction tx, FeedBatch batch, CancellationToken ct)
    {
        var changes = batch.Changes.Where(c => FeedImage.TypeOf(c) == TokenType).GroupBy(UserPart.KeyOf).Select(group => group.Last()).ToList();
        if (changes.Count == 0)
        {
            return;
        }

        var terms = await Terms.LockAsync(tx, changes.Select(c => c.DirectoryId), ct);
        var open = changes.Where(c => terms.IsOpen(c.DirectoryId)).OrderBy(UserPart.KeyOf).ToList();
        await tx.Sql($"""
            insert into directory_tokens as t (directory_id, id, version, data, revoked, bootstrap)
            select i.*, {batch.Bootstrap}::uuid
            from unnest({open.Select(c => c.DirectoryId).ToArray()}, {open.Select(c => c.ResourceId).ToArray()}, {open.Select(c => c.Version).ToArray()},
              {open.Select(c => c.Resource.Value.ToByteArray()).ToArray()},
              {open.Select(c => c.Deleted || ScimToken.Parser.ParseFrom(c.Resource.Value).RevokeTime is not null).ToArray()})
              as i (directory_id, id, version, data, revoked)
            on conflict (directory_id, id) do update
            set version = excluded.version, revoked = excluded.revoked, bootstrap = coalesce(excluded.bootstrap, t.bootstrap),
              data = case when excluded.data = '' then t.data else excluded.data end
            where t.version < excluded.version or (excluded.bootstrap is not null and t.bootstrap is distinct from excluded.bootstrap)
            """).ExecuteAsync(ct);
        await Terms.MarkPendingAsync(tx, open.Select(c => c.DirectoryId), ct);
        teller.WakeAfter(tx);
    }

    /// <summary>Tokens that a bootstrap did not list are gone.</summary>
    public static async Task SweepAsync(Transaction tx, Guid bootstrap, CancellationToken ct)
    {
        var directories = await tx.Sql($"""
            select distinct t.directory_id from directory_tokens t where t.bootstrap is distinct from {bootstrap} and not t.revoked
            """).ListAsync(row => row.GetString(0), ct);
        await Terms.LockAsync(tx, directories, ct);
        await tx.Sql($"update directory_tokens t set revoked = true where t.bootstrap is distinct from {bootstrap} and not t.revoked").ExecuteAsync(ct);
        await Terms.MarkPendingAsync(tx, directories, ct);
    }
}
