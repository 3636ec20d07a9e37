using DirectorySync.Errors.V1;
using DirectorySync.Events.Folding;
using DirectorySync.Identity.V1;

namespace DirectorySync.Events.Tests;

public sealed class PolicyPreviewTests(EventsHost host) : IClassFixture<EventsHost>
{
    private static readonly (InactiveUsers Users, InactiveMemberships Memberships)[] Policies =
    [
        (InactiveUsers.Removed, InactiveMemberships.Dropped), (InactiveUsers.Retained, InactiveMemberships.Dropped),
        (InactiveUsers.Retained, InactiveMemberships.Kept), (InactiveUsers.Removed, InactiveMemberships.Kept),
    ];

    public static TheoryData<int, int> Changes
    {
        get
        {
            var changes = new TheoryData<int, int>();
            foreach (var (from, to) in Policies.Index().SelectMany(from => Policies.Index().Select(to => (from.Index, to.Index))))
            {
                changes.Add(from, to);
            }

            return changes;
        }
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task What_a_preview_counts_is_what_the_change_tells_and_the_preview_itself_tells_nothing(int from, int to)
    {
        var directory = await host.NewDirectoryAsync();
        await directory.TellAsync(DirectoryState.Active, Policies[from].Users, Policies[from].Memberships);
        await directory.UserAsync("ada", 1);
        foreach (var inactive in new[] { "bob", "cyd" })
        {
            await directory.UserAsync(inactive, 1, profile => profile.Active = false);
        }

        await directory.GroupsAsync(
            directory.Group("admins", "Admins"), directory.Group("gone", "Gone"), directory.Member("admins", "ada"), directory.Member("admins", "bob"),
            directory.Member("gone", "bob"));
        await directory.GroupsAsync(directory.Group("gone", "Gone", deleted: true));
        var before = (await directory.EventsAsync()).Count;

        var preview = await host.Reads.PreviewPoliciesAsync(new()
        {
            DirectoryId = directory.Id, Policies = new() { InactiveUsers = Policies[to].Users, InactiveMemberships = Policies[to].Memberships }, Examples = 1,
        });

        Assert.Equal(before, (await directory.EventsAsync()).Count);
        await directory.TellAsync(DirectoryState.Active, Policies[to].Users, Policies[to].Memberships);
        await Eventually.True(
            async () => (await host.Reads.GetDifferenceAsync(new() { DirectoryId = directory.Id })) is { PolicyChange: null, Differences.Count: 0 },
            what: "the policy is followed");
        var told = (await directory.EventsAsync())[before..].CountBy(told => told.Type).ToDictionary(type => type.Key, type => (long)type.Value);
        Assert.Equal(told, preview.Differences.ToDictionary(difference => difference.Type, difference => difference.Count));
        Assert.All(preview.Differences, difference => Assert.Single(difference.Examples));
        Assert.All(preview.Differences.SelectMany(difference => difference.Examples), example => Assert.Contains(example.User.Id, (string[])["bob", "cyd"]));
    }

    [Fact]
    public async Task Who_sends_all_attributes_changes_everybody_and_a_group_too()
    {
        var directory = await host.NewDirectoryAsync();
        await directory.UserAsync("ada", 1);
        await directory.UserAsync("bob", 1, profile => profile.Active = false);
        await directory.GroupsAsync(directory.Group("admins", "Admins"));

        var preview = await host.Reads.PreviewPoliciesAsync(new() { DirectoryId = directory.Id, Policies = new() { RawAttributes = true } });

        Assert.Equal(
            ["dsync.user.updated 1", "dsync.group.updated 1"], preview.Differences.Select(difference => $"{difference.Type} {difference.Count}"));
        Assert.Empty((await host.Reads.PreviewPoliciesAsync(new() { DirectoryId = directory.Id })).Differences);
        await EventsHost.FailsAsync(
            ErrorReason.ResourceNotFound, async () => await host.Reads.PreviewPoliciesAsync(new() { DirectoryId = Guid.NewGuid().ToString() }));
        await EventsHost.FailsAsync(
            ErrorReason.InvalidValue, async () => await host.Reads.PreviewPoliciesAsync(new() { DirectoryId = directory.Id, Examples = 101 }));
    }

    [Fact]
    public async Task While_a_change_is_made_the_difference_says_how_far_it_is()
    {
        var directory = await host.NewDirectoryAsync();
        foreach (var user in new[] { "ada", "bob", "cyd" })
        {
            await directory.UserAsync(user, 1);
        }

        Assert.Null((await host.Reads.GetDifferenceAsync(new() { DirectoryId = directory.Id })).PolicyChange);
        await host.Database.InTransactionAsync(
            async tx =>
            {
                // Nobody goes on meanwhile.
                await Terms.LockAsync(tx, [directory.Id], CancellationToken.None);
                await host.Database.Sql($"update directories set renew_after = 'bob' where directory_id = {directory.Id}").ExecuteAsync(CancellationToken.None);
                Assert.Equal(new PolicyChange { Done = 2, Total = 3 }, (await host.Reads.GetDifferenceAsync(new() { DirectoryId = directory.Id })).PolicyChange);
                return true;
            },
            CancellationToken.None);

        await Eventually.True(
            async () => (await host.Reads.GetDifferenceAsync(new() { DirectoryId = directory.Id })).PolicyChange is null, what: "all have been looked at");
    }
}
