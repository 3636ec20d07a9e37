using DirectorySync.Errors.V1;
using static DirectorySync.GroupMembership.Tests.Services;

namespace DirectorySync.GroupMembership.Tests;

/// <summary>What identity says has its effect here: users come and go, directories go.</summary>
public sealed class IdentityFeedTests(Services services) : IClassFixture<Services>
{
    [Fact]
    public async Task A_user_created_a_moment_ago_is_a_member_at_once()
    {
        var groups = await services.NewDirectoryAsync();
        var group = await groups.CreateAsync("At once");
        for (var i = 0; i < 20; i++)
        {
            var user = await services.NewUserAsync(groups.DirectoryId, $"user{i}@acme.com");
            await groups.AddAsync(group.Id, user);
            Assert.Contains(user, await groups.MemberIdsAsync(group.Id));
        }
    }

    [Fact]
    public async Task Members_that_identity_does_not_know_are_kept_aside_and_listed()
    {
        var groups = await services.NewDirectoryAsync();
        var user = await services.NewUserAsync(groups.DirectoryId, "ada@acme.com");
        var group = await groups.CreateAsync("Partly known");

        var patched = await groups.PatchAsync(group.Id, Operation.Add(user, "stranger"));

        Assert.Equal([user], await groups.MemberIdsAsync(group.Id));
        Assert.Equal(2, patched.Version);
        Assert.Equal([user], await services.FoldFeedAsync(groups.DirectoryId, group.Id));
        var unresolved = await groups.UnresolvedAsync(group.Id);
        Assert.Equal(1, unresolved.TotalSize);
        Assert.Equal("stranger", Assert.Single(unresolved.UnresolvedMembers).Member.Value);
        var problem = Assert.Single((await services.Client.ListGroupProblemsAsync(new() { DirectoryId = groups.DirectoryId })).Problems);
        Assert.Equal("UNRESOLVED_MEMBERS", problem.Code);
        Assert.Equal(group.Id, problem.ResourceId);
        Assert.Contains("Push Now", problem.Remedy, StringComparison.Ordinal);

        // Nothing that anyone can see.
        Assert.Equal(patched, await groups.PatchAsync(group.Id, Operation.Add("other stranger"), Operation.Remove("stranger")));
        Assert.Equal(patched, await groups.ReplaceAsync(patched, [Operation.Member(user)]));
        Assert.Equal(0, (await groups.UnresolvedAsync()).TotalSize);
    }

    [Fact]
    public async Task Nothing_is_kept_of_members_sent_to_a_group_that_does_not_exist_or_a_closed_directory()
    {
        var groups = await services.NewDirectoryAsync();
        var unknown = new Group { Id = "unknown", DisplayName = "Unknown" };
        var few = new[] { "stranger", "other stranger" };
        var many = Enumerable.Range(0, 1_500).Select(i => $"stranger {i}").ToArray();

        foreach (var ids in new[] { few, many })
        {
            await FailsAsync(ErrorReason.ResourceNotFound, () => groups.ReplaceAsync(unknown, ids.Select(id => Operation.Member(id))));
            await FailsAsync(ErrorReason.ResourceNotFound, () => groups.PatchAsync("unknown", Operation.Replace(ids)));
            await FailsAsync(ErrorReason.ResourceNotFound, () => groups.AddAsync("unknown", ids));
        }

        Assert.Equal(0, await LeftAsync(groups.DirectoryId));
        await services.Database.InTransactionAsync(
            tx => DirectoryStore.CloseAsync(tx, groups.DirectoryId, CancellationToken.None), CancellationToken.None);
        await FailsAsync(ErrorReason.DirectoryState, () => groups.CreateAsync("Closed", many.Select(id => Operation.Member(id))));
        Assert.Equal(0, await LeftAsync(groups.DirectoryId));
    }

    [Fact]
    public async Task Edges_that_waited_for_a_user_are_told_when_the_user_comes()
    {
        var groups = await services.NewDirectoryAsync();
        var group = await groups.CreateAsync("Waiting", [Operation.Member("late", "Late")]);
        Assert.Empty(await groups.MemberIdsAsync(group.Id));

        // As the feed's consumer does it; identity itself issues ids that nobody can name before.
        await services.Database.InTransactionAsync(
            tx => services.Members.AddPresentAsync(tx, [groups.DirectoryId], ["late"], null, DateTimeOffset.UtcNow, CancellationToken.None),
            CancellationToken.None);

        Assert.Equal([new Member { Value = "late", Display = "Late", Type = MemberType.User }], (await groups.ReadAsync(group.Id)).Members);
        Assert.Equal(group.Version + 1, (await groups.GetAsync(group.Id)).Version);
        Assert.Equal(["late"], await services.FoldFeedAsync(groups.DirectoryId, group.Id));
        Assert.Equal(0, (await groups.UnresolvedAsync()).TotalSize);
    }

