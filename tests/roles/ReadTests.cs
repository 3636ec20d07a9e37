using DirectorySync.Errors.V1;
using Google.Protobuf.WellKnownTypes;
using static DirectorySync.Roles.Tests.RolesHost;

namespace DirectorySync.Roles.Tests;

/// <summary>Answers are as new as they say, and never from before a loss that was committed.</summary>
public sealed class ReadTests(RolesHost host) : IClassFixture<RolesHost>
{
    [Fact]
    public async Task A_check_says_yes_no_and_as_of_when()
    {
        var directory = await NewAsync();
        await directory.ProfilesAsync(directory.Profile("ada", p => p.UserVersion = 3));

        var yes = await CheckAsync(directory, "read-basic");
        Assert.True(yes.Allowed);
        Assert.Equal(3, yes.AsOf.UserVersion);
        Assert.False((await CheckAsync(directory, "unknown")).Allowed);
        await FailsAsync(
            ErrorReason.ResourceNotFound,
            async () => await host.Users.CheckRoleAsync(new() { DirectoryId = directory.Id, UserId = "nobody", Role = "read-basic" }));
        await FailsAsync(
            ErrorReason.ResourceNotFound,
            async () => await host.Users.CheckRoleAsync(new() { DirectoryId = "another", UserId = "ada", Role = "read-basic" }));
        await FailsAsync(
            ErrorReason.InvalidValue, async () => await host.Users.CheckRoleAsync(new() { DirectoryId = directory.Id, UserId = "ada" }));
    }

    [Fact]
    public async Task Who_demands_a_version_gets_it_or_is_told_to_come_again()
    {
        var directory = await NewAsync();
        await FailsAsync(ErrorReason.NotCaughtUp, () => CheckAsync(directory, "read-basic", new() { UserVersion = 1 }));
        await directory.ProfilesAsync(directory.Profile("ada"));
        var first = await CheckAsync(directory, "read-basic", new() { UserVersion = 1 });

        await FailsAsync(ErrorReason.NotCaughtUp, () => CheckAsync(directory, "read-basic", new() { UserVersion = 2 }));
        await directory.ProfilesAsync(directory.Profile("ada", p => p.UserVersion = 2));
        var second = await CheckAsync(directory, "read-basic", new() { UserVersion = 2 });

        Assert.True(second.AsOf.Version > first.AsOf.Version);
        await FailsAsync(ErrorReason.NotCaughtUp, () => CheckAsync(directory, "read-basic", new() { Version = second.AsOf.Version + 1 }));
    }

    [Fact]
    public async Task Of_a_deleted_user_it_is_known_that_there_is_no_role_any_more()
    {
        var directory = await NewAsync();
        await directory.ProfilesAsync(directory.Profile("ada"));
        Assert.True((await CheckAsync(directory, "read-basic", new() { UserVersion = 1 })).Allowed);

        await FailsAsync(ErrorReason.NotCaughtUp, () => CheckAsync(directory, "read-basic", new() { UserVersion = 2 }));
        await directory.ProfilesAsync(directory.Profile("ada", p => p.UserVersion = 2, deleted: true));

        foreach (var demand in new[] { null, new Demand(), new() { UserVersion = 2 } })
        {
            var gone = await CheckAsync(directory, "read-basic", demand);
            Assert.Equal((false, 2), (gone.Allowed, gone.AsOf.UserVersion));
        }

        var version = (await CheckAsync(directory, "read-basic")).AsOf.Version;
        Assert.False((await CheckAsync(directory, "read-basic", new() { Version = version })).Allowed);
        await FailsAsync(ErrorReason.NotCaughtUp, () => CheckAsync(directory, "read-basic", new() { UserVersion = 3 }));
        var roles = await host.Users.ListUserRolesAsync(new() { DirectoryId = directory.Id, UserId = "ada" });
        Assert.Equal((false, 0), (roles.Active, roles.Roles.Count));

        // As after a restore of the other services.
        await directory.ProfilesAsync(directory.Profile("ada", p => p.UserVersion = 1));
        Assert.True((await CheckAsync(directory, "read-basic")).Allowed);
    }

    [Fact]
    public async Task Who_and_what_was_created_this_very_moment_is_waited_for()
    {
        var directory = await NewAsync();
        host.Origin.Add("just-created");
        var (check, why) = (CheckAsync(directory, "read-basic", user: "just-created"), ExplainAsync(directory, "just-created"));
        await directory.ProfilesAsync(directory.Profile("just-created"));
        Assert.True((await check).Allowed);
        Assert.Equal("read-basic, the default role, because nothing gives another", (await why).Summary);

        var created = new TestDirectory(host, Guid.CreateVersion7().ToString(), Guid.CreateVersion7().ToString());
        host.Origin.Add(created.Id);
        var rules = host.Rules.GetRoleRulesAsync(new() { DirectoryId = created.Id }).ResponseAsync;
        var set = host.Rules.UpdateRoleRulesAsync(new() { Rules = new() { DirectoryId = created.Id, DefaultRole = "read-basic" } }).ResponseAsync;
        await created.TellAsync(Identity.V1.DirectoryState.Active);
        Assert.Equal(created.Id, (await rules).Rules.DirectoryId);
        Assert.Equal("read-basic", (await set).Rules.DefaultRole);

        host.Origin.Add("never-comes");
        await FailsAsync(ErrorReason.NotCaughtUp, () => CheckAsync(directory, "read-basic", user: "never-comes"));
        await FailsAsync(ErrorReason.ResourceNotFound, () => ExplainAsync(directory, "nobody"));
        await FailsAsync(ErrorReason.ResourceNotFound, async () => await host.Rules.ListRoleProblemsAsync(new() { DirectoryId = "nowhere" }));
    }

