using System.Diagnostics;
using System.Globalization;
using System.Text;
using DirectorySync.Kit;
using Npgsql;
using Xunit.Abstractions;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>A group of 100,000, and what it costs.</summary>
[Collection(SharedSystem.Name)]
public sealed class LargeGroupTests(SharedSystem system, ITestOutputHelper output)
{
    private const int Size = 100_000;
    private const long MemoryLimitMiB = 200;

    [Fact]
    public async Task A_PUT_of_100_000_members_succeeds_in_bounded_memory_writes_differences_only_and_lists_without_members_read_none()
    {
        var directory = await system.CreateDirectoryAsync();
        var users = await SeedUsersAsync(directory.Id, Size + 1);
        var group = await directory.Scim().CreateGroupAsync("Everybody");
        ProcessMemory[] memories =
        [
            .. new[] { "gateway", "group-membership", "identity" }
                .Select(name => new ProcessMemory(name, system.Stack.ProcessId(name))),
        ];

        // No feed has told of these users yet: identity is asked.
        var put = await TimeAsync("PUT", () => directory.Scim().PutAsync("/Groups/" + group, Body(users[..Size])));
        Assert.Equal(group, put.Expect(200).Id);
        Assert.All(memories, memory =>
        {
            output.WriteLine($"{memory.Name}: {memory.StartMiB} MiB, {memory.GrowthMiB} MiB more at its peak");
            Assert.True(memory.GrowthMiB < MemoryLimitMiB, $"{memory.Name} grew by {memory.GrowthMiB} MiB.");
        });
        var read = await TimeAsync("GET", () => directory.Scim(1).GetAsync("/Groups/" + group));
        Assert.Equal(users[..Size].Order(StringComparer.Ordinal), read.Expect(200).Members.Order(StringComparer.Ordinal));
        var rows = await RowsAsync(directory.Id);

        var again = await TimeAsync("the same PUT", () => directory.Scim().PutAsync("/Groups/" + group, Body(users[..Size])));
        Assert.Equal(read.Version, again.Expect(200).Version);
        Assert.Equal(rows, await RowsAsync(directory.Id));

        var moved = await TimeAsync("a PUT that moves one", () => directory.Scim().PutAsync("/Groups/" + group, Body(users[1..])));
        Assert.NotEqual(read.Version, moved.Expect(200).Version);
        var after = await RowsAsync(directory.Id);
        Assert.Equal([users[^1]], after.Except(rows).Select(row => row.Member));
        Assert.Equal([users[0]], rows.Except(after).Select(row => row.Member));

        await AssertListsReadNoMembersAsync(directory, group);
    }

    [Fact]
    public async Task A_user_created_a_moment_ago_is_a_member_at_once_at_every_gateway()
    {
        var directory = await system.CreateDirectoryAsync();
        var group = await directory.Scim().CreateGroupAsync("Newcomers");
        var members = new List<string>();
        for (var n = 0; n < 40; n++)
        {
            members.Add(await directory.Scim(n % 2).CreateUserAsync($"new{n}@example.com"));
            (await directory.Scim((n + 1) % 2).PatchAsync("/Groups/" + group, ScimBodies.Add(members[^1]))).Expect(200, 204);
            Assert.Equal(members.Order(), (await directory.Scim(n % 2).GetAsync("/Groups/" + group)).Expect(200).Members.Order());
        }

        var posted = await directory.Scim(1).CreateGroupAsync("At birth", await directory.Scim().CreateUserAsync("at.birth@example.com"));
        Assert.Single((await directory.Scim().GetAsync("/Groups/" + posted)).Expect(200).Members);
    }

