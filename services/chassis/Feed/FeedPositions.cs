using DirectorySync.Chassis.Sql;
using Google.Protobuf;
using Npgsql;

namespace DirectorySync.Chassis.Feed;

/// <summary>How far this service has come in another's feed.</summary>
internal sealed record FeedPosition(ByteString Token, bool Complete, Guid? Bootstrap);

/// <summary>Another replica is at the same feed: not an error, but nothing may be applied here.</summary>
internal sealed class PositionTakenException : Exception;

/// <summary>The rows of feed_positions. Each is lock, fence and position in one.</summary>
internal sealed class FeedPositions(Database database)
{
    public async Task<FeedPosition?> FindAsync(string feed, CancellationToken ct) =>
        await database.Sql($"select resume_token, complete, bootstrap from feed_positions where feed = {feed}").FindAsync(Read, ct);

    /// <summary>Begins a bootstrap: from now on only its own batches fit.</summary>
    public Task BeginAsync(string feed, ByteString token, Guid bootstrap, CancellationToken ct) =>
        database.Sql($"""
            insert into feed_positions (feed, resume_token, complete, bootstrap) values ({feed}, {token.ToByteArray()}, false, {bootstrap})
            on conflict (feed) do update set resume_token = excluded.resume_token, complete = false, bootstrap = excluded.bootstrap,
              update_time = now()
            """).ExecuteAsync(ct);

    /// <summary>
    /// Runs work and moves the position, both or neither. The row is locked first: whoever holds it is the only one who applies. It must
    /// be as this replica left it, else another has taken over.
    /// </summary>
    public Task MoveAsync(
        string feed, FeedPosition from, FeedPosition to, bool caughtUp, Func<Transaction, Task> work, CancellationToken ct) =>
        database.InTransactionAsync(
            async tx =>
            {
                var held = await tx.Sql($"""
                    select resume_token, complete, bootstrap from feed_positions where feed = {feed} for update skip locked
                    """).FindAsync(Read, ct);
                if (held != from)
                {
                    throw new PositionTakenException();
                }

                await work(tx);
                await tx.Sql($"""
                    update feed_positions set resume_token = {to.Token.ToByteArray()}, complete = {to.Complete}, bootstrap = {to.Bootstrap},
                      update_time = now(), caught_up_time = case when {caughtUp} then clock_timestamp() else caught_up_time end
                    where feed = {feed}
                    """).ExecuteAsync(ct);
            },
            ct);

    /// <summary>Says that nothing more was there just now.</summary>
    public Task MarkCaughtUpAsync(string feed, CancellationToken ct) =>
        database.Sql($"update feed_positions set caught_up_time = clock_timestamp() where feed = {feed}").ExecuteAsync(ct);

    private static FeedPosition Read(NpgsqlDataReader row) =>
        new(ByteString.CopyFrom(row.GetFieldValue<byte[]>(0)), row.GetBoolean(1), row.IsDBNull(2) ? null : row.GetGuid(2));
}
