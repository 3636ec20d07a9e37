using System.Text.Json;
using DirectorySync.Identity.V1;

namespace DirectorySync.Events.Tests;

public sealed class TellingTests(EventsHost host) : IClassFixture<EventsHost>
{
    [Fact]
    public async Task A_user_is_told_once_with_profile_and_roles_of_the_same_version()
    {
        var directory = await host.NewDirectoryAsync();

        await host.ApplyAsync("roles", [directory.Roles("ada", 1, ["admin", "editor"])]);
        await host.ApplyAsync("identity", [directory.User("ada", 2)]);
        await host.ApplyAsync("attribute-mapping", [directory.Profile("ada", 2, p => p.Attributes.Add(new AttributeMapping.V1.ProfileAttribute
        {
            Name = "department_name", Json = "\"Sales\"",
        }))]);
        Assert.Equal(["activated"], await directory.ToldAsync());

        await host.ApplyAsync("roles", [directory.Roles("ada", 2, ["admin", "editor"])]);

        Assert.Equal(["activated", "user.created ada"], await directory.ToldAsync());
        var data = JsonDocument.Parse((await directory.EventsAsync())[1].DataJson).RootElement;
        Assert.Equal("directory_user", data.GetProperty("object").GetString());
        Assert.Equal("Sales", data.GetProperty("custom_attributes").GetProperty("department_name").GetString());
        Assert.Equal("admin", data.GetProperty("role").GetProperty("slug").GetString());
        Assert.Equal(["admin", "editor"], data.GetProperty("roles").EnumerateArray().Select(role => role.GetProperty("slug").GetString()!));
        Assert.Equal((directory.Id, directory.OrganizationId), (Text(data, "directory_id"), Text(data, "organization_id")));
        Assert.Equal(("00u-ada", "ada@acme.com", "ada Doe", "active"), (Text(data, "idp_id"), Text(data, "email"), Text(data, "name"), Text(data, "state")));
    }

    [Fact]
    public async Task What_changes_nothing_that_applications_see_is_not_told()
    {
        var directory = await host.NewDirectoryAsync();
        await directory.UserAsync("ada", 1);
        await directory.GroupsAsync(directory.Group("admins", "Admins"));
        await directory.SettledAsync();

        await directory.UserAsync("ada", 2);
        await directory.GroupsAsync(directory.Group("admins", "Admins"));
        await directory.UserAsync("ada", 3, p => p.Problems.Add(new AttributeMapping.V1.ProfileProblem { Code = "REQUIRED_MISSING", Attribute = "team" }));

        Assert.Equal(["activated", "user.created ada", "group.created admins"], await directory.ToldAsync());
        var user = (await host.Reads.GetDirectoryUserAsync(new() { Id = "ada", DirectoryId = directory.Id })).User;
        Assert.Equal(["team null"], user.User.Attributes.Select(attribute => $"{attribute.Name} {attribute.Json}"));
    }

    [Fact]
    public async Task An_update_says_what_was_there_before()
    {
        var directory = await host.NewDirectoryAsync();
        await directory.UserAsync("ada", 1, p => p.Attributes.Add(new AttributeMapping.V1.ProfileAttribute { Name = "team", Json = "\"A\"" }));
        await directory.SettledAsync();

        await directory.UserAsync(
            "ada", 2,
            p =>
            {
                p.LastName = "Lovelace";
                p.Attributes.Add(new AttributeMapping.V1.ProfileAttribute { Name = "team", Json = "\"B\"" });
                p.Attributes.Add(new AttributeMapping.V1.ProfileAttribute { Name = "floor", Json = "3" });
            },
            ["admin"]);

        var events = await directory.EventsAsync();
        Assert.Equal("dsync.user.updated", events[^1].Type);
        Assert.Equal(
            """{"last_name":"Doe","name":"ada Doe","roles":[],"role":null,"custom_attributes":{"team":"A","floor":null}}""",
            JsonDocument.Parse(events[^1].DataJson).RootElement.GetProperty("previous_attributes").GetRawText());
    }

    [Fact]
    public async Task A_membership_waits_for_both_its_ends()
    {
        var directory = await host.NewDirectoryAsync();

        await directory.GroupsAsync(directory.Member("admins", "ada"));
        await directory.GroupsAsync(directory.Group("admins", "Admins"));
        Assert.Equal(["activated", "group.created admins"], await directory.ToldAsync());
        await directory.UserAsync("ada", 1);
        await directory.UserAsync("bob", 1);
        await directory.GroupsAsync(directory.Member("late", "bob"));
        Assert.Equal(["user.created ada", "group.user_added ada admins", "user.created bob"], await directory.ToldAsync(2));
        await directory.GroupsAsync(directory.Group("late", "Late"));

        Assert.Equal(["group.created late", "group.user_added bob late"], await directory.ToldAsync(5));
    }

    [Fact]
    public async Task A_deletion_tells_the_memberships_first_and_a_groups_deletion_only_itself()
    {
        var directory = await host.NewDirectoryAsync();
        await directory.UserAsync("ada", 1);
        await directory.UserAsync("bob", 1);
        await directory.GroupsAsync(
            directory.Group("one", "One"), directory.Group("two", "Two"), directory.Member("one", "ada"), directory.Member("two", "ada"),
            directory.Member("two", "bob"));
        var before = (await directory.ToldAsync()).Count;

        await directory.DeleteUserAsync("ada", 2);
        await directory.GroupsAsync(directory.Member("one", "ada", deleted: true), directory.Member("two", "ada", deleted: true));
        Assert.Equal(["group.user_removed ada one", "group.user_removed ada two", "user.deleted ada (deleted)"], await directory.ToldAsync(before));
        await directory.GroupsAsync(directory.Group("two", "Two", deleted: true));

        Assert.Equal(["group.deleted two (deleted)"], await directory.ToldAsync(before + 3));
        Assert.Equal(0, await CountAsync($"directory_users where directory_id = {directory.Id} and id = 'ada'"));
        Assert.Equal(0, await CountAsync($"memberships where directory_id = {directory.Id}"));
    }

