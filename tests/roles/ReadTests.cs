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

    private async Task<CheckRoleResponse> CheckAsync(TestDirectory directory, string role, Demand? atLeast = null) =>
        await host.Users.CheckRoleAsync(new() { DirectoryId = directory.Id, UserId = "ada", Role = role, AtLeast = atLeast });

    private async Task<TestDirectory> NewAsync()
    {
        await host.Roles.CreateRoleAsync(new() { Role = new() { Slug = "read-top", Priority = 9 }, RequestId = "read-top" });
        await host.Roles.CreateRoleAsync(new() { Role = new() { Slug = "read-basic" }, RequestId = "read-basic" });
        var directory = await host.NewDirectoryAsync();
        await directory.SetRulesAsync(RoleMode.Priority, "read-basic");
        return directory;
    }
}
