using System.Globalization;
using DirectorySync.Chassis.Sql;
using DirectorySync.Feed.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Options;
using Npgsql;

namespace DirectorySync.Chassis.Feed;

/// <summary>A read of the feed: what came, and where to go on.</summary>
/// <param name="Changes">What came.</param>
/// <param name="Next">Where to go on.</param>
/// <param name="CaughtUp">Nothing more was there.</param>
/// <param name="AsOf">Then all that was committed until this time, here and in the services that this one follows; null: not known.</param>
internal sealed record FeedRead(IReadOnlyList<Change> Changes, ResumeToken Next, bool CaughtUp, DateTime? AsOf = null);

/// <summary>A feed that this service follows.</summary>
internal sealed record FollowedFeed(string Name);

/// <summary>
/// Reads changes by snapshot windows: what is visible now and was not visible in the token's snapshot, ordered by id.
/// Every read checks in the same snapshot that the token's epoch is this database's and that nothing it needs is pruned.
/// </summary>
internal sealed class FeedStore(
    Database database, FeedEpoch epochs, IEnumerable<FollowedFeed> followed, IOptions<ChangeFeedOptions> options)
{
    private readonly string[] feeds = [.. followed.Select(feed => feed.Name)];
    private readonly int batchSize = options.Value.BatchSize;
    private readonly int batchBytes = options.Value.BatchBytes;

    public async Task<FeedRead> ReadAsync(ResumeToken token, CancellationToken ct)
    {
        if (token.Upper is not null)
        {
            return await ReadPageAsync(token, ct);
        }

        var seen = token.Seen;
        var rows = await ReadRowsAsync(
            $"""
            with fresh as materialized (
              (select * from changes where xid >= {Text(seen.Xmax)}::xid8 order by xid, id limit {batchSize + 1})
              union all
              (select * from changes where xid = any({seen.XipArray}::xid8[]) order by xid, id limit {batchSize + 1})
            )
            select {State}, {Columns} from (select 1) one left join fresh on true order by id
            """,
            token,
            ct);
        var upper = rows.Now.Until(Math.Max(rows.Newest, seen.Xmax - 1));
        if (rows.Changes.Count <= batchSize)
        {
            return Batch(token with { Upper = upper }, rows.Changes, isNewest: true, rows.AsOf);
        }

        // A backlog: its pages are read in the order of the primary key, from its first id on.
        var first = await database.Sql($"""
            select min(id) from (
              (select id from changes where xid >= {Text(seen.Xmax)}::xid8 order by xid, id limit 9000000000000000)
              union all
              (select id from changes where xid = any({seen.XipArray}::xid8[]) order by xid, id limit 9000000000000000)
            ) backlog
            """).SingleAsync(row => row.IsDBNull(0) ? 1 : row.GetInt64(0), ct);
        return await ReadPageAsync(token with { Upper = upper, LastId = first - 1 }, ct);
    }

    /// <summary>Whether a change has become visible since the snapshot, and the snapshot of now.</summary>
    public Task<(bool Any, FeedSnapshot Now)> ProbeAsync(FeedSnapshot since, CancellationToken ct) =>
        database.Sql($"""
            select (select id from changes where xid >= {Text(since.Xmax)}::xid8 order by xid, id limit 1) is not null
                or (select id from changes where xid = any({since.XipArray}::xid8[]) order by xid, id limit 1) is not null,
              pg_current_snapshot()::text
            """).SingleAsync(row => (row.GetBoolean(0), FeedSnapshot.Parse(row.GetString(1))), ct);

    private async Task<FeedRead> ReadPageAsync(ResumeToken token, CancellationToken ct)
    {
        var rows = await ReadRowsAsync(
            $"""
            with page as materialized (
              select * from changes
              where id > {token.LastId}
                and (xid >= {Text(token.Seen.Xmax)}::xid8 or xid = any({token.Seen.XipArray}::xid8[]))
                and pg_visible_in_snapshot(xid, (select {token.Upper!.ToString()}::pg_snapshot))
              order by id limit {batchSize + 1}
            )
            select {State}, {Columns} from (select 1) one left join page on true order by id
            """,
            token,
            ct);
        // The window ended when its first page was read.
        return Batch(token, rows.Changes, isNewest: false);
    }

    private FeedRead Batch(ResumeToken token, List<Change> changes, bool isNewest, DateTime? asOf = null)
    {
        var bytes = 0;
        var count = 0;
        while (count < Math.Min(changes.Count, batchSize) && bytes < batchBytes)
        {
            bytes += changes[count].Resource.Value.Length;
            count++;
        }

        return count == changes.Count
            ? new(changes, new ResumeToken(token.Epoch, token.Upper!), isNewest, asOf)
            : new(changes[..count], token with { LastId = changes[count - 1].Id }, CaughtUp: false);
    }

    private async Task<Rows> ReadRowsAsync(SqlText sql, ResumeToken token, CancellationToken ct)
    {
        var rows = new Rows();
        rows.Changes.AddRange((await database.ListPlannedOnceAsync(sql, rows.Read, ct)).OfType<Change>());
        await epochs.CheckAsync(token, rows.Epoch, rows.PrunedBefore, rows.Now, ct);
        return rows;
    }

    private SqlText State => $"""
        pg_current_snapshot()::text, (select xid from changes order by xid desc, id desc limit 1)::text,
        ({FeedEpoch.CurrentSql}), (select pruned_before::text from feed), {AsOf}
        """;

    // The statement came before its snapshot was taken.
    private SqlText AsOf => feeds.Length == 0 ? $"statement_timestamp()" : (SqlText)$"""
        (select least(statement_timestamp(), min(p.caught_up_time)) from feed_positions p
          where p.feed = any({feeds}) and p.complete having count(p.caught_up_time) = {(long)feeds.Length})
        """;

    private static SqlText Columns =>
        $"id, directory_id, resource_type, resource_id, version, deleted, resource, traceparent, create_time";

    internal static string Text(ulong xid) => xid.ToString(CultureInfo.InvariantCulture);

    /// <summary>The rows of a read; each also carries the state of the feed.</summary>
    private sealed class Rows
    {
        public List<Change> Changes { get; } = [];

        public FeedSnapshot Now { get; private set; } = FeedSnapshot.None;

        public ulong Newest { get; private set; }

        public Guid? Epoch { get; private set; }

        public ulong PrunedBefore { get; private set; }

        public DateTime? AsOf { get; private set; }

        public Change? Read(NpgsqlDataReader row)
        {
            if (Now == FeedSnapshot.None)
            {
                Now = FeedSnapshot.Parse(row.GetString(0));
                Newest = row.IsDBNull(1) ? 0 : Parse(row.GetString(1));
                Epoch = row.IsDBNull(2) ? null : row.GetGuid(2);
                PrunedBefore = row.IsDBNull(3) ? 0 : Parse(row.GetString(3));
                AsOf = row.IsDBNull(4) ? null : row.GetDateTime(4);
            }

            return row.IsDBNull(5) ? null : new Change
            {
                Id = row.GetInt64(5),
                DirectoryId = row.GetString(6),
                Resource = FeedImage.AnyOf(row.GetString(7), row.GetFieldValue<byte[]>(11)),
                ResourceId = row.GetString(8),
                Version = row.GetInt64(9),
                Deleted = row.GetBoolean(10),
                Traceparent = row.IsDBNull(12) ? "" : row.GetString(12),
                CreateTime = Timestamp.FromDateTime(row.GetDateTime(13)),
            };
        }

        private static ulong Parse(string text) => ulong.Parse(text, CultureInfo.InvariantCulture);
    }
}
