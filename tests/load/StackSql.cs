using DirectorySync.Kit;
using Npgsql;

namespace DirectorySync.Load;

/// <summary>What services have in their databases, and what benchmarks put there.</summary>
internal static class StackSql
{
    /// <summary>Runs SQL in a service's own database, however long it takes, and answers the first row.</summary>
    public static async Task<T> QueryAsync<T>(
        this Stack stack, string service, string sql, Func<NpgsqlDataReader, T> read, params object[] parameters) =>
        await stack.ListAsync(service, sql, read, parameters) is [var first, ..]
            ? first
            : throw new InvalidOperationException("The statement returned no row.");

    /// <summary>The same with all rows.</summary>
    public static async Task<List<T>> ListAsync<T>(
        this Stack stack, string service, string sql, Func<NpgsqlDataReader, T> read, params object[] parameters)
    {
        await using var source = NpgsqlDataSource.Create(stack.AdminConnectionString(service));
        await using var command = source.CreateCommand(sql);
        command.CommandTimeout = 0;
        foreach (var parameter in parameters)
        {
            command.Parameters.AddWithValue(parameter);
        }

        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync())
        {
            rows.Add(read(reader));
        }

        return rows;
    }
}
