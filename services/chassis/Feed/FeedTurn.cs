using DirectorySync.Chassis.Sql;
using Npgsql;

namespace DirectorySync.Chassis.Feed;

/// <summary>
/// One replica's turn at a feed, so that the others need not open streams in vain. Held by a session of PostgreSQL, hence lost the moment
/// the process dies. Only a courtesy: what keeps two from applying the same is the position's row.
/// </summary>
internal sealed class FeedTurn : IAsyncDisposable
{
    private static readonly TimeSpan CheckEvery = TimeSpan.FromSeconds(1);

    // A machine that vanishes says no goodbye: the server asks for a sign of life after two seconds. That stays with the session, and harms
    // no other use of it.
    private const string Take = """
        select pg_try_advisory_lock(hashtextextended('feed ' || $1, 0)), set_config('tcp_keepalives_idle', '2', false),
          set_config('tcp_keepalives_interval', '1', false), set_config('tcp_keepalives_count', '3', false)
        """;

    private readonly NpgsqlConnection connection;
    private readonly string feed;
    private readonly CancellationTokenSource ended;
    private readonly Task watching;

    private FeedTurn(NpgsqlConnection connection, string feed, CancellationToken ct)
    {
        this.connection = connection;
        this.feed = feed;
        ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        watching = WatchAsync();
    }

    /// <summary>Ends with the turn: when the service stops, or the session is lost.</summary>
    public CancellationToken Ended => ended.Token;

    /// <summary>Null while another replica has it.</summary>
    public static async Task<FeedTurn?> TryTakeAsync(Database database, string feed, CancellationToken ct)
    {
        var connection = await database.Source.OpenConnectionAsync(ct);
        try
        {
            if (await ExecuteAsync(connection, Take, feed, ct) is true)
            {
                return new FeedTurn(connection, feed, ct);
            }
        }
        catch
        {
            // The lock may be taken although nobody said so: it ends with the session.
            NpgsqlConnection.ClearPool(connection);
            await connection.DisposeAsync();
            throw;
        }

        await connection.DisposeAsync();
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await watching;
        try
        {
            await ExecuteAsync(
                connection, "select pg_advisory_unlock(hashtextextended('feed ' || $1, 0))", feed, CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The session is lost, and the lock with it.
            NpgsqlConnection.ClearPool(connection);
        }

        await connection.DisposeAsync();
        ended.Dispose();
    }

    private async Task WatchAsync()
    {
        while (!ended.IsCancellationRequested)
        {
            await Task.Delay(CheckEvery, ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await ExecuteAsync(connection, "select $1", feed, CancellationToken.None);
            }
            catch (Exception e) when (e is NpgsqlException or InvalidOperationException or TimeoutException)
            {
                await ended.CancelAsync();
            }
        }
    }

    private static async Task<object?> ExecuteAsync(NpgsqlConnection connection, string sql, string feed, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = feed } } };
        return await command.ExecuteScalarAsync(ct);
    }
}
