using DirectorySync.Identity.V1;

namespace DirectorySync.Events.Tests;

public sealed class StateTests(EventsHost host) : IClassFixture<EventsHost>
{
    [Fact]
    public async Task In_preview_nothing_is_told_and_the_difference_says_what_activation_would_tell()
    {
        var directory = await host.NewDirectoryAsync(DirectoryState.Preview);
        await directory.UserAsync("ada", 1);
        await directory.UserAsync("bob", 1);
        await directory.UserAsync("cyd", 1, p => p.Active = false);
        await directory.GroupsAsync(directory.Group("admins", "Admins"), directory.Member("admins", "ada"), directory.Member("admins", "cyd"));

        var difference = await host.Reads.GetDifferenceAsync(new() { DirectoryId = directory.Id, Examples = 1 });
        Assert.Equal(
            ["dsync.activated 1 0", "dsync.user.created 2 1", "dsync.group.created 1 1", "dsync.group.user_added 1 1"],
            difference.Differences.Select(d => $"{d.Type} {d.Count} {d.Examples.Count}"));
        Assert.Equal("ada", difference.Differences[1].Examples[0].User.Id);
        Assert.Equal((0, true), (difference.Sequence, difference.Since is not null));
        Assert.Empty(await directory.EventsAsync());
        Assert.Empty((await host.Reads.ListDirectoryUsersAsync(new() { DirectoryId = directory.Id })).Users);

        await directory.TellAsync(DirectoryState.Active);

        Assert.Equal(
            ["activated", "user.created ada", "user.created bob", "group.created admins", "group.user_added ada admins"], await directory.ToldAsync());
        Assert.Empty((await host.Reads.GetDifferenceAsync(new() { DirectoryId = directory.Id })).Differences);
        await EventsHost.FailsAsync(Errors.V1.ErrorReason.ResourceNotFound, async () => await host.Reads.GetDifferenceAsync(new() { DirectoryId = "none" }));
    }

    [Fact]
    public async Task After_a_pause_the_net_difference_is_told_in_causal_order()
    {
        var directory = await host.NewDirectoryAsync();
        await directory.UserAsync("ada", 1);
        await directory.UserAsync("bob", 1);
        await directory.GroupsAsync(directory.Group("one", "One"), directory.Member("one", "ada"), directory.Member("one", "bob"));
        var before = (await directory.ToldAsync()).Count;
        await directory.TellAsync(DirectoryState.Paused);

        await directory.UserAsync("ada", 2, p => p.Active = false);
        await directory.UserAsync("bob", 2, p => p.LastName = "Other");
        await directory.UserAsync("bob", 3);
        await directory.UserAsync("eve", 1);
        await directory.UserAsync("eve", 2, p => p.LastName = "Newest");
        await directory.GroupsAsync(directory.Group("one", "One", deleted: true));
        await directory.GroupsAsync(directory.Group("two", "Two"), directory.Member("two", "eve"), directory.Member("two", "ada"));
        Assert.Empty(await directory.ToldAsync(before));
        Assert.Equal(
            ["dsync.group.created 1", "dsync.group.deleted 1", "dsync.group.user_added 1", "dsync.user.created 1", "dsync.user.deleted 1"],
            (await host.Reads.GetDifferenceAsync(new() { DirectoryId = directory.Id })).Differences.Select(d => $"{d.Type} {d.Count}").Order());

        await directory.TellAsync(DirectoryState.Active);

        Assert.Equal(
            [
                "user.deleted ada (deactivated)", "group.deleted one (deleted)", "user.created eve", "group.created two", "group.user_added eve two",
            ],
            await directory.ToldAsync(before));
    }

    [Fact]
    public async Task A_catch_up_of_more_than_a_batch_keeps_its_order()
    {
        var directory = await host.NewDirectoryAsync(DirectoryState.Preview);
        var ids = Enumerable.Range(0, 600).Select(number => $"user-{number:000}").ToArray();
        await host.ApplyAsync("identity", ids.Select(id => directory.User(id, 1)));
        await host.ApplyAsync("attribute-mapping", ids.Select(id => directory.Profile(id, 1)));
        await host.ApplyAsync("roles", ids.Select(id => directory.Roles(id, 1)));
        await directory.GroupsAsync([directory.Group("all", "All"), .. ids.Select(id => directory.Member("all", id))]);

        await directory.TellAsync(DirectoryState.Active);

        Assert.Equal(
            [
                "activated", .. ids.Select(id => $"user.created {id}"), "group.created all", .. ids.Select(id => $"group.user_added {id} all"),
            ],
            await directory.ToldAsync());
        await directory.TellAsync(DirectoryState.Deleting);
    }

