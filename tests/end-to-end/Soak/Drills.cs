using System.Diagnostics;
using DirectorySync.Kit;
using Npgsql;

namespace DirectorySync.EndToEnd.Tests.Soak;

/// <summary>What happens to an installation sooner or later, each done to a running one.</summary>
internal static class Drills
{
    private static readonly string[] Services = ["identity", "group-membership", "attribute-mapping", "roles", "events"];

    /// <summary>By the name that the command line gives.</summary>
    public static IReadOnlyDictionary<string, Func<Action<string>, Task>> All { get; } = new Dictionary<string, Func<Action<string>, Task>>
    {
        ["backup"] = RestoreABackupAsync,
        ["failover"] = FailOverAsync,
        ["pool"] = ExhaustThePoolAsync,
        ["day"] = StopAConsumerForADayAsync,
        ["redis"] = FailRedisOverAsync,
        ["disk"] = FillTheDiskAsync,
    };

    /// <summary>All databases come back from dumps, that of roles from an older one; consumers go on, and reconciliation heals what differs.</summary>
    private static async Task RestoreABackupAsync(Action<string> say)
    {
        await using var system = await StartAsync();
        var directory = await system.CreateDirectoryAsync();
        var scim = directory.Scim();
        await CreateAsync(scim, "before", 20);
        await ToldAsync(system.Stack.AdminConnectionString("events"), directory, 20);
        var older = await system.Stack.DumpAsync("roles");
        await CreateAsync(scim, "between", 20);
        await ToldAsync(system.Stack.AdminConnectionString("events"), directory, 40);
        await using var cluster = await OwnPostgres.StartAsync();
        var restored = new Dictionary<string, string>();
        foreach (var service in Services)
        {
            restored[service] = await cluster.CreateDatabaseAsync("restored_" + service.Replace('-', '_'));
            await cluster.RestoreAsync(service == "roles" ? older : await system.Stack.DumpAsync(service), restored[service]);
        }

        await CreateAsync(scim, "lost", 5);
        await Task.WhenAll(Services.Select(service => system.Stack.KillAsync(service)));
        await Task.WhenAll(Services.Select(service => system.Stack.StartAgainAsync(
            service, changed: new Dictionary<string, string> { ["ConnectionStrings__Postgres"] = restored[service] })));
        await Eventually.True(
            async () => (await scim.GetAsync("/Users?count=1")) is { Status: 200, TotalResults: 40 }, TimeSpan.FromMinutes(1), "what was restored is served");
        await CreateAsync(scim, "after", 10);
        using var rest = new HttpClient { BaseAddress = new(system.Stack.GatewayUrl()) };
        rest.DefaultRequestHeaders.Authorization = new("Bearer", system.ApiKey);
        using var started = await rest.PostAsync(new Uri($"/directories/{directory.Id}/reconciliation", UriKind.Relative), null);
        Assert.True(started.IsSuccessStatusCode);
        await ToldAsync(restored["events"], directory, 50, TimeSpan.FromMinutes(3));
        say("backup: 5 databases restored into a new cluster, that of roles from an older dump; 50 of 50 users are told, new ones too");
    }

