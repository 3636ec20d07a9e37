using System.Diagnostics;
using DirectorySync.Identity.V1;
using DirectorySync.Kit;
using DirectorySync.Local;
using Npgsql;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>Doors close at once and everywhere: tokens, users, directories.</summary>
[Collection(SharedSystem.Name)]
public sealed class CredentialTests(SharedSystem system)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_revoked_token_is_refused_by_every_gateway_within_a_second_whatever_Redis_does(bool redisRuns)
    {
        var directory = await system.CreateDirectoryAsync();
        var second = await system.Credentials
            .CreateScimTokenAsync(new() { DirectoryId = directory.Id, Name = "The other" });
        if (!redisRuns)
        {
            await system.Stack.StopRedisAsync();
        }

        try
        {
            await BothAnswerAsync(directory.Scim, 200);
            var revoked = await new CredentialService.CredentialServiceClient(system.Channel()).RevokeScimTokenAsync(
                new() { DirectoryId = directory.Id, Id = directory.TokenId }, system.Headers());
            var since = Stopwatch.GetTimestamp();
            Assert.NotNull(revoked.ScimToken.RevokeTime);

            // Asked all the time, so that an answer is always remembered. What counts is when a request began.
            var lastAccepted = TimeSpan.Zero;
            await Eventually.True(async () =>
            {
                var begun = Stopwatch.GetElapsedTime(since);
                var answers = await Task.WhenAll(directory.Scim().GetAsync("/Users"), directory.Scim(1).GetAsync("/Users"));
                if (answers.All(answer => answer.Status == 401))
                {
                    return true;
                }

                lastAccepted = begun;
                return false;
            });

            Assert.True(lastAccepted < TimeSpan.FromSeconds(1), $"Accepted {lastAccepted.TotalMilliseconds} ms after it was revoked.");
            await BothAnswerAsync(gateway => directory.Scim(second.Secret, gateway), 200);
        }
        finally
        {
            await system.Stack.StartRedisAsync();
        }
    }

    [Fact]
    public async Task A_directory_has_its_rate_once_however_many_gateways_it_comes_through()
    {
        var directory = await system.CreateDirectoryAsync(adjust: policies => (policies.RateLimit, policies.RateLimitBurst) = (20, 40));
        var (since, seconds, accepted) = (Stopwatch.GetTimestamp(), 6, 0);
        await Task.WhenAll(new[] { 0, 1 }.Select(async gateway =>
        {
            while (Stopwatch.GetElapsedTime(since).TotalSeconds < seconds)
            {
                var answer = await directory.Scim(gateway).GetAsync("/ServiceProviderConfig");
                Assert.True(answer.Status is 200 or 429, answer.Text);
                Interlocked.Add(ref accepted, answer.Status == 200 ? 1 : 0);
                await Task.Delay(5);
            }
        }));

        // Once: 40 and 20 a second, 160; at each of them: 320. Until they have heard of each other, both have had a burst.
        Assert.InRange(accepted, 100, 240);
    }

    [Fact]
    public async Task A_deleted_user_is_gone_from_its_groups_at_once()
    {
        var directory = await system.CreateDirectoryAsync();
        for (var n = 0; n < 10; n++)
        {
            var users = await Task.WhenAll(
                directory.Scim().CreateUserAsync($"leaver{n}@example.com"), directory.Scim(1).CreateUserAsync($"stayer{n}@example.com"));
            var group = await directory.Scim(1).CreateGroupAsync($"Group {n}", users);
            Assert.Equal(users.Order(), (await directory.Scim().GetAsync("/Groups/" + group)).Expect(200).Members.Order());

            (await directory.Scim().DeleteAsync("/Users/" + users[0])).Expect(204);

            Assert.Equal([users[1]], (await directory.Scim(1).GetAsync("/Groups/" + group)).Expect(200).Members);
            (await directory.Scim(1).GetAsync("/Users/" + users[0])).ExpectError(404);
        }
    }

    [Fact]
    public async Task A_disabled_directory_answers_403_with_a_reason_and_keeps_everybody()
    {
        var directory = await system.CreateDirectoryAsync();
        var user = await directory.Scim().CreateUserAsync("keeper@example.com");
        await ChangeStateAsync(directory, DirectoryState.Disabled);

        await Eventually.True(async () => (await directory.Scim().GetAsync("/Users")).Status == 403, TimeSpan.FromSeconds(2));
        await Eventually.True(async () => (await directory.Scim(1).GetAsync("/Users")).Status == 403, TimeSpan.FromSeconds(2));
        (await directory.Scim().PatchAsync("/Users/" + user, ScimBodies.Active(false))).ExpectError(403);
        (await directory.Scim().DeleteAsync("/Users/" + user)).ExpectError(403);

        await ChangeStateAsync(directory, DirectoryState.Active);
        await Eventually.True(async () => (await directory.Scim().GetAsync("/Users/" + user)).Status == 200, TimeSpan.FromSeconds(2));
        Assert.True((bool)(await directory.Scim().GetAsync("/Users/" + user)).Body["active"]!);
    }

    [Fact]
    public async Task A_deleted_directory_is_closed_at_once_and_then_nothing_of_it_is_left()
    {
        var directory = await system.CreateDirectoryAsync();
        var users = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => directory.Scim().CreateUserAsync($"user{n}@example.com")));
        await directory.Scim().CreateGroupAsync("Doomed", users);
        await directory.Scim().CreateGroupAsync("Doomed too", Guid.CreateVersion7().ToString());

        await new DirectoryService.DirectoryServiceClient(system.Channel())
            .DeleteDirectoryAsync(new() { Id = directory.Id }, system.Headers());

        await Eventually.True(async () => (await directory.Scim().GetAsync("/Users")).Status == 401, TimeSpan.FromSeconds(1.2));
        await Eventually.True(async () => (await directory.Scim(1).GetAsync("/Users")).Status == 401, TimeSpan.FromSeconds(1.2));
        foreach (var service in Service.All)
        {
            await Eventually.Get(
                () => RowsOfAsync(system.Stack.AdminConnectionString(service.Name), directory.Id),
                rows => rows.Length == 0,
                TimeSpan.FromSeconds(30),
                $"{service.Name} forgets the directory");
        }
    }

    private async Task ChangeStateAsync(TestDirectory directory, DirectoryState state) =>
        await new DirectoryService.DirectoryServiceClient(system.Channel()).UpdateDirectoryAsync(
            new() { Directory = new() { Id = directory.Id, State = state }, UpdateMask = { "state" } }, system.Headers());

    private static async Task BothAnswerAsync(Func<int, DirectoryClient> scim, int status)
    {
        (await scim(0).GetAsync("/Users")).Expect(status);
        (await scim(1).GetAsync("/Users")).Expect(status);
    }

    /// <summary>
    /// Tables with rows of the directory, aside from what must outlive it: its changes, its addresses, that it is closed, what is still to be erased
    /// from the log of its events, that log with its deliveries, which applications read to its end, and what administrators did to it.
    /// </summary>
    private static async Task<string> RowsOfAsync(string connectionString, string directoryId)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        var tables = new List<string>();
        await using (var list = new NpgsqlCommand("""
            select table_name from information_schema.columns where table_schema = 'public' and column_name = 'directory_id'
              and table_name not in ('changes', 'directory_endpoints', 'closed_directories', 'erasures', 'events', 'webhook_lanes',
                                   'delivery_attempts', 'dead_letters', 'audit_log')
              and table_name not like 'events_week_%'
            """, connection))
        await using (var reader = await list.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                tables.Add(reader.GetString(0));
            }
        }

        var found = new List<string>();
        foreach (var table in tables)
        {
            // Where attribute-mapping and events remember that a directory is closed.
            var remains = table switch
            {
                "directory_mappings" => " and not (closed and purge_time is not null and mapping_version = 0)",
                "directories" => " and not coalesce((to_jsonb(t) ->> 'ended')::boolean and to_jsonb(t) ->> 'purge_time' is not null, false)",
                _ => "",
            };
            await using var count = new NpgsqlCommand($"select count(*) from {table} t where directory_id = $1{remains}", connection);
            count.Parameters.Add(new() { Value = directoryId });
            if ((long)(await count.ExecuteScalarAsync())! is > 0 and var rows)
            {
                found.Add($"{table}: {rows}");
            }
        }

        Assert.NotEmpty(tables);
        return string.Join(", ", found);
    }
}
