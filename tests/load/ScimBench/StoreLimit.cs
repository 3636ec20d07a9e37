using System.Globalization;
using System.Text.RegularExpressions;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Kit;
using DirectorySync.Local;
using Npgsql;

namespace DirectorySync.Load.ScimBench;

/// <summary>
/// Limit B: pgbench writes the rows that a request writes, into the same tables with the same indexes, in one transaction. The values are
/// those of rows that requests have written, in a directory of their own, so that no request meets them.
/// </summary>
internal sealed partial class StoreLimit(Stack stack, string written, string groupId, string directoryId)
{
    private const string NewId = "'b' || gen_random_uuid()";

    /// <summary>Of a Membership with ids of ours and a display name.</summary>
    private const int MembershipBytes = 180;

    /// <summary>Copies what requests have written: users and one group.</summary>
    public async Task CopyAsync()
    {
        foreach (var (service, table) in new[]
        {
            ("identity", "users"), ("identity", "user_emails"), ("identity", "user_counts"),
            ("group-membership", "groups"), ("group-membership", "group_members"), ("group-membership", "group_slots"),
        })
        {
            var columns = await ColumnsAsync(service, table);
            var values = columns.Select(column => column == "directory_id" ? $"'{directoryId}'" : column);
            await ExecuteAsync(service, $"""
                insert into {table} ({string.Join(", ", columns)})
                select {string.Join(", ", values)} from {table} where directory_id = '{written}'
                """);
        }
    }

    /// <summary>Transactions a second of a POST of a user.</summary>
    public async Task<double> PostAsync(int connections)
    {
        var user = await AnyUserAsync();
        var statements = new List<string>
        {
            $"select {NewId} as id \\gset",
            "begin;",
            await InsertAsync("identity", "users", $"id = '{user}'", new()
            {
                ["id"] = ":id", ["user_name_key"] = ":id", ["request_id"] = ":id",
            }),
            await InsertAsync("identity", "user_emails", $"user_id = '{user}'", new() { ["value_key"] = ":id", ["user_id"] = ":id" }),
            $"insert into user_counts (directory_id, active, inactive) values ('{directoryId}', 1, 0);",
            Change(User.Descriptor.FullName, ":id", await ValueAsync("identity", "users", "data", $"id = '{user}'")),
            "commit;",
        };
        return await RunAsync("identity", statements, connections);
    }

    /// <summary>Transactions a second of a PATCH that deactivates or activates.</summary>
    public async Task<double> PatchAsync(int connections)
    {
        var user = await AnyUserAsync();
        return await RunAsync("identity",
        [
            "\\set n random(1, 10000)",
            $"""
            select id, (not active)::text as next from users
            where directory_id = '{directoryId}' and user_name_key = 'bench.user' || :n || '@example.com' \gset
            """.ReplaceLineEndings(" "),
            "begin;",
            $"""
            update users set active = :next::boolean, version = version + 1, update_time = now(),
              data = {await ValueAsync("identity", "users", "data", $"id = '{user}'")}, doc = {await ValueAsync("identity", "users", "doc", $"id = '{user}'")}
            where directory_id = '{directoryId}' and id = :id;
            """.ReplaceLineEndings(" "),
            $"update user_emails set active = :next::boolean where directory_id = '{directoryId}' and user_id = :id;",
            $"insert into user_counts (directory_id, active, inactive) values ('{directoryId}', 1, -1);",
            Change(User.Descriptor.FullName, ":id", await ValueAsync("identity", "users", "data", $"id = '{user}'")),
            "commit;",
        ], connections);
    }

    /// <summary>Transactions a second of a PATCH that adds a member.</summary>
    public async Task<double> AddMemberAsync(int connections)
    {
        const string service = "group-membership";
        var anyEdge = $"group_id = '{groupId}'";
        await ExecuteAsync(service, $"""
            insert into group_slots (directory_id, group_id, slot, version, last_modified)
            select '{directoryId}', '{groupId}', slot, 0, now() from generate_series(0, 31) slot on conflict do nothing
            """);
        return await RunAsync(service,
        [
            $"select {NewId} as id, pg_backend_pid() % 32 as slot \\gset",
            "begin;",
            await InsertAsync(service, "group_members", anyEdge, new() { ["member_id"] = ":id" }),
            Change(Membership.Descriptor.FullName, $"'{groupId}/' || :id", $"'\\x{new string('a', 2 * MembershipBytes)}'"),
            $"""
            update group_slots set version = version + 1, last_modified = now()
            where directory_id = '{directoryId}' and group_id = '{groupId}' and slot = :slot;
            """.ReplaceLineEndings(" "),
            "commit;",
        ], connections);
    }

