namespace DirectorySync.GroupMembership.Tests;

/// <summary>In which groups a user is: on every replica at once what the last write said, whatever Redis remembers.</summary>
public sealed class UserGroupsTests(Services services) : IClassFixture<Services>
{
    [Fact]
    public async Task Another_replica_shows_every_change_at_once()
    {
        await using var replica = services.StartReplica();
        var groups = await services.NewDirectoryAsync();
        var elsewhere = new Groups(new(replica.Channel), groups.DirectoryId);
        var users = await services.NewUsersAsync(groups.DirectoryId, 3);
        var group = await groups.CreateAsync("First");

        async Task SeesAsync(string user, params string[] names)
        {
            // Twice: what the first reading left in Redis must be right too.
            for (var i = 0; i < 2; i++)
            {
                Assert.Equal(names, (await elsewhere.GroupsOfAsync(user)).SelectMany(g => g.Groups).Select(g => g.DisplayName).Order());
                Assert.Equal(names, (await groups.GroupsOfAsync(user)).SelectMany(g => g.Groups).Select(g => g.DisplayName).Order());
            }
        }

        await SeesAsync(users[0]);
        await groups.AddAsync(group.Id, users);
        await SeesAsync(users[0], "First");
        await groups.PatchAsync(group.Id, [Operation.Rename("Renamed")]);
        await SeesAsync(users[0], "Renamed");
        var second = await elsewhere.CreateAsync("Second", [Operation.Member(users[0])]);
        await SeesAsync(users[0], "Renamed", "Second");
        await groups.RemoveAsync(group.Id, users[0]);
        await SeesAsync(users[0], "Second");
        await elsewhere.ReplaceAsync(second, [Operation.Member(users[1])]);
        await SeesAsync(users[0]);
        await SeesAsync(users[1], "Renamed", "Second");
        await groups.DeleteAsync(second.Id);
        await SeesAsync(users[1], "Renamed");
    }

    [Fact]
    public async Task Many_users_are_answered_at_once()
    {
        var groups = await services.NewDirectoryAsync();
        var ids = await services.KnownIdsAsync(groups.DirectoryId, 1_000);
        var one = await groups.CreateAsync("One", ids[..600].Select(id => Operation.Member(id)));
        var two = await groups.CreateAsync("Two", ids[400..800].Select(id => Operation.Member(id)));

        var all = (await groups.GroupsOfAsync(ids)).ToDictionary(u => u.UserId, u => u.Groups.Select(g => g.Id).ToHashSet());

        Assert.Equal(800, all.Count);
        Assert.Equal([one.Id], all[ids[0]]);
        Assert.Equal([one.Id, two.Id], all[ids[500]]);
        Assert.Equal([two.Id], all[ids[799]]);
    }
}
