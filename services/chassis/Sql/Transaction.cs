using Npgsql;

namespace DirectorySync.Chassis.Sql;

/// <summary>An open transaction. It commits when the work that got it ends well.</summary>
public sealed class Transaction
{
    private readonly NpgsqlTransaction transaction;

    private List<Func<Task>>? afterCommit;

    internal bool IsCommitted { get; private set; }

    internal Transaction(NpgsqlTransaction transaction) => this.transaction = transaction;

    /// <summary>The connection, for what statements cannot do (COPY).</summary>
    public NpgsqlConnection Connection => transaction.Connection!;

    /// <summary>
    /// What is to happen once the transaction is committed, in the order of the calls, before its caller goes on: waking the feed,
    /// settling a fence. It must not throw: the write has happened. Nothing of it happens if the transaction does not commit.
    /// </summary>
    public void AfterCommit(Func<Task> action) => (afterCommit ??= []).Add(action);

    /// <summary>A statement inside the transaction.</summary>
    public SqlStatement Sql(SqlText sql) => new(transaction, sql);

    /// <summary>Runs several statements in one round trip and answers the number of rows touched by all.</summary>
    public async Task<int> ExecuteAllAsync(IEnumerable<SqlText> statements, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(transaction.Connection, transaction);
        foreach (var statement in statements)
        {
            batch.BatchCommands.Add(statement.ToBatchCommand());
        }

        return await batch.ExecuteNonQueryAsync(ct);
    }

    /// <summary>
    /// Runs queries in one round trip, each with what is to be done with every row of it. Each has a snapshot of its own: what one has
    /// waited for, the next sees.
    /// </summary>
    public async Task ReadAllAsync(IReadOnlyList<(SqlText Query, Action<NpgsqlDataReader> Row)> queries, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(transaction.Connection, transaction);
        foreach (var (query, _) in queries)
        {
            batch.BatchCommands.Add(query.ToBatchCommand());
        }

        await using var reader = await batch.ExecuteReaderAsync(ct);
        foreach (var (_, row) in queries)
        {
            while (await reader.ReadAsync(ct))
            {
                row(reader);
            }

            await reader.NextResultAsync(ct);
        }
    }

    /// <summary>
    /// The last statement of the transaction: it and the commit are one round trip. Nothing may run in the transaction afterwards. It is not
    /// cancelled half-way: a caller that leaves now must not leave the outcome unknown.
    /// </summary>
    public async Task ExecuteAndCommitAsync(SqlText sql)
    {
        await using var batch = new NpgsqlBatch(transaction.Connection, transaction)
        {
            BatchCommands = { sql.ToBatchCommand(), new("commit") },
        };
        await batch.ExecuteNonQueryAsync(CancellationToken.None);
        IsCommitted = true;
    }

    /// <summary>
    /// Columns of a select. From then on until the transaction ends rows are found by their keys, by plans that are made once: what statistics
    /// say of a table that has just been filled leads to other joins, and planning for each array anew takes longer than to run the plan.
    /// </summary>
    public static SqlText FindByKeys => $"""
        set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_hashjoin', 'off', true),
        set_config('enable_mergejoin', 'off', true)
        """;

    /// <summary>Locks things of a kind until the transaction ends, in an order that everybody keeps.</summary>
    public static SqlText Lock(string kind, IEnumerable<string> ids)
    {
        string[] all = [.. ids.Distinct().Order(StringComparer.Ordinal)];
        return $"select pg_advisory_xact_lock(hashtextextended({kind} || ' ' || i.id, 0)) from unnest({all}) as i (id)";
    }

    internal async Task CommittedAsync()
    {
        foreach (var action in afterCommit ?? [])
        {
            await action();
        }
    }
}
