using DirectorySync.Kit;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>identity's database comes back from a dump, in a new cluster, as after a disaster.</summary>
public sealed class RestoredDatabaseTests(RestoredDatabaseTests.SingleSystem system) : IClassFixture<RestoredDatabaseTests.SingleSystem>
{
    private static readonly TimeSpan CatchUp = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_feed_goes_on_and_groups_follow_the_history_that_was_restored()
    {
        var directory = await system.CreateDirectoryAsync();
        var scim = directory.Scim();
        var users = await Task.WhenAll(new[] { "stays", "leaves", "left" }.Select(name => scim.CreateUserAsync(name + "@example.com")));
        var (stays, leaves, left) = (users[0], users[1], users[2]);
        var group = await scim.CreateGroupAsync("Survivors", users);
        Assert.Equal(3, (await scim.GetAsync("/Groups/" + group)).Expect(200).Members.Count);

        await using var newCluster = await OwnPostgres.StartAsync();
        var restored = await newCluster.CreateDatabaseAsync("restored");
        await newCluster.RestoreAsync(await system.Stack.DumpAsync("identity"), restored);

        // What happens after the dump is lost with the old cluster.
        var lost = await scim.CreateUserAsync("lost@example.com");
        (await scim.PatchAsync("/Groups/" + group, ScimBodies.Add(lost))).Expect(200);
        (await scim.DeleteAsync("/Users/" + left)).Expect(204);
        Assert.Equal(new[] { stays, leaves, lost }.Order(), (await scim.GetAsync("/Groups/" + group)).Expect(200).Members.Order());
        await system.Stack.KillAsync("identity");
        await system.Stack.StartAgainAsync("identity", changed: new Dictionary<string, string> { ["ConnectionStrings__Postgres"] = restored });

        // Redis still holds the history that is lost, for as long as its entries live: ten seconds.
        await Eventually.True(async () => (await scim.GetAsync("/Users/" + left)).Status == 200, CatchUp, "the deletion is lost");
        await Eventually.True(async () => (await scim.GetAsync("/Users/" + lost)).Status == 404, CatchUp, "the creation is lost");
        (await scim.DeleteAsync("/Users/" + leaves)).Expect(204);
        var newcomer = await scim.CreateUserAsync("newcomer@example.com");
        (await scim.PatchAsync("/Groups/" + group, ScimBodies.Add(newcomer))).Expect(200);
        await AssertMembersAsync(stays, newcomer);

        // Okta pushes again whom the restored history knows again.
        (await scim.PatchAsync("/Groups/" + group, ScimBodies.Add(left))).Expect(200);
        await AssertMembersAsync(stays, newcomer, left);
        (await scim.DeleteAsync("/Users/" + newcomer)).Expect(204);
        await AssertMembersAsync(stays, left);

        async Task AssertMembersAsync(params string[] members) => await Eventually.Get(
            async () => string.Join(' ', (await scim.GetAsync("/Groups/" + group)).Expect(200).Members.Order()),
            found => found == string.Join(' ', members.Order()),
            CatchUp,
            "the group has exactly " + string.Join(' ', members.Order()));
    }

    /// <summary>One process of each.</summary>
    public sealed class SingleSystem() : TestSystem(new() { NotStarted = StackOptions.Followers });
}
