using Npgsql;

namespace DirectorySync.Chassis.Sql;

/// <summary>An open transaction. It commits when the work that got it ends well.</summary>
public sealed class Transaction
{
    private readonly NpgsqlTransaction transaction;

    private readonly List<SqlText> later = [];

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
    public SqlStatement Sql(SqlText sql) => new(this, sql);

    /// <summary>
    /// A statement that returns no rows, and whose outcome nobody asks for: it goes along with the next round trip, at the latest with the
    /// commit. So does its failure.
    /// </summary>
    public void ExecuteLater(SqlText sql) => later.Add(sql);

    /// <summary>Runs several statements in one round trip and answers the number of rows touched by all.</summary>
    public async Task<int> ExecuteAllAsync(IEnumerable<SqlText> statements, CancellationToken ct)
    {
        await using var batch = NewBatch(out var earlier);
        Add(batch, statements);
        await batch.ExecuteNonQueryAsync(ct);
        return batch.BatchCommands.Cast<NpgsqlBatchCommand>().Skip(earlier).Sum(command => Math.Max(0, command.RecordsAffected));
    }

    /// <summary>
    /// Runs queries in one round trip, each with what is to be done with every row of it. Each has a snapshot of its own: what one has
    /// waited for, the next sees.
    /// </summary>
    public async Task ReadAllAsync(IReadOnlyList<(SqlText Query, Action<NpgsqlDataReader> Row)> queries, CancellationToken ct)
    {
        // Statements for later have no place among the results: they return no rows.
        await using var batch = NewBatch(out _);
        Add(batch, queries.Select(query => query.Query));
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
    public Task ExecuteAndCommitAsync(SqlText sql)
    {
        ExecuteLater(sql);
        return CommitAsync();
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

    /// <summary>Work that may fail without the transaction: then nothing of it is left, and the answer says why. Null: it is done.</summary>
    internal async Task<Exception?> TryAsync(Func<Task> work, Func<Exception, bool> mayFail, CancellationToken ct)
    {
        await Sql($"savepoint attempt").ExecuteAsync(ct);
        var actions = afterCommit?.Count ?? 0;
        try
        {
            await work();
            await FlushAsync(ct);
        }
        catch (Exception e) when (mayFail(e))
        {
            later.Clear();
            afterCommit?.RemoveRange(actions, afterCommit.Count - actions);
            await Sql($"rollback to savepoint attempt").ExecuteAsync(ct);
            return e;
        }

        await Sql($"release savepoint attempt").ExecuteAsync(ct);
        return null;
    }

    /// <summary>Commits, with what was to be executed later.</summary>
    internal async Task CommitAsync()
    {
        if (later.Count == 0)
        {
            await transaction.CommitAsync(CancellationToken.None);
            IsCommitted = true;
            return;
        }

        await using var batch = NewBatch(out _);
        batch.BatchCommands.Add(new("commit"));
        await batch.ExecuteNonQueryAsync(CancellationToken.None);
        IsCommitted = true;
    }

    /// <summary>A command of its own, before which nothing waits any more.</summary>
    internal async ValueTask<NpgsqlCommand> OpenAsync(SqlText sql, CancellationToken ct)
    {
        await FlushAsync(ct);
        return sql.ToCommand(transaction.Connection!, transaction);
    }

    /// <summary>Executes now what was to be executed later.</summary>
    internal Task FlushAsync(CancellationToken ct) => later.Count == 0 ? Task.CompletedTask : ExecuteAllAsync([], ct);

    internal async Task CommittedAsync()
    {
        foreach (var action in afterCommit ?? [])
        {
            await action();
        }
    }

    private NpgsqlBatch NewBatch(out int earlier)
    {
        var batch = new NpgsqlBatch(transaction.Connection, transaction);
        Add(batch, later);
        earlier = later.Count;
        later.Clear();
        return batch;
    }

    private static void Add(NpgsqlBatch batch, IEnumerable<SqlText> statements)
    {
        foreach (var statement in statements)
        {
            batch.BatchCommands.Add(statement.ToBatchCommand());
        }
    }
}
