using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using static DirectorySync.Roles.Tests.RolesHost;

namespace DirectorySync.Roles.Tests;

/// <summary>What other services tell becomes roles: once, in whatever order it comes.</summary>
public sealed class EffectiveRolesTests(RolesHost host) : IClassFixture<RolesHost>
{
    [Fact]
    public async Task Every_change_of_a_user_is_told_with_its_version_also_where_the_roles_stay()
    {
        var directory = await NewAsync();
        await directory.ProfilesAsync(directory.Profile("ada"));
        await directory.ProfilesAsync(directory.Profile("ada", p => p.UserVersion = 2));
        await directory.ProfilesAsync(directory.Profile("ada", p => (p.UserVersion, p.Active) = (3, false)));
        await directory.ProfilesAsync(directory.Profile("ada", p => p.UserVersion = 4));
        await directory.ProfilesAsync(directory.Profile("ada", p => p.UserVersion = 5, deleted: true));

        Assert.Equal(
            ["1 active viewer", "2 active viewer", "3 inactive ", "4 active viewer", "5 deleted viewer"], await directory.ToldAsync("ada"));
        Assert.Empty(await directory.RolesOfAsync("ada"));
    }

    [Fact]
    public async Task Each_version_is_told_also_where_several_come_at_once()
    {
        var directory = await NewAsync();
        await directory.ProfilesAsync(
            directory.Profile("ada"),
            directory.Profile("bob"),
            directory.Profile("ada", p => (p.UserVersion, p.Active) = (2, false)),
            directory.Profile("ada", p => p.UserVersion = 3),
            directory.Profile("bob", p => p.UserVersion = 2),
            directory.Profile("ada", p => p.UserVersion = 4, deleted: true));

        Assert.Equal(["1 active viewer", "2 inactive ", "3 active viewer", "4 deleted viewer"], await directory.ToldAsync("ada"));
        Assert.Equal(["1 active viewer", "2 active viewer"], await directory.ToldAsync("bob"));
        Assert.Empty(await directory.RolesOfAsync("ada"));
        Assert.Equal(["viewer"], await directory.RolesOfAsync("bob"));
    }

    [Fact]
    public async Task A_change_that_is_not_newer_has_no_effect_and_a_membership_that_changes_no_role_is_not_told()
    {
        var directory = await NewAsync();
        var late = directory.Profile("ada", p => (p.UserVersion, p.Active) = (1, false));
        await directory.ProfilesAsync(directory.Profile("ada", p => p.UserVersion = 2));
        await directory.ProfilesAsync(late);
        await directory.GroupsAsync(directory.Member("irrelevant", "ada"));

        Assert.Equal(["2 active viewer"], await directory.ToldAsync("ada"));
    }

    [Fact]
    public async Task What_arrives_early_waits()
    {
        var directory = await NewAsync(new RoleRule { Role = "effective-admin", GroupName = "IT Admins" });
        await directory.GroupsAsync(directory.Member("g1", "ada"));
        Assert.Empty(await directory.ToldAsync("ada"));

        await directory.ProfilesAsync(directory.Profile("ada"));
        Assert.Equal(["viewer"], await directory.RolesOfAsync("ada"));
        Assert.Equal("ROLE_RULE_WAITS_FOR_GROUP", Assert.Single(await ProblemsAsync(directory)).Code);

        await directory.GroupsAsync(directory.Group("g1", "it ADMINS"));
        Assert.Equal(["effective-admin"], await directory.RolesOfAsync("ada"));
        Assert.Empty(await ProblemsAsync(directory));
    }

    [Fact]
    public async Task A_rule_by_id_survives_a_rename_and_one_by_name_a_deletion_and_a_renewed_push()
    {
        var directory = await NewAsync(
            new RoleRule { Role = "effective-admin", GroupId = "g1" }, new RoleRule { Role = "effective-editor", GroupName = "Writers" });
        await directory.ProfilesAsync(directory.Profile("ada"), directory.Profile("bob"));
        await directory.GroupsAsync(
            directory.Group("g1", "Admins"), directory.Group("g2", "Writers"), directory.Member("g1", "ada"), directory.Member("g2", "bob"));
        await AssertRolesAsync(directory, "effective-admin", "effective-editor");

        await directory.GroupsAsync(directory.Group("g1", "Renamed"), directory.Group("g2", "Renamed too"));
        await AssertRolesAsync(directory, "effective-admin", "viewer");

        await directory.GroupsAsync(directory.Group("g2", "", deleted: true), directory.Group("g1", "", deleted: true));
        await AssertRolesAsync(directory, "viewer", "viewer");

        await directory.GroupsAsync(directory.Group("g3", "Writers"), directory.Member("g3", "bob"));
        await AssertRolesAsync(directory, "viewer", "effective-editor");
        Assert.Equal(1, await CountAsync(directory, $"memberships"));
    }

