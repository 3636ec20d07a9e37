using DirectorySync.AttributeMapping.Mappings;
using static DirectorySync.AttributeMapping.Tests.Engine.Users;

namespace DirectorySync.AttributeMapping.Tests;

/// <summary>Several processes on the same stores, and a Redis that is away.</summary>
public sealed class ReplicaTests(MappingService service) : IClassFixture<MappingService>
{
    [Fact]
    public async Task Two_replicas_share_the_work_and_read_the_same()
    {
        const int Users = 600;
        var directory = await service.NewDirectoryAsync();
        await service.SeedAsync(directory, Users);
        await using var second = service.StartReplica();
        var profiles = new ProfileService.ProfileServiceClient(second.Channel);
        await service.SetAsync(directory, Rule("first_name", "name.givenName", new Transform { Prefix = new() { Text = "Dr. " } }));

        var recomputation = await service.RecomputedAsync(directory);

        Assert.Equal((Users, Users, Users), (recomputation.Done, recomputation.Total, recomputation.Changed));
        foreach (var id in (string[])["user-0", $"user-{Users / 2}", $"user-{Users - 1}"])
        {
            Assert.Equal("Dr. Ada", (await profiles.GetProfileAsync(new() { DirectoryId = directory, UserId = id })).Profile.FirstName);
            Assert.Equal(["Ada", "Dr. Ada"], (await service.ToldAsync(directory, id)).Select(told => told.Profile.FirstName));
        }

        // One goes, the other goes on.
        await service.RestartAsync(async () =>
        {
            var ada = await service.CreateAsync(directory, """{"userName":"ada@acme.com","name":{"givenName":"Ada"}}""");
            await Eventually.True(async () => (await profiles.BatchGetProfilesAsync(new() { DirectoryId = directory, UserIds = { ada.Id } }))
                .Profiles is [{ FirstName: "Dr. Ada" }]);
        });
    }

    [Fact]
    public async Task Without_Redis_profiles_are_read_as_they_are()
    {
        await using var own = await OwnRedis.StartAsync();
        await service.RestartAsync(otherRedis: new(own.ConnectionString, "attribute-mapping:", own.ConnectionString));
        try
        {
            var directory = await service.NewDirectoryAsync();
            var user = await service.CreateAsync(directory, Named("0"));
            Assert.Equal("0", (await service.ProfileOfAsync(user)).FirstName);
            await own.KillAsync();
            for (var i = 1; i <= 5; i++)
            {
                user = await service.ReplaceAsync(user, Named($"{i}"));
                Assert.Equal($"{i}", (await service.ProfileOfAsync(user)).FirstName);
            }

            await service.DeleteAsync(user);
            await Eventually.True(async () => await service.FindAsync(directory, user.Id) is null);
        }
        finally
        {
            await service.RestartAsync();
        }
    }

    [Fact]
    public async Task Recomputation_waits_for_those_who_follow_and_not_for_those_who_are_silent()
    {
        var followers = service.Get<Followers>();
        var registered = await service.Feed.RegisterConsumerAsync(new() { Consumer = "slow" });
        Assert.False(await followers.AreBehindAsync(100, default));
        await service.SeedAsync(await service.NewDirectoryAsync(), 101);
        Assert.True(await followers.AreBehindAsync(100, default));
        Assert.False(await followers.AreBehindAsync(101, default));

        using var call = service.Feed.WatchChanges(new() { Consumer = "slow", ResumeToken = registered.ResumeToken });
        await Eventually.True(async () =>
        {
            await call.ResponseStream.MoveNext(default);
            return call.ResponseStream.Current.CaughtUp;
        });
        await service.Feed.AcknowledgeChangesAsync(new() { Consumer = "slow", ResumeToken = call.ResponseStream.Current.ResumeToken });
        Assert.False(await followers.AreBehindAsync(0, default));

        await service.SeedAsync(await service.NewDirectoryAsync(), 101);
        Assert.True(await followers.AreBehindAsync(100, default));
        await service.Database.Sql($"update feed_consumers set seen_time = now() - interval '11 s' where name = 'slow'").ExecuteAsync(default);
        Assert.False(await followers.AreBehindAsync(100, default));
    }

    [Fact]
    public async Task A_directory_that_cannot_be_recomputed_does_not_keep_others_waiting()
    {
        var (broken, whole) = (await service.NewDirectoryAsync(), await service.NewDirectoryAsync());
        await service.SeedAsync(broken, 1);
        await service.SeedAsync(whole, 1);
        var data = await service.Database.Sql($"select user_data from profiles where directory_id = {broken}")
            .SingleAsync(row => row.GetFieldValue<byte[]>(0), CancellationToken.None);
        await WriteAsync([255]);

        foreach (var directory in new[] { broken, whole })
        {
            await service.SetAsync(directory, Rule("first_name", "name.givenName", new Transform { Prefix = new() { Text = "Dr. " } }));
        }

        await service.RecomputedAsync(whole);
        await WriteAsync(data);
        await service.RecomputedAsync(broken);
        Assert.Equal("Dr. Ada", (await service.FindAsync(broken, "user-0"))!.FirstName);

        Task WriteAsync(byte[] data) => service.Database.Sql($"update profiles set user_data = {data} where directory_id = {broken}")
            .ExecuteAsync(CancellationToken.None);
    }

    private static string Named(string name) => $$"""{"userName":"ada@acme.com","name":{"givenName":"{{name}}"} }""";
}
