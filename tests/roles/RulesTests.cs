using DirectorySync.Errors.V1;
using Google.Protobuf.WellKnownTypes;
using static DirectorySync.Roles.Tests.RolesHost;

namespace DirectorySync.Roles.Tests;

/// <summary>Roles and rules as administrators change them, and how users follow.</summary>
public sealed class RulesTests(RolesHost host) : IClassFixture<RolesHost>
{
    [Fact]
    public async Task A_role_is_created_changed_and_deleted()
    {
        var created = (await host.Roles.CreateRoleAsync(new() { Role = new() { Slug = "life", Protected = true }, RequestId = "r1" })).Role;
        Assert.Equal(("life", 1, false), (created.Name, created.Version, created.Assignable));
        Assert.Equal(created, (await host.Roles.CreateRoleAsync(new() { Role = new() { Slug = "life" }, RequestId = "r1" })).Role);
        await FailsAsync(ErrorReason.RoleSlugTaken, () => host.NewRoleAsync("life"));

        var mask = FieldMask.FromString("name,priority,assignable");
        var wanted = new Role { Slug = "life", Name = "Life", Priority = 7, Assignable = true };
        var updated = (await host.Roles.UpdateRoleAsync(new() { Role = wanted, UpdateMask = mask, ExpectedVersion = 1 })).Role;
        Assert.Equal(("Life", 7, true, true, 2), (updated.Name, updated.Priority, updated.Assignable, updated.Protected, updated.Version));
        Assert.Equal(updated, (await host.Roles.UpdateRoleAsync(new() { Role = wanted, UpdateMask = mask })).Role);
        await FailsAsync(
            ErrorReason.EtagMismatch,
            async () => await host.Roles.UpdateRoleAsync(new() { Role = new() { Slug = "life" }, UpdateMask = mask, ExpectedVersion = 1 }));

        var directory = await host.NewDirectoryAsync();
        await directory.SetRulesAsync(RoleMode.Union, "life");
        await FailsAsync(ErrorReason.RoleInUse, async () => await host.Roles.DeleteRoleAsync(new() { Slug = "life" }));
        await directory.SetRulesAsync(RoleMode.Union, "");
        await host.Roles.DeleteRoleAsync(new() { Slug = "life" });
        await FailsAsync(ErrorReason.ResourceNotFound, async () => await host.Roles.GetRoleAsync(new() { Slug = "life" }));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Admin")]
    [InlineData("-admin")]
    [InlineData("an admin")]
    [InlineData("admin\n")]
    public async Task A_slug_has_its_form(string slug) => await FailsAsync(ErrorReason.InvalidValue, () => host.NewRoleAsync(slug));

    [Fact]
    public async Task Rules_that_cannot_be_are_refused_with_their_place_and_change_nothing()
    {
        await host.NewRoleAsync("strict");
        var directory = await host.NewDirectoryAsync();
        var rules = await directory.SetRulesAsync(RoleMode.Union, "strict");
        foreach (var (rule, place) in new (RoleRule, string)[]
        {
            (new() { Role = "unknown", GroupId = "g" }, "rules[0].role"),
            (new() { Role = "strict" }, "rules[0]"),
            (new() { Role = "strict", GroupName = " " }, "rules[0].group_name"),
            (new() { Role = "strict", Attribute = new() { Attribute = "a" } }, "rules[0].value"),
        })
        {
            var refused = new RoleRules { DirectoryId = directory.Id, Rules = { rule } };
            var error = await FailsAsync(
                ErrorReason.InvalidValue, async () => await host.Rules.UpdateRoleRulesAsync(new() { Rules = refused }));
            Assert.Equal(place, Chassis.Errors.RpcErrors.FindMetadata(error, "attribute"));
            await FailsAsync(ErrorReason.InvalidValue, async () => await host.Rules.PreviewRoleRulesAsync(new() { Rules = refused }));
        }

        await FailsAsync(
            ErrorReason.EtagMismatch, async () => await host.Rules.UpdateRoleRulesAsync(new() { Rules = rules, ExpectedVersion = 9 }));
        Assert.Equal(rules, (await host.Rules.UpdateRoleRulesAsync(new() { Rules = rules, ExpectedVersion = 1 })).Rules);
        await FailsAsync(
            ErrorReason.ResourceNotFound,
            async () => await host.Rules.UpdateRoleRulesAsync(new() { Rules = new() { DirectoryId = "unknown" } }));
    }

    [Fact]
    public async Task A_preview_says_who_gains_and_who_loses_and_writes_nothing()
    {
        var directory = await NewAsync("preview", 30);
        var before = await CountChangesAsync(directory);
        var rules = new RoleRules
        {
            DirectoryId = directory.Id, Mode = RoleMode.Union, DefaultRole = "preview-basic",
            Rules = { new RoleRule { Role = "preview-top", GroupId = "half" } },
        };

        var preview = await host.Rules.PreviewRoleRulesAsync(new() { Rules = rules });

        Assert.Equal((30, 15), (preview.UserCount, preview.ChangedCount));
        Assert.Collection(
            preview.Differences,
            basic => Assert.Equal(("preview-basic", 0, 15), (basic.Role, basic.GainedCount, basic.LostCount)),
            top => Assert.Equal(("preview-top", 15, 0), (top.Role, top.GainedCount, top.LostCount)));
        var example = preview.Differences[1].Gained[0];
        Assert.Equal(("user00000", "user00000@acme.com"), (example.UserId, example.UserName));
        Assert.Equal("preview-basic", Assert.Single(example.Before));
        Assert.Equal("preview-top", Assert.Single(example.After));
        Assert.Equal(before, await CountChangesAsync(directory));
        Assert.Equal(["preview-basic"], await directory.RolesOfAsync("user00000"));

        await directory.SetRulesAsync(rules.Mode, rules.DefaultRole, [.. rules.Rules]);
        Assert.Equal(["preview-top"], await directory.RolesOfAsync("user00000"));
        Assert.Equal(0, (await host.Rules.PreviewRoleRulesAsync(new() { Rules = rules })).ChangedCount);
    }

    [Fact]
    public async Task A_rule_change_reaches_everybody_once_with_progress_whoever_dies_between()
    {
        var directory = await NewAsync("follow", 1_250);
        await using var replica = host.StartReplica();
        await host.Rules.UpdateRoleRulesAsync(new()
        {
            Rules = new() { DirectoryId = directory.Id, DefaultRole = "follow-basic", Rules = { new RoleRule { Role = "follow-top", GroupId = "half" } } },
        });

        // Two replicas and a caller at the same work.
        while (await host.Worker.RunBatchAsync(directory.Id, CancellationToken.None))
        {
        }

        var recomputation = await directory.SettledAsync();
        Assert.Equal((1_250, 1_250, 625, 2), (recomputation.Done, recomputation.Total, recomputation.Changed, recomputation.RulesVersion));
        Assert.True(recomputation.Rate > 0);
        Assert.Equal(["1 active follow-basic", "1 active follow-top"], await directory.ToldAsync("user00000"));
        Assert.Equal(["1 active follow-basic"], await directory.ToldAsync("user00001"));
        Assert.Equal(1_250 + 625, await CountChangesAsync(directory));
    }

    [Fact]
    public async Task Rule_changes_beside_membership_changes_end_in_what_both_say()
    {
        var directory = await NewAsync("race", 600);
        var users = Enumerable.Range(0, 600).Select(User).ToArray();
        await Task.WhenAll(
            Parallel.ForEachAsync(users.Chunk(20), async (some, _) =>
                await directory.GroupsAsync([.. some.Select(user => directory.Member("late", user))])),
            Task.Run(async () =>
            {
                for (var i = 0; i < 5; i++)
                {
                    await host.Rules.UpdateRoleRulesAsync(new()
                    {
                        Rules = new()
                        {
                            DirectoryId = directory.Id, Mode = RoleMode.Union, DefaultRole = i % 2 == 0 ? "" : "race-basic",
                            Rules = { new RoleRule { Role = "race-top", GroupId = "late" } },
                        },
                    });
                }
            }));

        await directory.SettledAsync();
        var holders = await host.Users.ListRoleUsersAsync(new() { DirectoryId = directory.Id, Role = "race-top", PageSize = 1_000 });
        Assert.Equal(600, holders.Users.Count);
        Assert.All(holders.Users, user => Assert.Equal("race-top", Assert.Single(user.Roles).Slug));
        Assert.Empty((await host.Users.ListRoleUsersAsync(new() { DirectoryId = directory.Id, Role = "race-basic" })).Users);
    }

    [Fact]
    public async Task A_changed_priority_and_a_deleted_role_reach_everybody()
    {
        await host.NewRoleAsync("rank-a", 2);
        await host.NewRoleAsync("rank-b", 1);
        var directory = await host.NewDirectoryAsync();
        await directory.ProfilesAsync(directory.Profile("ada", p => p.Roles.Add((string[])["rank-a", "rank-b"])));
        Assert.Equal(["rank-a"], await directory.RolesOfAsync("ada"));

        await host.Roles.UpdateRoleAsync(new() { Role = new() { Slug = "rank-b", Priority = 3 }, UpdateMask = FieldMask.FromString("priority") });
        await directory.SettledAsync();
        Assert.Equal(["rank-b"], await directory.RolesOfAsync("ada"));

        await host.Roles.DeleteRoleAsync(new() { Slug = "rank-b" });
        await directory.SettledAsync();
        Assert.Equal(["rank-a"], await directory.RolesOfAsync("ada"));
    }

    private static string User(int i) => $"user{i:00000}";

    // So many users with the basic role, every other one in the group "half".
    private async Task<TestDirectory> NewAsync(string prefix, int users)
    {
        await host.NewRoleAsync(prefix + "-top", 100);
        await host.NewRoleAsync(prefix + "-basic", 1);
        var directory = await host.NewDirectoryAsync();
        await directory.SetRulesAsync(RoleMode.Priority, prefix + "-basic");
        var all = Enumerable.Range(0, users).ToArray();
        await directory.GroupsAsync([.. all.Where(i => i % 2 == 0).Select(i => directory.Member("half", User(i)))]);
        foreach (var some in all.Chunk(500))
        {
            await directory.ProfilesAsync([.. some.Select(i => directory.Profile(User(i)))]);
        }

        return directory;
    }

    private Task<long> CountChangesAsync(TestDirectory directory) => host.Database.Sql($"""
        select count(*) from changes where directory_id = {directory.Id}
        """).SingleAsync(row => row.GetInt64(0), CancellationToken.None);
}