    [Fact]
    public async Task A_deactivation_takes_the_user_with_its_memberships_and_a_reactivation_brings_them_back()
    {
        var directory = await host.NewDirectoryAsync();
        await directory.UserAsync("ada", 1);
        await directory.GroupsAsync(directory.Group("admins", "Admins"), directory.Member("admins", "ada"));
        var before = (await directory.ToldAsync()).Count;

        await directory.UserAsync("ada", 2, p => p.Active = false);
        Assert.Equal(["group.user_removed ada admins", "user.deleted ada (deactivated)"], await directory.ToldAsync(before));
        await directory.GroupsAsync(directory.Member("admins", "ada", carriedOver: true));
        await directory.UserAsync("ada", 3);

        Assert.Equal(["user.created ada (activated)", "group.user_added ada admins (carried over)"], await directory.ToldAsync(before + 2));
    }

    [Theory]
    [InlineData(InactiveMemberships.Dropped, "group.user_removed ada admins", "user.updated ada (deactivated)")]
    [InlineData(InactiveMemberships.Kept, "user.updated ada (deactivated)")]
    public async Task Inactive_users_are_retained_where_the_policy_says_so(InactiveMemberships memberships, params string[] told)
    {
        var directory = await host.NewDirectoryAsync();
        await directory.TellAsync(DirectoryState.Active, InactiveUsers.Retained, memberships);
        await directory.UserAsync("ada", 1);
        await directory.GroupsAsync(directory.Group("admins", "Admins"), directory.Member("admins", "ada"));
        var before = (await directory.ToldAsync()).Count;

        await directory.UserAsync("ada", 2, p => p.Active = false);

        Assert.Equal(told, await directory.ToldAsync(before));
        Assert.False((await host.Reads.GetDirectoryUserAsync(new() { Id = "ada", DirectoryId = directory.Id })).User.User.Active);
    }

    [Fact]
    public async Task A_changed_policy_tells_its_difference()
    {
        var directory = await host.NewDirectoryAsync();
        await directory.UserAsync("ada", 1, p => p.Active = false);
        await directory.UserAsync("bob", 1);
        Assert.Equal(["activated", "user.created bob"], await directory.ToldAsync());

        await directory.TellAsync(DirectoryState.Active, InactiveUsers.Retained);
        await Eventually.True(async () => (await directory.EventsAsync()).Count == 3, what: "the policy is followed");
        Assert.Equal(["user.created ada"], await directory.ToldAsync(2));
        await directory.TellAsync(DirectoryState.Active, InactiveUsers.Removed);
        await Eventually.True(async () => (await directory.EventsAsync()).Count == 4, what: "the policy is followed");

        Assert.Equal(["user.deleted ada (deactivated)"], await directory.ToldAsync(3));
    }

    [Fact]
    public async Task A_deleted_directory_tells_its_end_and_nothing_more_and_is_emptied()
    {
        var directory = await host.NewDirectoryAsync();
        await directory.UserAsync("ada", 1);
        await directory.SettledAsync();

        await directory.TellAsync(DirectoryState.Deleting);
        await directory.UserAsync("bob", 1);

        Assert.Equal(["activated", "user.created ada", "deleted (deleted)"], await directory.ToldAsync());
        await Eventually.True(
            async () => await CountAsync($"directory_users where directory_id = {directory.Id}") == 0, what: "the directory is emptied");
        await EventsHost.FailsAsync(Errors.V1.ErrorReason.ResourceNotFound, async () =>
            await host.Reads.ListDirectoryUsersAsync(new() { DirectoryId = directory.Id }));
    }

    private Task<long> CountAsync(DirectorySync.Chassis.Sql.SqlText from) =>
        host.Database.Sql($"select count(*) from {from}").SingleAsync(row => row.GetInt64(0), CancellationToken.None);

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    [Fact]
    public async Task Tokens_are_told_when_they_are_created_and_revoked_and_not_at_all_if_nobody_knew_of_them()
    {
        var directory = await host.NewDirectoryAsync(DirectoryState.Preview);
        await host.ApplyAsync("identity", [directory.Token("one"), directory.Token("two"), directory.Token("short-lived")]);
        await host.ApplyAsync("identity", [directory.Token("short-lived", revoked: true)]);
        Assert.Equal(
            ["dsync.activated 1", "dsync.token.created 2"],
            (await host.Reads.GetDifferenceAsync(new() { DirectoryId = directory.Id })).Differences.Select(d => $"{d.Type} {d.Count}"));

        await directory.TellAsync(DirectoryState.Active);
        Assert.Equal(["activated", "token.created one", "token.created two"], await directory.ToldAsync());
        await host.ApplyAsync("identity", [directory.Token("one", revoked: true), directory.Token("two", deleted: true)]);

        Assert.Equal(["token.revoked one", "token.revoked two"], await directory.ToldAsync(3));
    }
}