    /// <summary>A standby with streaming replication takes over while Okta writes; what was answered with 2xx is there.</summary>
    private static async Task FailOverAsync(Action<string> say)
    {
        await using var pair = await ReplicatedPostgres.StartAsync();
        await using var system = await StartAsync();
        foreach (var service in Services)
        {
            var database = await pair.CreateDatabaseAsync("failover_" + service.Replace('-', '_'));
            await system.Stack.StopAsync(service);
            await pair.RestoreAsync(await system.Stack.DumpAsync(service), database);
            await system.Stack.StartAgainAsync(service, changed: new Dictionary<string, string> { ["ConnectionStrings__Postgres"] = pair.Both(database) });
        }

        var directory = await system.CreateDirectoryAsync();
        var scim = directory.Scim();
        var accepted = new List<string>();
        var refused = 0;
        using var done = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            for (var i = 0; !done.IsCancellationRequested; i++)
            {
                var name = $"failover{i}@example.com";
                var answer = await scim.PostAsync("/Users", Body(name));
                if (answer.Status == 201)
                {
                    accepted.Add(name);
                }
                else
                {
                    refused++;
                    Assert.Contains(answer.Status, (int[])[409, 429]);
                }
            }
        });
        await Eventually.True(() => accepted.Count > 50, TimeSpan.FromMinutes(1), "writes go on");
        var started = Stopwatch.GetTimestamp();
        await pair.FailOverAsync();
        var before = accepted.Count;
        await Eventually.True(() => accepted.Count > before + 20, TimeSpan.FromMinutes(2), "writes go on at the standby");
        var outage = Stopwatch.GetElapsedTime(started);
        await done.CancelAsync();
        await writing;
        foreach (var name in accepted)
        {
            Assert.Equal(1, (await scim.FilterAsync("Users", $"userName eq \"{name}\"")).Expect(200).TotalResults);
        }

        say($"failover: {accepted.Count} users were accepted and are there; {refused} told to come again; 20 more within {outage.TotalSeconds:0.0} s");
    }

    /// <summary>All connections of identity's pool wait for a lock: clients are told to come again, and are served as soon as it is gone.</summary>
    private static async Task ExhaustThePoolAsync(Action<string> say)
    {
        await using var system = await StartAsync();
        var connection = new NpgsqlConnectionStringBuilder(system.Stack.ConnectionString("identity")) { MaxPoolSize = 3, Timeout = 2 }.ConnectionString;
        await system.Stack.StopAsync("identity");
        await system.Stack.StartAgainAsync("identity", changed: new Dictionary<string, string> { ["ConnectionStrings__Postgres"] = connection });
        var directory = await system.CreateDirectoryAsync();
        var scim = directory.Scim();
        await CreateAsync(scim, "before", 3);
        await using (var source = NpgsqlDataSource.Create(system.Stack.AdminConnectionString("identity")))
        await using (var session = await source.OpenConnectionAsync())
        await using (var transaction = await session.BeginTransactionAsync())
        {
            await using var command = new NpgsqlCommand("lock table users in access exclusive mode", session, transaction);
            await command.ExecuteNonQueryAsync();
            var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => scim.PostAsync("/Users", Body($"pool{i}@example.com"))));
            Assert.All(answers, answer => Assert.Equal(429, answer.Status));
            await transaction.RollbackAsync();
        }

        await Eventually.True(async () => (await scim.GetAsync("/Users?count=1")).Status == 200, TimeSpan.FromSeconds(30), "it is served again");
        await CreateAsync(scim, "after", 10);
        say("pool: 30 of 30 requests were told to come again (429), nothing collapsed, the next were served");
    }

    /// <summary>events is stopped while much is written, for a day as far as the feeds can tell; it goes on where it was.</summary>
    private static async Task StopAConsumerForADayAsync(Action<string> say)
    {
        await using var system = await StartAsync();
        var directory = await system.CreateDirectoryAsync();
        var scim = directory.Scim();
        await CreateAsync(scim, "before", 5);
        await ToldAsync(system.Stack.AdminConnectionString("events"), directory, 5);
        await system.Stack.StopAsync("events");
        await CreateAsync(scim, "meanwhile", 1000);
        foreach (var service in Services.Except(["events"]))
        {
            await ExecuteAsync(system, service, "update feed_consumers set seen_time = seen_time - interval '1 day'; update changes set create_time = create_time - interval '1 day'");
        }

        var started = Stopwatch.GetTimestamp();
        await system.Stack.StartAgainAsync("events");
        await ToldAsync(system.Stack.AdminConnectionString("events"), directory, 1005, TimeSpan.FromMinutes(3));
        Assert.DoesNotContain("has to be read from scratch", system.Stack.Log("events"), StringComparison.Ordinal);
        say($"day: 1,000 users of the day are told {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s after the start, from where the consumer was");
    }

    /// <summary>Redis is replaced by an empty one under load, as a failover does.</summary>
    private static async Task FailRedisOverAsync(Action<string> say)
    {
        await using var system = await StartAsync();
        var directory = await system.CreateDirectoryAsync();
        var scim = directory.Scim();
        var id = await scim.CreateUserAsync("redis@example.com");
        for (var round = 0; round < 3; round++)
        {
            await system.Stack.KillRedisAsync();
            for (var i = 0; i < 20; i++)
            {
                var name = $"name {round} {i}";
                (await scim.PatchAsync("/Users/" + id, $$"""{"op": "replace", "path": "displayName", "value": "{{name}}"}""")).Expect(200);
                Assert.Equal(name, (string)(await scim.GetAsync("/Users/" + id)).Expect(200).Body["displayName"]!);
            }

            await system.Stack.StartRedisAsync();
        }

        say("redis: 60 writes through 3 replacements, each read back at once");
    }

    /// <summary>The disk of PostgreSQL is full: clients are told to come again, reading goes on, and writing as soon as there is room.</summary>
    private static async Task FillTheDiskAsync(Action<string> say)
    {
        await using var disk = SmallDisk.TryMount(megabytes: 300);
        if (disk is null)
        {
            say("disk: not done: this account may not mount a file system of limited size");
            return;
        }

        await using var system = new TestSystem(new() { PostgresFolder = disk.Folder });
        await system.InitializeAsync();
        var directory = await system.CreateDirectoryAsync();
        var scim = directory.Scim();
        var id = await scim.CreateUserAsync("disk@example.com");
        disk.Fill();
        var refused = 0;
        for (var i = 0; i < 3000 && refused < 3; i++)
        {
            var answer = await scim.PostAsync("/Users", Body($"full{i}@example.com"));
            Assert.Contains(answer.Status, (int[])[201, 429]);
            refused += answer.Status == 429 ? 1 : 0;
        }

        Assert.True(refused >= 3, "The disk was not full.");
        disk.Free();
        await system.Stack.StartPostgresAsync();
        await Eventually.True(
            async () => (await scim.PostAsync("/Users", Body($"{Guid.NewGuid():n}@example.com"))).Status == 201, TimeSpan.FromMinutes(1), "writes go on");
        (await scim.GetAsync("/Users/" + id)).Expect(200);
        say("disk: full, writes were told to come again (429); with room again they go on, nothing is lost");
    }

    private static async Task<TestSystem> StartAsync()
    {
        var system = new TestSystem(new());
        await system.InitializeAsync();
        return system;
    }

    private static async Task CreateAsync(DirectoryClient scim, string name, int count)
    {
        foreach (var part in Enumerable.Range(0, count).Chunk(20))
        {
            await Task.WhenAll(part.Select(async i => (await scim.PostAsync("/Users", Body($"{name}{i}@example.com"))).Expect(201)));
        }
    }

    private static string Body(string name) => $$"""{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{{name}}", "active": true}""";

    private static Task ToldAsync(string events, TestDirectory directory, int users, TimeSpan? within = null) => Eventually.True(
        async () => (await ChangeAudit.ReadAsync(
            events,
            $"select count(*) from directory_users u where u.directory_id = '{directory.Id}' and u.told is not null", row => row.GetInt64(0)))[0] == users,
        within ?? TimeSpan.FromMinutes(1), $"{users} users are told");

    private static async Task ExecuteAsync(TestSystem system, string service, string sql)
    {
        await using var source = NpgsqlDataSource.Create(system.Stack.AdminConnectionString(service));
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
