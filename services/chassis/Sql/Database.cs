using System.Data;
using Npgsql;

namespace DirectorySync.Chassis.Sql;

/// <summary>A service's own PostgreSQL database.</summary>
public sealed class Database(NpgsqlDataSource source)
{
    private const int Tries = 5;

    private readonly SharedRoundTrips roundTrips = new(source);

    /// <summary>The pool, for what statements cannot do (COPY).</summary>
    public NpgsqlDataSource Source => source;

    /// <summary>A statement that is its own transaction: one round trip.</summary>
    public SqlStatement Sql(SqlText sql) => new(source, sql);

    /// <summary>
    /// Runs work in a transaction and commits it. Work that PostgreSQL chose as the victim of a deadlock or of a serialization conflict
    /// runs again, up to five times: it must have no effect outside the transaction.
    /// </summary>
    public Task<T> InTransactionAsync<T>(
        Func<Transaction, Task<T>> work, CancellationToken ct, IsolationLevel isolation = IsolationLevel.ReadCommitted) =>
        WithRetriesAsync(
            async () =>
            {
                await using var connection = await source.OpenConnectionAsync(ct);
                return await RunAsync(connection, work, isolation, ct);
            },
            ct);

    /// <summary>The same on a connection of the caller's, for a session's own temporary tables.</summary>
    public static Task<T> InTransactionAsync<T>(
        NpgsqlConnection connection,
        Func<Transaction, Task<T>> work,
        CancellationToken ct,
        IsolationLevel isolation = IsolationLevel.ReadCommitted) =>
        WithRetriesAsync(() => RunAsync(connection, work, isolation, ct), ct);

    /// <summary>The same for work without a result.</summary>
    public Task InTransactionAsync(
        Func<Transaction, Task> work, CancellationToken ct, IsolationLevel isolation = IsolationLevel.ReadCommitted) =>
        InTransactionAsync(
            async tx =>
            {
                await work(tx);
                return true;
            },
            ct,
            isolation);

    /// <summary>
    /// Runs queries in one round trip and one transaction and answers the only row of the last. Each has a snapshot of its own: what one has
    /// waited for, the next sees. The victim of a deadlock runs again, as in a transaction.
    /// </summary>
    public Task<T> SingleOfLastAsync<T>(IReadOnlyList<SqlText> queries, Func<NpgsqlDataReader, T> read, CancellationToken ct) =>
        WithRetriesAsync(
            async () =>
            {
                await using var connection = await source.OpenConnectionAsync(ct);
                await using var batch = new NpgsqlBatch(connection);
                foreach (var query in queries)
                {
                    batch.BatchCommands.Add(query.ToBatchCommand());
                }

                await using var reader = await batch.ExecuteReaderAsync(ct);
                for (var query = 1; query < queries.Count; query++)
                {
                    await reader.NextResultAsync(ct);
                }

                var row = await reader.ReadAsync(ct) ? read(reader) : throw new InvalidOperationException("The last query returned no row.");
                // To the end: only then has all succeeded.
                await reader.NextResultAsync(ct);
                return row;
            },
            ct);

    /// <summary>
    /// The rows of a query whose best plan is the same for all values. PostgreSQL cannot know that of a "limit" and would plan it again and
    /// again, nor of an array's length, which takes longer than to run it. Only for queries that limit the number of rows, or name them.
    /// </summary>
    public async Task<List<T>> ListPlannedOnceAsync<T>(SqlText query, Func<NpgsqlDataReader, T> read, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var batch = new NpgsqlBatch(connection)
        {
            // The batch is one transaction: the setting ends with it.
            BatchCommands = { new("select set_config('plan_cache_mode', 'force_generic_plan', true)"), query.ToBatchCommand() },
        };
        await using var reader = await batch.ExecuteReaderAsync(ct);
        await reader.NextResultAsync(ct);
        var rows = new List<T>();
        while (await reader.ReadAsync(ct))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    /// <summary>
    /// The rows of a short read by a key: few rows, found by an index whatever the values. Reads that are asked at the same time share a
    /// round trip.
    /// </summary>
    public Task<List<T>> LookUpAsync<T>(SqlText query, Func<NpgsqlDataReader, T> read, CancellationToken ct) =>
        roundTrips.ListAsync(query, read, ct);

    private static async Task<T> RunAsync<T>(
        NpgsqlConnection connection, Func<Transaction, Task<T>> work, IsolationLevel isolation, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(isolation, ct);
        var open = new Transaction(transaction);
        var result = await work(open);
        if (!open.IsCommitted)
        {
            // Not cancelled half-way: a caller that leaves now must not leave the outcome unknown.
            await open.CommitAsync();
        }

        await open.CommittedAsync();
        return result;
    }

    private static async Task<T> WithRetriesAsync<T>(Func<Task<T>> run, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await run();
            }
            catch (PostgresException e) when (IsConflict(e) && attempt < Tries)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(1, 10 * attempt * attempt)), ct);
            }
        }
    }

    private static bool IsConflict(PostgresException e) =>
        e.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure;
}