    private async Task AssertListsReadNoMembersAsync(TestDirectory directory, string group)
    {
        string[] lists =
        [
            "/Groups?excludedAttributes=members", "/Groups?excludedAttributes=members&filter=displayName%20eq%20%22Everybody%22",
            "/Groups?attributes=displayName", $"/Groups/{group}?excludedAttributes=members",
        ];

        // A session reports what it read about once a second, all tables at once: when the groups' reads show, the members' would.
        var before = await StartCountingAsync();
        await Eventually.True(async () =>
        {
            foreach (var list in lists)
            {
                var answer = (await directory.Scim().GetAsync(list)).Expect(200);
                Assert.DoesNotContain("members", answer.Text, StringComparison.Ordinal);
            }

            return await ReadsOfAsync("groups") > before.Groups;
        }, TimeSpan.FromSeconds(20), "the reads of groups are reported");

        Assert.Equal(before.Members, await ReadsOfAsync("group_members"));
    }

    /// <summary>Sessions report what they read when they end at the latest: all of them end. (Autovacuum and the tests themselves come and go.)</summary>
    private async Task<(long Groups, long Members)> StartCountingAsync()
    {
        await Task.WhenAll(system.Stack.StopAsync("group-membership"), system.Stack.StopAsync("group-membership", 1));
        try
        {
            await Eventually.True(async () => await ScalarAsync("""
                select count(*) from pg_stat_activity
                where datname = current_database() and usename <> current_user and backend_type = 'client backend'
                """) == 0);
            return (await ReadsOfAsync("groups"), await ReadsOfAsync("group_members"));
        }
        finally
        {
            await Task.WhenAll(system.Stack.StartAgainAsync("group-membership"), system.Stack.StartAgainAsync("group-membership", 1));
        }
    }

    private async Task<GatewayAnswer> TimeAsync(string what, Func<Task<GatewayAnswer>> send)
    {
        var started = Stopwatch.GetTimestamp();
        var answer = await send();
        output.WriteLine($"{what}: {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s");
        return answer;
    }

    /// <summary>Users by SQL: over SCIM they would take minutes, and no feed may have told of them.</summary>
    private async Task<string[]> SeedUsersAsync(string directoryId, int count)
    {
        await using var connection = await OpenAsync("identity");
        await using var command = new NpgsqlCommand("""
            insert into users (directory_id, id, user_name_key, active, version, create_time, update_time, data, doc)
            select $1, gen_random_uuid()::text, 'seeded' || n || '@example.com', true, 1, now(), now(), '', '{}'
            from generate_series(1, $2) n
            returning id
            """, connection) { CommandTimeout = 60 };
        command.Parameters.Add(new() { Value = directoryId });
        command.Parameters.Add(new() { Value = count });
        await using var reader = await command.ExecuteReaderAsync();
        var ids = new List<string>(count);
        while (await reader.ReadAsync())
        {
            ids.Add(reader.GetString(0));
        }

        return [.. ids];
    }

    /// <summary>The edges, each with the transaction that wrote it.</summary>
    private async Task<HashSet<(string Member, string Writer)>> RowsAsync(string directoryId)
    {
        await using var connection = await OpenAsync("group-membership");
        await using var command = new NpgsqlCommand("select member_id, xmin::text from group_members where directory_id = $1", connection);
        command.Parameters.Add(new() { Value = directoryId });
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new HashSet<(string, string)>();
        while (await reader.ReadAsync())
        {
            rows.Add((reader.GetString(0), reader.GetString(1)));
        }

        Assert.Equal(Size, rows.Count);
        return rows;
    }

    private Task<long> ReadsOfAsync(string table) => ScalarAsync(
        "select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) + coalesce(seq_scan, 0) + coalesce(idx_scan, 0) "
        + $"from pg_stat_user_tables where relname = '{table}'");

    private async Task<long> ScalarAsync(string sql)
    {
        await using var connection = await OpenAsync("group-membership");
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task<NpgsqlConnection> OpenAsync(string service)
    {
        var connection = new NpgsqlConnection(system.Stack.AdminConnectionString(service) + ";Pooling=false");
        await connection.OpenAsync();
        return connection;
    }

    private static string Body(IEnumerable<string> members)
    {
        var body = new StringBuilder("""{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Everybody","members":[""");
        var separator = "";
        foreach (var member in members)
        {
            body.Append(CultureInfo.InvariantCulture, $$"""{{separator}}{"value":"{{member}}","display":"{{member}}@abc"}""");
            separator = ",";
        }

        return body.Append("]}").ToString();
    }
}
