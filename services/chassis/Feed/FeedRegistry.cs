using DirectorySync.Chassis.Sql;
using Google.Protobuf;

namespace DirectorySync.Chassis.Feed;

/// <summary>Who reads the feed and how far each has come: changes are kept for the slowest.</summary>
internal sealed class FeedRegistry(Database database, FeedEpoch epochs)
{
    /// <summary>Registers a consumer from now on, or answers what it acknowledged.</summary>
    public async Task<ByteString> RegisterAsync(string consumer, bool restart, CancellationToken ct)
    {
        var epoch = await epochs.EnsureAsync(ct);
        return await database.InTransactionAsync(
            async tx =>
            {
                // Until the commit nobody prunes: the token is good when it is known.
                await tx.Sql($"select from feed for share").ExecuteAsync(ct);
                var now = await tx.Sql($"""
                    select pg_current_snapshot()::text, pg_current_xact_id()::text,
                      (select xid from changes order by xid desc, id desc limit 1)::text,
                      (select resume_token from feed_consumers where name = {consumer})
                    """).SingleAsync(
                        row => (Snapshot: FeedSnapshot.Parse(row.GetString(0)), Own: Xid(row.GetString(1)),
                            Newest: row.IsDBNull(2) ? 0 : Xid(row.GetString(2)),
                            Acknowledged: row.IsDBNull(3) ? null : row.GetFieldValue<byte[]>(3)),
                        ct);
                if (!restart && now.Acknowledged is { } acknowledged)
                {
                    return ByteString.CopyFrom(acknowledged);
                }

                // Our own transaction is durable by the time the token is answered, so all before it may be called ended.
                var seen = now.Snapshot.Until(Math.Max(now.Own, now.Newest));
                var token = new ResumeToken(epoch, seen).Encode();
                await tx.Sql($"""
                    insert into feed_consumers (name, resume_token, applied)
                    values ({consumer}, {token.ToByteArray()}, {seen.ToString()}::pg_snapshot)
                    on conflict (name) do update set resume_token = excluded.resume_token, applied = excluded.applied, seen_time = now()
                    """).ExecuteAsync(ct);
                return token;
            },
            ct);
    }

    /// <summary>False if the consumer was never registered, or was silent for so long that it was forgotten.</summary>
    public Task<bool> IsRegisteredAsync(string consumer, CancellationToken ct) =>
        database.Sql($"select exists (select from feed_consumers where name = {consumer})").SingleAsync(row => row.GetBoolean(0), ct);

    /// <summary>Notes how far a consumer has come. Never goes back.</summary>
    public async Task AcknowledgeAsync(string consumer, ResumeToken token, ByteString bytes, CancellationToken ct)
    {
        var (epoch, registered) = await database.Sql($"""
            with current as ({FeedEpoch.CurrentSql}),
            acknowledged as (
              update feed_consumers set seen_time = now(),
                resume_token = case when ahead then {bytes.ToByteArray()} else resume_token end,
                applied = case when ahead then {token.Seen.ToString()}::pg_snapshot else applied end
              from (
                select name, pg_snapshot_xmax(applied) <= {FeedStore.Text(token.Seen.Xmax)}::xid8
                  and pg_snapshot_xmin(applied) <= {FeedStore.Text(token.Seen.Xmin)}::xid8 as ahead
                from feed_consumers where name = {consumer}
                for update
              ) held
              where feed_consumers.name = held.name and exists (select from current where epoch = {token.Epoch})
            )
            select (select epoch from current), exists (select from feed_consumers where name = {consumer})
            """).SingleAsync(row => (row.IsDBNull(0) ? (Guid?)null : row.GetGuid(0), row.GetBoolean(1)), ct);
        if (epoch is null)
        {
            await epochs.EnsureAsync(ct);
        }

        if (epoch != token.Epoch)
        {
            throw FeedEpoch.Reset("The resume token belongs to another epoch of the feed.");
        }

        if (!registered)
        {
            throw FeedEpoch.Reset($"Consumer '{consumer}' is not registered.");
        }
    }

    private static ulong Xid(string text) => ulong.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