    private async Task<string> AnyUserAsync() => (await RowsAsync(
        "identity", $"select id from users where directory_id = '{directoryId}' and user_name_key like 'bench.user%' limit 1"))[0][0]!;

    // An insert of a copy of a row, with some columns otherwise.
    private async Task<string> InsertAsync(string service, string table, string where, Dictionary<string, string> changed)
    {
        var columns = await ColumnsAsync(service, table);
        var row = (await RowsAsync(service, $"""
            select {string.Join(", ", columns.Select(column => $"quote_nullable({column}::text)"))}
            from {table} where directory_id = '{directoryId}' and {where} limit 1
            """))[0];
        return $"insert into {table} ({string.Join(", ", columns)}) "
            + $"values ({string.Join(", ", columns.Select((column, i) => changed.GetValueOrDefault(column) ?? Literal(row[i]!)))});";
    }

    private async Task<List<string>> ColumnsAsync(string service, string table) => [.. (await RowsAsync(service, $"""
        select column_name from information_schema.columns
        where table_name = '{table}' and is_identity = 'NO' and is_generated = 'NEVER' and column_name <> 'xid' order by ordinal_position
        """)).Select(row => row[0]!)];

    private string Change(string type, string id, string resource) =>
        "insert into changes (directory_id, resource_type, resource_id, version, resource) "
        + $"values ('{directoryId}', '{type}', {id}, 2, {resource});";

    private async Task<string> ValueAsync(string service, string table, string column, string where) => Literal((await RowsAsync(
        service, $"select quote_literal({column}::text) from {table} where directory_id = '{directoryId}' and {where}"))[0][0]!);

    // pgbench takes a colon and a name for a variable, even inside a literal.
    private static string Literal(string quoted) => quoted == "NULL" || !quoted.Contains(':', StringComparison.Ordinal)
        ? quoted
        : (quoted[0] == 'E' ? "" : "E") + quoted.Replace(":", "\\x3a", StringComparison.Ordinal);

    private async Task<double> RunAsync(string service, IEnumerable<string> statements, int connections)
    {
        var settings = new NpgsqlConnectionStringBuilder(stack.AdminConnectionString(service));
        var script = Path.GetTempFileName();
        try
        {
            await File.WriteAllLinesAsync(script, statements);
            var programs = (await PostgresPrograms.ListAsync(CancellationToken.None))[0];
            var output = await Command.RunAsync(
                programs.Program("pgbench"),
                [
                    "-h", settings.Host!, "-p", $"{settings.Port}", "-U", settings.Username!, "-n", "-M", "prepared",
                    "-c", $"{connections}", "-j", "1", "-T", "5", "-f", script, settings.Database!,
                ],
                environment: new Dictionary<string, string> { ["PGPASSWORD"] = settings.Password! });
            return double.Parse(Tps().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
        }
        finally
        {
            File.Delete(script);
        }
    }

    private async Task ExecuteAsync(string service, string sql)
    {
        await using var source = NpgsqlDataSource.Create(stack.AdminConnectionString(service));
        await source.CreateCommand(sql).ExecuteNonQueryAsync();
    }

    private async Task<List<string?[]>> RowsAsync(string service, string sql)
    {
        await using var source = NpgsqlDataSource.Create(stack.AdminConnectionString(service));
        await using var reader = await source.CreateCommand(sql).ExecuteReaderAsync();
        var rows = new List<string?[]>();
        while (await reader.ReadAsync())
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetString(i))]);
        }

        return rows;
    }

    [GeneratedRegex(@"tps = ([\d.]+)")]
    private static partial Regex Tps();
}