    [Fact]
    public async Task While_identity_is_away_nobody_is_said_not_to_exist()
    {
        var directory = await NewAsync();
        await directory.ProfilesAsync(directory.Profile("ada"));
        await using var replica = host.StartReplica(otherOrigin: "http://127.0.0.1:1");
        var users = new UserRolesService.UserRolesServiceClient(replica.Channel);

        Assert.Single((await users.ListUserRolesAsync(new() { DirectoryId = directory.Id, UserId = "ada" })).Roles);
        await FailsAsync(
            ErrorReason.StoreUnavailable, async () => await users.ListUserRolesAsync(new() { DirectoryId = directory.Id, UserId = "nobody" }));
    }

    [Fact]
    public async Task Without_Redis_no_replica_answers_from_before_a_loss_either()
    {
        var directory = await NewAsync();
        await using var own = await OwnRedis.StartAsync();
        var redis = new TestRedis(own.ConnectionString, "roles:", own.ConnectionString);
        await using var writer = host.StartReplica(redis);
        await using var reader = host.StartReplica(redis);
        var version = 0L;
        await TellAsync(withTop: true);
        await TellAsync(withTop: false);
        await TellAsync(withTop: true);

        await own.KillAsync();
        await TellAsync(withTop: false);
        await TellAsync(withTop: true);
        await own.StartAgainAsync();
        await TellAsync(withTop: false);
        await TellAsync(withTop: true);
        await TellAsync(withTop: false);

        async Task TellAsync(bool withTop)
        {
            version++;
            var change = directory.Profile("ada", p => (p.UserVersion, _) = (version, withTop && AddTop(p)));
            await host.ApplyAsync("attribute-mapping", [change], replica: writer);

            // Often, so that it comes from Redis if anything does.
            for (var i = 0; i < 10; i++)
            {
                foreach (var replica in new[] { reader, writer })
                {
                    var answer = await new UserRolesService.UserRolesServiceClient(replica.Channel).CheckRoleAsync(
                        new() { DirectoryId = directory.Id, UserId = "ada", Role = "read-top" });
                    Assert.Equal((version, withTop), (answer.AsOf.UserVersion, answer.Allowed));
                }
            }
        }

        static bool AddTop(AttributeMapping.V1.Profile profile)
        {
            profile.Roles.Add("read-top");
            return true;
        }
    }

    [Fact]
    public async Task A_replica_that_is_cut_off_from_Redis_has_the_others_not_believe_it()
    {
        var directory = await NewAsync();
        await using var own = await OwnRedis.StartAsync();
        await using var cutOff = host.StartReplica(new(own.ConnectionString, "roles:", own.ConnectionString));
        await directory.ProfilesAsync(directory.Profile("ada", p => p.Roles.Add("read-top")), directory.Profile("bob"));
        await own.KillAsync();
        await host.Database.Sql($"delete from cache_distrusts").ExecuteAsync(default);
        await Eventually.True(() => IsFromRedisAsync("ada"));
        await host.ApplyAsync("attribute-mapping", [directory.Profile("ada", p => p.UserVersion = 2)], replica: cutOff);
        Assert.False((await CheckAsync(directory, "read-top")).Allowed);

        // Not for ever.
        await host.Database.Sql($"update cache_distrusts set until = clock_timestamp()").ExecuteAsync(default);
        await Eventually.True(() => IsFromRedisAsync("bob"));

        async Task<bool> IsFromRedisAsync(string user)
        {
            await CheckAsync(directory, "read-top", user: user);
            return (await host.Get<UserRolesCache>().FindAsync(new(directory.Id, user))).IsHit;
        }
    }

    [Fact]
    public async Task In_a_deleted_directory_nobody_has_a_role_from_that_moment_on()
    {
        var directory = await NewAsync();
        await directory.ProfilesAsync(directory.Profile("ada"));
        Assert.True((await CheckAsync(directory, "read-basic")).Allowed);
        Assert.True((await CheckAsync(directory, "read-basic")).Allowed);

        await directory.TellAsync(Identity.V1.DirectoryState.Deleting);

        await FailsAsync(ErrorReason.ResourceNotFound, () => CheckAsync(directory, "read-basic"));
        Assert.Empty((await host.Users.ListRoleUsersAsync(new() { DirectoryId = directory.Id, Role = "read-basic" })).Users);
    }

