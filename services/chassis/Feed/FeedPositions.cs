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
    /// be as this replica left it, else another has taken over. The work finds rows by their keys.
    /// </summary>
    /// <param name="feed">The feed.</param>
    /// <param name="from">The position as this replica left it.</param>
    /// <param name="to">The position afterwards.</param>
    /// <param name="asOf">Afterwards all that was committed until then is known; null: not said.</param>
    /// <param name="work">What moves with the position.</param>
    /// <param name="ct">Ends the work.</param>
    public Task MoveAsync(
        string feed, FeedPosition from, FeedPosition to, DateTime? asOf, Func<Transaction, Task> work, CancellationToken ct) =>
        database.InTransactionAsync(
            async tx =>
            {
                var held = await tx.Sql($"""
                    select resume_token, complete, bootstrap, {Transaction.FindByKeys}
                    from feed_positions where feed = {feed} for update skip locked
                    """).FindAsync(Read, ct);
                if (held != from)
                {
                    throw new PositionTakenException();
                }

                await work(tx);
                await tx.ExecuteAndCommitAsync($"""
                    update feed_positions set resume_token = {to.Token.ToByteArray()}, complete = {to.Complete}, bootstrap = {to.Bootstrap},
                      update_time = now(), caught_up_time = coalesce({Earlier(asOf)}, caught_up_time)
                    where feed = {feed}
                    """);
            },
            ct);

    /// <summary>Says that nothing more was there.</summary>
    public Task MarkCaughtUpAsync(string feed, DateTime asOf, CancellationToken ct) =>
        database.Sql($"update feed_positions set caught_up_time = {Earlier(asOf)} where feed = {feed}").ExecuteAsync(ct);

    // Never in the future, should the other service's clock be ahead.
    private static SqlText Earlier(DateTime? asOf) => asOf is { } time
        ? (SqlText)$"least(clock_timestamp(), {new DateTimeOffset(time)})"
        : (SqlText)$"null::timestamptz";

    private static FeedPosition Read(NpgsqlDataReader row) =>
        new(ByteString.CopyFrom(row.GetFieldValue<byte[]>(0)), row.GetBoolean(1), row.IsDBNull(2) ? null : row.GetGuid(2));
}