    [Fact]
    public async Task A_deleted_user_leaves_every_group_and_who_waits_for_it_sees_it()
    {
        var groups = await services.NewDirectoryAsync();
        var user = await services.NewUserAsync(groups.DirectoryId, "ada@acme.com");
        var other = await services.NewUserAsync(groups.DirectoryId, "bob@acme.com");
        var all = await Task.WhenAll(Enumerable.Range(0, 10).Select(i =>
            groups.CreateAsync($"Group {i}", [Operation.Member(user), Operation.Member(other)])));

        await services.DeleteUserAsync(groups.DirectoryId, user);
        var waited = await services.Client.AwaitUserDeletionAsync(new() { DirectoryId = groups.DirectoryId, UserId = user });

        Assert.True(waited.Applied);
        foreach (var group in all)
        {
            Assert.Equal([other], await groups.MemberIdsAsync(group.Id));
            Assert.Equal(group.Version + 1, (await groups.GetAsync(group.Id)).Version);
            Assert.Equal([other], await services.FoldFeedAsync(groups.DirectoryId, group.Id));
        }

        Assert.Empty(await groups.GroupsOfAsync(user));
        // Deleted is final: pushed again, the id is a stranger.
        await groups.AddAsync(all[0].Id, user);
        Assert.Equal([other], await groups.MemberIdsAsync(all[0].Id));
        Assert.Equal(1, (await groups.UnresolvedAsync()).TotalSize);
    }

    [Fact]
    public async Task Who_waits_for_a_deletion_that_does_not_come_is_told_so()
    {
        var groups = await services.NewDirectoryAsync();
        var user = await services.NewUserAsync(groups.DirectoryId, "ada@acme.com");

        var waited = await services.Client.AwaitUserDeletionAsync(new() { DirectoryId = groups.DirectoryId, UserId = user });

        Assert.False(waited.Applied);
    }

    [Fact]
    public async Task A_deleted_group_leaves_the_groups_it_was_a_member_of_and_tells_only_that()
    {
        var groups = await services.NewDirectoryAsync();
        var user = await services.NewUserAsync(groups.DirectoryId, "ada@acme.com");
        var nested = await groups.CreateAsync("Nested", [Operation.Member(user)]);
        var outer = await groups.CreateAsync("Outer", [Operation.Member(nested.Id)]);
        Assert.Equal([new Member { Value = nested.Id, Type = MemberType.Group }], (await groups.ReadAsync(outer.Id)).Members);
        var changes = await services.CountChangesAsync(groups.DirectoryId);

        await groups.DeleteAsync(nested.Id);

        Assert.Empty(await groups.MemberIdsAsync(outer.Id));
        // The group itself and its edge in the other; not its own edges.
        Assert.Equal(changes + 2, await services.CountChangesAsync(groups.DirectoryId));
        await FailsAsync(ErrorReason.ResourceNotFound, () => groups.DeleteAsync(nested.Id));
    }

    [Fact]
    public async Task A_deleted_directory_takes_everything_with_it_and_refuses_writes()
    {
        var groups = await services.NewDirectoryAsync();
        var users = await services.NewUsersAsync(groups.DirectoryId, 5);
        var group = await groups.CreateAsync("Gone", users.Select(u => Operation.Member(u)));
        await groups.CreateAsync("Gone too", [Operation.Member("stranger")]);

        await services.DeleteDirectoryAsync(groups.DirectoryId);

        await Eventually.True(async () => await LeftAsync(groups.DirectoryId) == 0, TimeSpan.FromSeconds(30), "everything is removed");
        await FailsAsync(ErrorReason.DirectoryState, () => groups.CreateAsync("New"));
        await FailsAsync(ErrorReason.DirectoryState, () => groups.AddAsync(group.Id, users[0]));
        Assert.Equal(0, await groups.CountAsync());
    }

    [Fact]
    public async Task A_directory_that_a_bootstrap_lists_again_is_open_again_and_no_longer_emptied()
    {
        var groups = await services.NewDirectoryAsync();
        await services.Database.InTransactionAsync(
            tx => DirectoryStore.CloseAsync(tx, groups.DirectoryId, CancellationToken.None), CancellationToken.None);
        Task? purge = null;

        await services.Database.InTransactionAsync(
            async tx =>
            {
                await DirectoryStore.AddAsync(tx, groups.DirectoryId, Guid.NewGuid(), CancellationToken.None);
                await services.Members.AddPresentAsync(
                    tx, [groups.DirectoryId], ["ada"], Guid.NewGuid(), DateTimeOffset.UtcNow, CancellationToken.None);
                purge = new DirectoryStore(services.Database).PurgeAsync(groups.DirectoryId, CancellationToken.None);
                await Eventually.True(
                    () => services.Database.Sql($"""
                        select exists (select from pg_stat_activity a where a.datname = current_database() and a.wait_event_type = 'Lock')
                        """).SingleAsync(row => row.GetBoolean(0), CancellationToken.None),
                    TimeSpan.FromSeconds(30),
                    "the purge waits");
            },
            CancellationToken.None);
        await purge!;

        Assert.False(await ClosedAsync(groups.DirectoryId));
        Assert.Equal(1, await LeftAsync(groups.DirectoryId));
        var group = await groups.CreateAsync("Back", [Operation.Member("ada")]);
        Assert.Equal(["ada"], await groups.MemberIdsAsync(group.Id));
    }

    private Task<bool> ClosedAsync(string directoryId) => services.Database.Sql($"""
        select exists (select from closed_directories c where c.directory_id = {directoryId})
        """).SingleAsync(row => row.GetBoolean(0), CancellationToken.None);

    private Task<long> LeftAsync(string directoryId) => services.Database.Sql($"""
        select (select count(*) from groups where directory_id = {directoryId})
          + (select count(*) from group_members where directory_id = {directoryId})
          + (select count(*) from group_slots where directory_id = {directoryId})
          + (select count(*) from members where directory_id = {directoryId})
          + (select count(*) from group_counts where directory_id = {directoryId})
        """).SingleAsync(row => row.GetInt64(0), CancellationToken.None);
}