    [Fact]
    public async Task A_membership_comes_and_goes_within_one_batch_and_groups_in_groups_give_nothing()
    {
        var directory = await NewAsync(new RoleRule { Role = "effective-admin", GroupId = "g1" });
        await directory.ProfilesAsync(directory.Profile("ada"), directory.Profile("bob"));
        await directory.GroupsAsync(
            directory.Member("g1", "ada"), directory.Member("g1", "ada", deleted: true), directory.Member("g1", "bob", type: MemberType.Group));

        await AssertRolesAsync(directory, "viewer", "viewer");
        Assert.Equal(["1 active viewer"], await directory.ToldAsync("ada"));
    }

    [Fact]
    public async Task Reactivation_gives_what_the_rules_say_now()
    {
        var directory = await NewAsync(new RoleRule { Role = "effective-admin", GroupId = "g1" });
        await directory.ProfilesAsync(directory.Profile("ada"));
        await directory.GroupsAsync(directory.Member("g1", "ada"));
        Assert.Equal(["effective-admin"], await directory.RolesOfAsync("ada"));
        await directory.ProfilesAsync(directory.Profile("ada", p => (p.UserVersion, p.Active) = (2, false)));
        Assert.Empty(await directory.RolesOfAsync("ada"));

        await directory.SetRulesAsync(RoleMode.Priority, "viewer", new RoleRule { Role = "effective-editor", GroupId = "g1" });
        await directory.ProfilesAsync(directory.Profile("ada", p => p.UserVersion = 3));

        Assert.Equal(
            ["1 active viewer", "1 active effective-admin", "2 inactive ", "3 active effective-editor"], await directory.ToldAsync("ada"));
    }

    [Fact]
    public async Task Attributes_and_scim_roles_give_roles()
    {
        var directory = await NewAsync(
            new RoleRule { Role = "effective-admin", Attribute = new() { Attribute = "department_name", Value = "IT" } },
            new RoleRule { Role = "effective-editor", ScimRole = "wr" });
        await directory.ProfilesAsync(
            directory.Profile("ada", p => p.Attributes.Add(new AttributeMapping.V1.ProfileAttribute { Name = "department_name", Json = "\"IT\"" })),
            directory.Profile("bob", p => p.Roles.Add("WR")));
        await AssertRolesAsync(directory, "effective-admin", "effective-editor");

        await directory.ProfilesAsync(directory.Profile("bob", p => p.Roles.Add("effective-admin")));
        await AssertRolesAsync(directory, "effective-admin", "effective-admin");
    }

    [Fact]
    public async Task Two_feeds_at_once_lose_nothing()
    {
        var directory = await NewAsync(new RoleRule { Role = "effective-admin", GroupId = "g1" });
        var users = Enumerable.Range(0, 200).Select(i => $"user{i:000}").ToArray();
        await Task.WhenAll(
            Parallel.ForEachAsync(users, async (user, _) => await directory.ProfilesAsync(directory.Profile(user))),
            Parallel.ForEachAsync(users, async (user, _) => await directory.GroupsAsync(directory.Member("g1", user))));

        var holders = await host.Users.ListRoleUsersAsync(new() { DirectoryId = directory.Id, Role = "effective-admin", PageSize = 150 });
        var rest = await host.Users.ListRoleUsersAsync(
            new() { DirectoryId = directory.Id, Role = "effective-admin", PageSize = 150, PageToken = holders.NextPageToken });
        Assert.Equal(users, holders.Users.Concat(rest.Users).Select(user => user.UserId));
        Assert.Empty(rest.NextPageToken);
    }

    [Fact]
    public async Task Until_all_has_arrived_nothing_is_concluded_but_deactivation_counts()
    {
        var directory = await NewAsync(new RoleRule { Role = "effective-admin", GroupId = "g1" });
        await directory.ProfilesAsync(directory.Profile("ada"), directory.Profile("bob"));
        await directory.GroupsAsync(directory.Member("g1", "ada"), directory.Member("g1", "bob"));
        await host.SetReadyAsync(false, "group-membership");
        try
        {
            await directory.GroupsAsync(directory.Member("g1", "ada", deleted: true));
            await directory.ProfilesAsync(directory.Profile("bob", p => (p.UserVersion, p.Active) = (2, false)), directory.Profile("eve"));
            Assert.Equal(["effective-admin"], await directory.RolesOfAsync("ada"));
            Assert.Empty(await directory.RolesOfAsync("bob"));
            await FailsAsync(ErrorReason.NotCaughtUp, () => directory.RolesOfAsync("eve"));
            Assert.Equal(
                RoleRecomputationState.Waiting,
                (await host.Rules.GetRoleRulesAsync(new() { DirectoryId = directory.Id })).Recomputation.State);
        }
        finally
        {
            await host.SetReadyAsync(true, "group-membership");
        }

        await directory.SettledAsync();
        Assert.Equal(["viewer"], await directory.RolesOfAsync("ada"));
        Assert.Equal(["viewer"], await directory.RolesOfAsync("eve"));
    }

