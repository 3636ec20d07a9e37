using Npgsql;

namespace DirectorySync.Kit;

/// <summary>Looks for words in all that a database holds: every column of text, bytes or JSON of every table.</summary>
public static class DatabaseSearch
{
    /// <summary>The columns ("table.column") in which one of the words is, whatever its case.</summary>
    public static async Task<List<string>> FindAsync(string connectionString, params string[] words)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        var columns = await ReadAsync(connection, """
            select c.relname, a.attname, a.atttypid = 'bytea'::regtype
            from pg_class c
            join pg_namespace n on n.oid = c.relnamespace and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where c.relkind = 'r' and a.atttypid in ('text'::regtype, 'bytea'::regtype, 'jsonb'::regtype, 'text[]'::regtype, 'varchar'::regtype)
            order by 1, 2
            """, row => (Table: row.GetString(0), Column: row.GetString(1), IsBytes: row.GetBoolean(2)));
        var found = new List<string>();
        foreach (var (table, column, isBytes) in columns)
        {
            // Bytes as one character each: what is ASCII in them reads as it is.
            var text = isBytes ? $"encode(\"{column}\", 'escape')" : $"\"{column}\"::text";
            var hits = await ReadAsync(
                connection, $"select 1 from \"{table}\" t, unnest($1::text[]) w (word) where strpos(lower({text}), lower(w.word)) > 0 limit 1",
                _ => true, words);
            if (hits.Count > 0)
            {
                found.Add($"{table}.{column}");
            }
        }

        return found;
    }

    private static async Task<List<T>> ReadAsync<T>(
        NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, params string[] words)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        if (words.Length > 0)
        {
            command.Parameters.Add(new() { Value = words });
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