    [Fact]
    public async Task Who_demands_a_time_gets_an_answer_from_after_it()
    {
        var directory = await NewAsync();
        await directory.ProfilesAsync(directory.Profile("ada"));
        var now = await host.Database.Sql($"select clock_timestamp()").SingleAsync(row => row.GetFieldValue<DateTimeOffset>(0), default);
        var demand = new Demand { Time = now.ToTimestamp() };
        await host.SetReadyAsync(true);

        var answer = await Eventually.Get(
            async () =>
            {
                try
                {
                    return await CheckAsync(directory, "read-basic", demand);
                }
                catch (Grpc.Core.RpcException e) when (Chassis.Errors.RpcErrors.Reason(e) == ErrorReason.NotCaughtUp)
                {
                    return null;
                }
            },
            found => found is not null);

        Assert.True(answer!.AsOf.Time >= demand.Time);
        demand.Time = now.AddHours(1).ToTimestamp();
        await FailsAsync(ErrorReason.NotCaughtUp, () => CheckAsync(directory, "read-basic", demand));

        // What one of the other services has not told leaves the whole unknown.
        await host.Database.Sql($"update feed_positions set caught_up_time = null where feed = 'identity'").ExecuteAsync(default);
        await Eventually.True(async () => (await CheckAsync(directory, "read-basic")).AsOf.Time is null);
        await host.SetReadyAsync(true);
        await Eventually.True(async () => (await CheckAsync(directory, "read-basic")).AsOf.Time is not null);
    }

    [Fact]
    public async Task Who_demands_freshness_gets_it_or_is_told_to_come_again()
    {
        var directory = await NewAsync();
        await directory.ProfilesAsync(directory.Profile("ada"));
        await host.SetReadyAsync(true);

        // The other services are away in these tests: what is known only grows older.
        var fresh = await Eventually.Get(
            () => CheckAsync(directory, "read-basic", new() { MaxStaleness = Duration.FromTimeSpan(TimeSpan.FromMinutes(5)) }),
            answer => answer.AsOf.Time is not null);
        Assert.True(fresh.Allowed);
        await Eventually.True(
            async () =>
            {
                try
                {
                    await CheckAsync(directory, "read-basic", new() { MaxStaleness = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)) });
                    return false;
                }
                catch (Grpc.Core.RpcException e) when (Chassis.Errors.RpcErrors.Reason(e) == ErrorReason.NotCaughtUp)
                {
                    return true;
                }
            },
            what: "what is known is older than a second");
    }

    [Fact]
    public async Task No_replica_answers_from_before_a_committed_loss()
    {
        var directory = await NewAsync();
        await using var replica = host.StartReplica();
        UserRolesService.UserRolesServiceClient[] replicas = [host.Users, new(replica.Channel)];
        await directory.ProfilesAsync(directory.Profile("ada"));
        using var done = new CancellationTokenSource();
        var (lost, wrong) = (0L, 0);
        var asking = replicas.Select(users => Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                var lostBefore = Interlocked.Read(ref lost);
                var answer = await users.CheckRoleAsync(new() { DirectoryId = directory.Id, UserId = "ada", Role = "read-top" });
                if (answer.Allowed && answer.AsOf.UserVersion <= lostBefore)
                {
                    Interlocked.Increment(ref wrong);
                }
            }
        })).ToArray();

        for (var version = 2; version < 200; version += 2)
        {
            await directory.ProfilesAsync(directory.Profile("ada", p => p.UserVersion = version));
            await directory.ProfilesAsync(directory.Profile("ada", p =>
            {
                p.UserVersion = version;
                p.Roles.Add("read-top");
            }));
            await directory.ProfilesAsync(directory.Profile("ada", p => p.UserVersion = version + 1));
            Interlocked.Exchange(ref lost, version);
        }

        await done.CancelAsync();
        await Task.WhenAll(asking);
        Assert.Equal(0, wrong);
    }

    private async Task<CheckRoleResponse> CheckAsync(TestDirectory directory, string role, Demand? atLeast = null, string user = "ada") =>
        await host.Users.CheckRoleAsync(new() { DirectoryId = directory.Id, UserId = user, Role = role, AtLeast = atLeast });

    private async Task<GetUserRolesExplanationResponse> ExplainAsync(TestDirectory directory, string user) =>
        await host.Users.GetUserRolesExplanationAsync(new() { DirectoryId = directory.Id, UserId = user });

    private async Task<TestDirectory> NewAsync()
    {
        await host.Roles.CreateRoleAsync(new() { Role = new() { Slug = "read-top", Priority = 9 }, RequestId = "read-top" });
        await host.Roles.CreateRoleAsync(new() { Role = new() { Slug = "read-basic" }, RequestId = "read-basic" });
        var directory = await host.NewDirectoryAsync();
        await directory.SetRulesAsync(RoleMode.Priority, "read-basic");
        return directory;
    }
}
