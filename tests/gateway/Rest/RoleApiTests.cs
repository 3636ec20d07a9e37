using System.Text.Json;
using DirectorySync.Kit;

namespace DirectorySync.Gateway.Tests.Rest;

/// <summary>Roles and rules through the REST API, and what of them identity providers see.</summary>
[Collection(RunningGateway.Name)]
public sealed class RoleApiTests(RunningGateway gateway)
{
    [Fact]
    public async Task A_role_is_created_read_changed_and_deleted()
    {
        var created = (await gateway.PostAsync("/roles", """{"slug": "rest-admin", "priority": 5, "protected": true}""")).Expect(201);
        Assert.Equal(("role", "rest-admin", false), (created.Text("object"), created.Text("name"), created.Json.GetProperty("assignable").GetBoolean()));
        (await gateway.PostAsync("/roles", """{"slug": "rest-admin"}""")).Expect(409, "role_slug_taken");
        Assert.Equal(["slug"], (await gateway.PostAsync("/roles", """{"slug": "No slug"}""")).Expect(422).Fields);
        Assert.Equal(["colour"], (await gateway.PostAsync("/roles", """{"slug": "x", "colour": "red"}""")).Expect(422).Fields);

        var changed = (await gateway.SendAsync("PATCH", "/roles/rest-admin", """{"name": "Admin", "description": "May do all"}""")).Expect(200);
        Assert.Equal(("Admin", "May do all", 5), (changed.Text("name"), changed.Text("description"), changed.Json.GetProperty("priority").GetInt32()));
        Assert.Equal(changed.Body, (await gateway.GetAsync("/roles/rest-admin")).Expect(200).Body);
        Assert.Contains("rest-admin", (await gateway.GetAsync("/roles")).Expect(200).Data.Select(role => role.GetProperty("slug").GetString()));

        (await gateway.SendAsync("DELETE", "/roles/rest-admin")).Expect(204);
        (await gateway.GetAsync("/roles/rest-admin")).Expect(404, "not_found");
    }

    [Fact]
    public async Task Rules_are_tried_set_and_followed()
    {
        await gateway.PostAsync("/roles", """{"slug": "rest-editor"}""");
        var directory = await gateway.CreateDirectoryAsync(await gateway.CreateOrganizationAsync());
        const string rules = """
            {"mode": "union", "default_role": "rest-editor", "rules": [
              {"role": "rest-editor", "group_name": "Writers"},
              {"role": "rest-editor", "attribute": "department_name", "operator": "contains", "value": "Press"},
              {"role": "rest-editor", "scim_role": "wr"}, {"role": "rest-editor", "group_id": "g1"}]}
            """;

        var preview = (await gateway.PostAsync($"/directories/{directory}/role_rules/preview", rules)).Expect(200);
        Assert.Equal((0, 0), (preview.Json.GetProperty("user_count").GetInt32(), preview.Json.GetProperty("changed_count").GetInt32()));
        Assert.Equal(0, Version(await gateway.GetAsync($"/directories/{directory}/role_rules")));

        var set = (await gateway.SendAsync("PUT", $"/directories/{directory}/role_rules", rules)).Expect(200);
        Assert.Equal(1, Version(set));
        using (var sent = JsonDocument.Parse(rules))
        {
            Assert.True(JsonElement.DeepEquals(sent.RootElement.GetProperty("rules"), set.Json.GetProperty("rules")), set.Body);
        }

        await Eventually.True(
            async () => (await gateway.GetAsync($"/directories/{directory}/role_rules")).Json.GetProperty("recomputation").GetProperty("state")
                .GetString() == "up_to_date",
            what: "the rules are followed");
        (await gateway.SendAsync("PUT", $"/directories/{directory}/role_rules", """{"version": 7}""")).Expect(409, "etag_mismatch");
        (await gateway.SendAsync("DELETE", "/roles/rest-editor")).Expect(409, "role_in_use");
        Assert.Contains(
            "ROLE_RULE_WAITS_FOR_GROUP",
            (await gateway.GetAsync($"/directories/{directory}/problems")).Expect(200).Data.Select(problem => problem.GetProperty("code").GetString()));
        (await gateway.GetAsync($"/directories/{directory}/users/unknown/roles")).Expect(404, "not_found");
        Assert.Empty((await gateway.GetAsync($"/directories/{directory}/roles/rest-editor/users")).Expect(200).Data);
    }

    [Theory]
    [InlineData("""{"rules": [{"role": "unknown", "group_id": "g"}]}""", "rules[0].role")]
    [InlineData("""{"rules": [{"role": "unknown"}]}""", "rules[0].role")]
    [InlineData("""{"rules": [{"role": "unknown", "group_id": "g", "scim_role": "s"}]}""", "rules[0].role")]
    [InlineData("""{"rules": [{"role": "unknown", "group_id": "g", "value": "v"}]}""", "rules[0].value")]
    [InlineData("""{"mode": "some"}""", "mode")]
    [InlineData("""{"default_role": "unknown"}""", "default_role")]
    public async Task Rules_that_cannot_be_are_refused(string rules, string field)
    {
        var directory = await gateway.CreateDirectoryAsync(await gateway.CreateOrganizationAsync());

        Assert.Equal([field], (await gateway.SendAsync("PUT", $"/directories/{directory}/role_rules", rules)).Expect(422).Fields);
        Assert.Equal([field], (await gateway.PostAsync($"/directories/{directory}/role_rules/preview", rules)).Expect(422).Fields);
        Assert.Equal(0, Version(await gateway.GetAsync($"/directories/{directory}/role_rules")));
    }

    [Fact]
    public async Task The_guard_is_off_until_an_administrator_switches_it_on()
    {
        var organization = await gateway.CreateOrganizationAsync();
        var path = $"/organizations/{organization}/role_guard";

        Assert.False((await gateway.GetAsync(path)).Expect(200).Json.GetProperty("enabled").GetBoolean());
        Assert.Equal(["enabled"], (await gateway.SendAsync("PUT", path, "{}")).Expect(422).Fields);
        (await gateway.SendAsync("PUT", path, """{"enabled": true}""")).Expect(200);
        Assert.True((await gateway.GetAsync(path)).Expect(200).Json.GetProperty("enabled").GetBoolean());
        (await gateway.GetAsync("/organizations/unknown/role_guard")).Expect(404, "not_found");
    }

    private static int Version(RestAnswer answer) => answer.Expect(200).Json.GetProperty("version").GetInt32();
}
