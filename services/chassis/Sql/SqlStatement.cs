using System.Runtime.CompilerServices;
using Npgsql;

namespace DirectorySync.Chassis.Sql;

/// <summary>A statement about to run, on a connection of its own (autocommit) or inside a transaction.</summary>
public readonly struct SqlStatement
{
    private readonly NpgsqlDataSource? source;
    private readonly Transaction? transaction;
    private readonly SqlText sql;

    internal SqlStatement(NpgsqlDataSource source, SqlText sql) => (this.source, this.sql) = (source, sql);

    internal SqlStatement(Transaction transaction, SqlText sql) => (this.transaction, this.sql) = (transaction, sql);

    /// <summary>Runs it and answers the number of rows touched.</summary>
    public async Task<int> ExecuteAsync(CancellationToken ct)
    {
        await using var command = await OpenAsync(ct);
        return await command.Command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>The first row, or default (null) if there is none.</summary>
    public async Task<T?> FindAsync<T>(Func<NpgsqlDataReader, T> read, CancellationToken ct)
    {
        await using var command = await OpenAsync(ct);
        await using var reader = await command.Command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? read(reader) : default;
    }

    /// <summary>The only row. A statement that has none is a fault of the program.</summary>
    public async Task<T> SingleAsync<T>(Func<NpgsqlDataReader, T> read, CancellationToken ct)
    {
        await using var command = await OpenAsync(ct);
        await using var reader = await command.Command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? read(reader) : throw new InvalidOperationException("The statement returned no row.");
    }

    /// <summary>All rows. Only for statements that limit their number.</summary>
    public async Task<List<T>> ListAsync<T>(Func<NpgsqlDataReader, T> read, CancellationToken ct)
    {
        var rows = new List<T>();
        await using var command = await OpenAsync(ct);
        await using var reader = await command.Command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    /// <summary>Rows one by one, as they arrive.</summary>
    public async IAsyncEnumerable<T> StreamAsync<T>(Func<NpgsqlDataReader, T> read, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var command = await OpenAsync(ct);
        await using var reader = await command.Command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            yield return read(reader);
        }
    }

    private async ValueTask<OpenCommand> OpenAsync(CancellationToken ct)
    {
        if (transaction is not null)
        {
            return new(null, await transaction.OpenAsync(sql, ct));
        }

        var connection = await source!.OpenConnectionAsync(ct);
        return new(connection, sql.ToCommand(connection, null));
    }

    private readonly struct OpenCommand(NpgsqlConnection? connection, NpgsqlCommand command) : IAsyncDisposable
    {
        public NpgsqlCommand Command => command;

        public async ValueTask DisposeAsync()
        {
            await command.DisposeAsync();
            if (connection is not null)
            {
                await connection.DisposeAsync();
            }
        }
    }
}
