using DirectorySync.Identity.V1;

namespace DirectorySync.Roles.Tests;

/// <summary>The last active holder of a protected role keeps it, where the organization wants that, and only then.</summary>
public sealed class GuardTests(RolesHost host) : IClassFixture<RolesHost>
{
    [Fact]
    public async Task Off_by_default()
    {
        var directory = await NewAsync(guarded: false, "ada");

        await directory.GroupsAsync(directory.Member("g1", "ada", deleted: true));

        Assert.Equal(["viewer"], await directory.RolesOfAsync("ada"));
    }

    [Fact]
    public async Task The_last_holder_keeps_it_until_another_appears()
    {
        var directory = await NewAsync(guarded: true, "ada", "bob");
        await directory.GroupsAsync(directory.Member("g1", "bob", deleted: true));
        Assert.Equal(["viewer"], await directory.RolesOfAsync("bob"));

        await directory.GroupsAsync(directory.Member("g1", "ada", deleted: true));
        Assert.Equal(["owner (kept)", "viewer"], await directory.RolesOfAsync("ada"));
        var problem = Assert.Single((await host.Rules.ListRoleProblemsAsync(new() { DirectoryId = directory.Id })).Problems);
        Assert.Equal(("PROTECTED_ROLE_KEPT", "ada"), (problem.Code, problem.ResourceId));
        var why = await host.Users.GetUserRolesExplanationAsync(new() { DirectoryId = directory.Id, UserId = "ada" });
        Assert.Equal(
            "owner, kept by the guard, because nobody else in the organization has it; "
                + "viewer, the default role, because nothing gives another",
            why.Summary);
        Assert.False(why.Pending);

        await directory.GroupsAsync(directory.Member("g1", "bob"));
        await UntilAsync(directory, "ada", "viewer");
        Assert.Equal(["owner"], await directory.RolesOfAsync("bob"));
        Assert.Empty((await host.Rules.ListRoleProblemsAsync(new() { DirectoryId = directory.Id })).Problems);
    }

    [Fact]
    public async Task A_holder_in_another_directory_of_the_organization_counts_and_in_another_organization_does_not()
    {
        var directory = await NewAsync(guarded: true, "ada");
        await NewAsync(guarded: true, "stranger");
        var other = await NewInAsync(directory.OrganizationId, guarded: true, "bob");

        await directory.GroupsAsync(directory.Member("g1", "ada", deleted: true));
        Assert.Equal(["viewer"], await directory.RolesOfAsync("ada"));
        await other.GroupsAsync(other.Member("g1", "bob", deleted: true));
        Assert.Equal(["owner (kept)", "viewer"], await other.RolesOfAsync("bob"));
    }

    [Fact]
    public async Task Deactivation_and_deletion_always_win()
    {
        var directory = await NewAsync(guarded: true, "ada", "bob");
        await directory.GroupsAsync(directory.Member("g1", "ada", deleted: true), directory.Member("g1", "bob", deleted: true));
        Assert.Equal(["owner (kept)", "viewer"], await directory.RolesOfAsync("bob"));

        await directory.ProfilesAsync(directory.Profile("bob", p => (p.UserVersion, p.Active) = (2, false)));
        Assert.Empty(await directory.RolesOfAsync("bob"));
        await directory.ProfilesAsync(directory.Profile("bob", p => p.UserVersion = 3));
        Assert.Equal(["viewer"], await directory.RolesOfAsync("bob"));
        await directory.GroupsAsync(directory.Member("g1", "ada"));
        await directory.ProfilesAsync(directory.Profile("ada", deleted: true));
        Assert.Empty((await host.Users.ListRoleUsersAsync(new() { DirectoryId = directory.Id, Role = "owner" })).Users);
    }

    [Fact]
    public async Task A_rule_change_leaves_it_to_one()
    {
        var users = Enumerable.Range(0, 1_200).Select(i => $"user{i:0000}").ToArray();
        var directory = await NewAsync(guarded: true, users);
        var rules = (await host.Rules.GetRoleRulesAsync(new() { DirectoryId = directory.Id })).Rules;
        rules.Rules.Clear();
        var preview = await host.Rules.PreviewRoleRulesAsync(new() { Rules = rules });
        Assert.True(preview.Differences.Single(difference => difference.Role == "owner").Guarded);

        await directory.SetRulesAsync(RoleMode.Priority, "viewer");

        var holder = Assert.Single((await host.Users.ListRoleUsersAsync(new() { DirectoryId = directory.Id, Role = "owner" })).Users);
        Assert.Equal(users[^1], holder.UserId);
    }

