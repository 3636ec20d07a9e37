using Npgsql;

namespace DirectorySync.Chassis.Sql;

/// <summary>An open transaction. It commits when the work that got it ends well.</summary>
public sealed class Transaction
{
    private readonly NpgsqlTransaction transaction;

    private List<Func<Task>>? afterCommit;

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

    internal async Task CommittedAsync()
    {
        foreach (var action in afterCommit ?? [])
        {
            await action();
        }
    }
}