    [Fact]
    public async Task A_bootstrap_overwrites_what_is_listed_and_sweeps_the_rest()
    {
        var directory = await NewAsync(new RoleRule { Role = "effective-admin", GroupId = "g1" });
        await directory.ProfilesAsync(directory.Profile("ada"), directory.Profile("bob"));
        await directory.GroupsAsync(directory.Group("g1", "Admins"), directory.Member("g1", "ada"), directory.Member("g1", "bob"));

        // Restored to an older state: older versions count.
        var bootstrap = Guid.NewGuid();
        await host.ApplyAsync("group-membership", [directory.Group("g1", "Old", version: 0), directory.Member("g1", "ada", version: 0)], bootstrap);
        await host.SweepAsync("group-membership", bootstrap);
        await directory.SettledAsync();
        await AssertRolesAsync(directory, "effective-admin", "viewer");

        await host.ApplyAsync("attribute-mapping", [directory.Profile("ada", p => p.UserVersion = 7, version: 0)], bootstrap);
        await host.SweepAsync("attribute-mapping", bootstrap);
        Assert.Equal("7 active effective-admin", (await directory.ToldAsync("ada"))[^1]);
        Assert.Equal("1 deleted viewer", (await directory.ToldAsync("bob"))[^1]);
    }

    [Fact]
    public async Task A_deleted_directory_is_emptied_and_takes_nothing_more()
    {
        var directory = await NewAsync(new RoleRule { Role = "effective-admin", GroupId = "g1" });
        await directory.ProfilesAsync(directory.Profile("ada"));
        await directory.GroupsAsync(directory.Group("g1", "Admins"), directory.Member("g1", "ada"));
        Assert.Equal(["effective-admin"], await directory.RolesOfAsync("ada"));

        await directory.TellAsync(DirectoryState.Deleting);
        await directory.ProfilesAsync(directory.Profile("late"));
        await directory.GroupsAsync(directory.Member("g1", "late"));

        await Eventually.True(async () => await host.Database.Sql($"""
            select purge_time is not null from closed_directories where directory_id = {directory.Id}
            """).SingleAsync(row => row.GetBoolean(0), CancellationToken.None));
        await FailsAsync(ErrorReason.ResourceNotFound, () => directory.RolesOfAsync("ada"));
        foreach (var table in (SqlText[])[$"users", $"groups", $"memberships", $"role_users", $"role_rules", $"rule_roles", $"recomputations"])
        {
            Assert.Equal(0, await CountAsync(directory, table));
        }

        Assert.Equal(2, (await directory.ToldAsync("ada")).Count);
    }

    [Fact]
    public async Task A_deleted_directory_is_emptied_once_more_after_ten_minutes_however_many_replicas_did_it_the_first_time()
    {
        var directory = await NewAsync();
        await directory.TellAsync(DirectoryState.Deleting);
        var store = host.Get<DirectoryStore>();
        await store.PurgeAsync(directory.Id, CancellationToken.None);
        await store.PurgeAsync(directory.Id, CancellationToken.None);

        // What had begun before it was closed.
        await host.Database.Sql($"insert into groups (directory_id, id, display_name, name_key, version) values ({directory.Id}, 'late', 'Late', 'late', 1)")
            .ExecuteAsync(CancellationToken.None);
        await host.Database.Sql($"""
            insert into parked_changes (directory_id, feed, resource_type, resource_id, version, change_id, change, reason)
            values ({directory.Id}, 'attribute-mapping', 'thing', 'late', 1, 1, '\x', 'Exception')
            """).ExecuteAsync(CancellationToken.None);
        await host.Database.Sql($"update closed_directories set purge_time = purge_time - interval '11 minutes' where directory_id = {directory.Id}")
            .ExecuteAsync(CancellationToken.None);

        await Eventually.True(async () => await host.Database.Sql($"""
            select purged_again from closed_directories where directory_id = {directory.Id}
            """).SingleAsync(row => row.GetBoolean(0), CancellationToken.None));
        Assert.Equal(0, await CountAsync(directory, $"groups"));
        Assert.Equal(0, await CountAsync(directory, $"parked_changes"));
        Assert.DoesNotContain(directory.Id, await store.ListToPurgeAsync(CancellationToken.None));
    }

    private async Task<TestDirectory> NewAsync(params RoleRule[] rules)
    {
        foreach (var (slug, priority) in new[] { ("effective-admin", 100), ("effective-editor", 50), ("viewer", 1) })
        {
            await host.Roles.CreateRoleAsync(new() { Role = new() { Slug = slug, Priority = priority }, RequestId = slug });
        }

        var directory = await host.NewDirectoryAsync();
        await directory.SetRulesAsync(RoleMode.Priority, "viewer", rules);
        return directory;
    }

    private async Task<IReadOnlyList<Problem>> ProblemsAsync(TestDirectory directory) =>
        (await host.Rules.ListRoleProblemsAsync(new() { DirectoryId = directory.Id })).Problems;

    private static async Task AssertRolesAsync(TestDirectory directory, string ada, string bob)
    {
        Assert.Equal([ada], await directory.RolesOfAsync("ada"));
        Assert.Equal([bob], await directory.RolesOfAsync("bob"));
    }

    private Task<long> CountAsync(TestDirectory directory, SqlText table) => host.Database.Sql($"""
        select count(*) from {table} where directory_id = {directory.Id}
        """).SingleAsync(row => row.GetInt64(0), CancellationToken.None);
}