    [Fact]
    public async Task Nothing_is_told_before_all_that_exists_has_arrived()
    {
        await host.SetReadyAsync(false);
        try
        {
            var directory = await host.NewDirectoryAsync();
            await directory.UserAsync("ada", 1);
            Assert.False(await host.Get<Telling.Teller>().TellAsync(CancellationToken.None));
            Assert.Equal(0, (await host.Reads.GetDifferenceAsync(new() { DirectoryId = directory.Id })).Sequence);

            await host.SetReadyAsync(true);

            Assert.Equal(["activated", "user.created ada"], await directory.ToldAsync());
        }
        finally
        {
            await host.SetReadyAsync(true);
        }
    }

    [Fact]
    public async Task A_directory_of_which_nothing_can_be_told_keeps_no_other_waiting_and_goes_on_when_it_is_mended()
    {
        var (broken, other) = (await host.NewDirectoryAsync(), await host.NewDirectoryAsync());
        await broken.UserAsync("ada", 1);
        await broken.SettledAsync();
        var current = await host.Database.Sql($"select current from directory_users where directory_id = {broken.Id}")
            .SingleAsync(row => row.GetFieldValue<byte[]>(0), CancellationToken.None);
        byte[] unreadable = [0xff];
        await host.Database.Sql($"update directory_users set current = {unreadable} where directory_id = {broken.Id}").ExecuteAsync(CancellationToken.None);
        await broken.GroupsAsync(broken.Group("admins", "Admins"));

        await other.UserAsync("bob", 1);
        Assert.Equal(["activated", "user.created bob"], await other.ToldAsync());
        await other.UserAsync("bob", 2, p => p.LastName = "Other");
        Assert.Equal(["user.updated bob"], await other.ToldAsync(2));

        await host.Database.Sql($"update directory_users set current = {current} where directory_id = {broken.Id}").ExecuteAsync(CancellationToken.None);
        await host.Database.Sql($"update pending_directories set since = clock_timestamp()").ExecuteAsync(CancellationToken.None);
        Assert.Equal(["activated", "user.created ada", "group.created admins"], await broken.ToldAsync());
    }

    [Fact]
    public async Task A_bootstrap_repeats_nothing_and_tells_what_is_gone()
    {
        var directory = await host.NewDirectoryAsync();
        await directory.UserAsync("ada", 5);
        await directory.UserAsync("bob", 5);
        await directory.GroupsAsync(
            directory.Group("one", "One"), directory.Group("two", "Two"), directory.Member("one", "ada"), directory.Member("one", "bob"));
        var before = (await directory.ToldAsync()).Count;

        // The other services were restored to an older state, in which there are no bob and no second group, and versions are lower.
        var bootstrap = Guid.CreateVersion7();
        var image = (await host.Database.Sql($"select data from directories where directory_id = {directory.Id}")
            .SingleAsync(row => row.GetFieldValue<byte[]>(0), CancellationToken.None));
        await host.ApplyAsync(
            "identity",
            [Chassis.Feed.FeedImage.Of(directory.Id, Directory.Descriptor.FullName, directory.Id, 1, image), directory.User("ada", 4)], bootstrap);
        await host.ApplyAsync("attribute-mapping", [directory.Profile("ada", 4)], bootstrap);
        await host.ApplyAsync("roles", [directory.Roles("ada", 4)], bootstrap);
        await host.ApplyAsync("group-membership", [directory.Group("one", "One"), directory.Member("one", "ada")], bootstrap);
        Assert.Empty(await directory.ToldAsync(before));
        foreach (var feed in Folding.Terms.Feeds)
        {
            await host.SweepAsync(feed, bootstrap);
        }

        Assert.Equal(["group.deleted two (deleted)", "group.user_removed bob one", "user.deleted bob (deleted)"], (await directory.ToldAsync(before)).Order());
    }
}
