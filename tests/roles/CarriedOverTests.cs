namespace DirectorySync.Roles.Tests;

/// <summary>Who comes back after a deactivation has what the rules say now, but no protected role through a membership from before.</summary>
public sealed class CarriedOverTests(RolesHost host) : IClassFixture<RolesHost>
{
    [Fact]
    public async Task Deactivation_takes_all_in_one_change_and_reactivation_gives_what_the_rules_say_now()
    {
        var directory = await NewAsync();
        Assert.Equal(["carried-top", "carried-plain"], await directory.RolesOfAsync("ada"));

        await directory.ProfilesAsync(directory.Profile("ada", p => (p.UserVersion, p.Active) = (2, false)));
        Assert.Empty(await directory.RolesOfAsync("ada"));
        Assert.Equal("2 inactive ", (await directory.ToldAsync("ada"))[^1]);

        await directory.SetRulesAsync(
            RoleMode.Union, "", new RoleRule { Role = "carried-top", GroupId = "tops" }, new RoleRule { Role = "carried-other", GroupId = "plains" });
        await directory.ProfilesAsync(directory.Profile("ada", p => p.UserVersion = 3));

        Assert.Equal(["carried-other"], await directory.RolesOfAsync("ada"));
        Assert.Equal(["2 inactive ", "3 active carried-other"], (await directory.ToldAsync("ada"))[^2..]);
    }

    [Fact]
    public async Task A_carried_over_membership_gives_its_protected_role_when_it_is_named_again()
    {
        var directory = await NewAsync();
        await directory.ProfilesAsync(directory.Profile("ada", p => (p.UserVersion, p.Active) = (2, false)));
        await directory.ProfilesAsync(directory.Profile("ada", p => p.UserVersion = 3));
        // What is in no doubt stays, and the reason is told, whether group-membership has heard of the deactivation or not.
        await AssertWithheldAsync(directory);
        await directory.GroupsAsync(
            directory.Member("tops", "ada", carriedOver: true, memberVersion: 2), directory.Member("plains", "ada", carriedOver: true, memberVersion: 2));
        await AssertWithheldAsync(directory);

        await directory.GroupsAsync(directory.Member("tops", "ada", memberVersion: 2));

        Assert.Equal(["carried-top", "carried-plain"], await directory.RolesOfAsync("ada"));
    }

    [Fact]
    public async Task What_was_named_after_the_deactivation_counts_also_where_the_deactivation_comes_later()
    {
        var directory = await NewAsync();
        await directory.GroupsAsync(directory.Member("tops", "ada", carriedOver: true, memberVersion: 5));
        Assert.Equal(["carried-plain"], await directory.RolesOfAsync("ada"));
        await directory.GroupsAsync(directory.Member("tops", "ada", memberVersion: 5));

        await directory.ProfilesAsync(directory.Profile("ada", p => (p.UserVersion, p.Active) = (5, false)));
        await directory.ProfilesAsync(directory.Profile("ada", p => p.UserVersion = 6));

        Assert.Equal(["carried-top", "carried-plain"], await directory.RolesOfAsync("ada"));
    }

    [Fact]
    public async Task A_deactivation_is_not_missed_where_the_reactivation_comes_with_it()
    {
        var directory = await NewAsync();

        await directory.ProfilesAsync(
            directory.Profile("ada", p => p.UserVersion = 2),
            directory.Profile("ada", p => (p.UserVersion, p.Active) = (3, false)),
            directory.Profile("ada", p => p.UserVersion = 4));

        Assert.Equal(["carried-plain"], await directory.RolesOfAsync("ada"));
        // Older than the deactivation: says nothing about it.
        await directory.GroupsAsync(directory.Member("tops", "ada", memberVersion: 2));
        Assert.Equal(["carried-plain"], await directory.RolesOfAsync("ada"));
        await directory.GroupsAsync(directory.Member("tops", "ada", memberVersion: 3));
        Assert.Equal(["carried-top", "carried-plain"], await directory.RolesOfAsync("ada"));
    }

    private async Task AssertWithheldAsync(TestDirectory directory)
    {
        Assert.Equal(["carried-plain"], await directory.RolesOfAsync("ada"));
        var why = await host.Users.GetUserRolesExplanationAsync(new() { DirectoryId = directory.Id, UserId = "ada" });
        Assert.Equal((RoleOutcome.InEffect, RoleOutcome.CarriedOver), (why.Reasons[0].Outcome, why.Reasons[1].Outcome));
        Assert.Equal(
            "carried-plain, because of group \"Plains\"; carried-top, because of group \"Tops\", but not before the membership, which is from before "
            + "the user's deactivation, is pushed again or confirmed",
            why.Summary);
    }

    private async Task<TestDirectory> NewAsync()
    {
        foreach (var (slug, priority) in new[] { ("carried-top", 9), ("carried-plain", 5), ("carried-other", 4) })
        {
            await host.Roles.CreateRoleAsync(new()
            {
                Role = new() { Slug = slug, Priority = priority, Protected = slug == "carried-top" }, RequestId = slug,
            });
        }

        var directory = await host.NewDirectoryAsync();
        await directory.SetRulesAsync(
            RoleMode.Union, "", new RoleRule { Role = "carried-top", GroupId = "tops" }, new RoleRule { Role = "carried-plain", GroupId = "plains" });
        await directory.ProfilesAsync(directory.Profile("ada"));
        await directory.GroupsAsync(
            directory.Group("tops", "Tops"), directory.Group("plains", "Plains"), directory.Member("tops", "ada"), directory.Member("plains", "ada"));
        return directory;
    }
}