    [Fact]
    public async Task Of_many_removals_at_once_in_several_directories_exactly_one_is_kept()
    {
        var organization = Guid.CreateVersion7().ToString();
        for (var round = 0; round < 5; round++)
        {
            var all = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => NewInAsync(organization, guarded: true, $"user{i}")));
            await Task.WhenAll(all.Select((directory, i) => directory.GroupsAsync(directory.Member("g1", $"user{i}", deleted: true))));

            var kept = await Task.WhenAll(all.Select(async (directory, i) => (await directory.RolesOfAsync($"user{i}"))[0]));
            Assert.Single(kept, "owner (kept)");
            Assert.DoesNotContain("owner", kept);
            await Task.WhenAll(all.Select((directory, i) => directory.ProfilesAsync(directory.Profile($"user{i}", deleted: true))));
        }
    }

    [Fact]
    public async Task Removals_beside_deactivations_leave_no_active_user_without_whom_the_role_is_lost()
    {
        var organization = Guid.CreateVersion7().ToString();
        for (var round = 0; round < 10; round++)
        {
            var (a, b) = (await NewInAsync(organization, guarded: true, "ada"), await NewInAsync(organization, guarded: true, "bob"));
            await Task.WhenAll(
                a.ProfilesAsync(a.Profile("ada", p => (p.UserVersion, p.Active) = (2, false))),
                b.GroupsAsync(b.Member("g1", "bob", deleted: true)));

            // Whoever was first: if bob lost it while ada had it, ada's deactivation came after; then nobody may be kept.
            Assert.Empty(await a.RolesOfAsync("ada"));
            var told = await b.ToldAsync("bob");
            Assert.Contains(told[^1], (string[])["1 active owner viewer", "1 active viewer"]);
            if (told[^1] == "1 active viewer")
            {
                Assert.True(await ChangeIdAsync(b, "bob") < await ChangeIdAsync(a, "ada"), "bob lost it although ada had lost it before");
            }

            await b.ProfilesAsync(b.Profile("bob", deleted: true));
        }
    }

    [Fact]
    public async Task Switched_off_or_unprotected_it_ends()
    {
        var directory = await NewAsync(guarded: true, "ada");
        await directory.GroupsAsync(directory.Member("g1", "ada", deleted: true));
        Assert.Equal(["owner (kept)", "viewer"], await directory.RolesOfAsync("ada"));

        await host.Roles.UpdateRoleGuardAsync(new() { Guard = new() { OrganizationId = directory.OrganizationId } });

        await UntilAsync(directory, "ada", "viewer");
        Assert.False((await host.Roles.GetRoleGuardAsync(new() { OrganizationId = directory.OrganizationId })).Guard.Enabled);
    }

    [Fact]
    public async Task A_closed_directory_holds_nothing_for_others()
    {
        var directory = await NewAsync(guarded: true, "ada");
        var closing = await NewInAsync(directory.OrganizationId, guarded: true, "bob");

        await closing.TellAsync(DirectoryState.Deleting);
        await directory.GroupsAsync(directory.Member("g1", "ada", deleted: true));

        Assert.Equal(["owner (kept)", "viewer"], await directory.RolesOfAsync("ada"));
    }

    private async Task<long> ChangeIdAsync(TestDirectory directory, string userId) => await host.Database.Sql($"""
        select max(id) from changes where directory_id = {directory.Id} and resource_id = {userId}
        """).SingleAsync(row => row.GetInt64(0), CancellationToken.None);

    private static Task UntilAsync(TestDirectory directory, string userId, string role) => Eventually.True(
        async () => await directory.RolesOfAsync(userId) is [var only] && only == role, what: "what was kept is taken");

    private Task<TestDirectory> NewAsync(bool guarded, params string[] owners) =>
        NewInAsync(Guid.CreateVersion7().ToString(), guarded, owners);

    // All of them are owners by a group, else viewers.
    private async Task<TestDirectory> NewInAsync(string organizationId, bool guarded, params string[] owners)
    {
        await host.Roles.CreateRoleAsync(new() { Role = new() { Slug = "owner", Priority = 100, Protected = true }, RequestId = "owner" });
        await host.Roles.CreateRoleAsync(new() { Role = new() { Slug = "viewer", Priority = 1 }, RequestId = "viewer" });
        await host.Roles.UpdateRoleGuardAsync(new() { Guard = new() { OrganizationId = organizationId, Enabled = guarded } });
        var directory = await host.NewDirectoryAsync(organizationId);
        await directory.SetRulesAsync(RoleMode.Priority, "viewer", new RoleRule { Role = "owner", GroupId = "g1" });
        await directory.GroupsAsync([directory.Group("g1", "Owners"), .. owners.Select(owner => directory.Member("g1", owner))]);
        await directory.ProfilesAsync([.. owners.Select(owner => directory.Profile(owner))]);
        return directory;
    }
}
