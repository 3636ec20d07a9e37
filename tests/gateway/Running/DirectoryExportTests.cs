using System.Text.Json;
using DirectorySync.Kit;

namespace DirectorySync.Gateway.Tests.Running;

/// <summary>What leaves a directory as a whole: snapshots, settings; and its reconciliation.</summary>
[Collection(RunningGateway.Name)]
public sealed class DirectoryExportTests(RunningGateway running)
{
    [Fact]
    public async Task A_snapshot_has_all_users_and_groups_as_lines_and_as_a_table_that_no_spreadsheet_runs()
    {
        var directory = await running.Stack.CreateDirectoryAsync();
        using var scim = directory.Client();
        var ada = await CreateAsync(scim, "Users", User("ada@example.com", "=HYPERLINK(1)", "\"Shirt\", large"));
        var bob = await CreateAsync(scim, "Users", User("bob@example.com", " -1+1", "S"));
        await CreateAsync(scim, "Groups", $$"""
            {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "@Readers", "members": [{"value": "{{ada}}"}, {"value": "{{bob}}"}]}
            """);
        await Eventually.True(
            async () => (await running.GetAsync($"/events?directory={directory.Id}&events=dsync.group.user_added")).Data.Count() == 2, what: "all is told");

        var lines = (await running.GetAsync($"/directories/{directory.Id}/snapshot")).Expect(200).Body.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            ["snapshot", "directory_group", "directory_user", "directory_user", "snapshot_end"],
            lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("object").GetString()!));
        foreach (var (shape, line) in ((string[])["SnapshotStart", "DirectoryGroup", "SnapshotUser", "SnapshotUser", "SnapshotEnd"]).Zip(lines))
        {
            Assert.Empty(ApiDescription.Check(shape, line));
        }

        var cursor = JsonDocument.Parse(lines[0]).RootElement.GetProperty("cursor").GetString();
        Assert.Empty((await running.GetAsync($"/events?directory={directory.Id}&after={cursor}")).Expect(200).Data);

        var csv = (await running.GetAsync($"/directories/{directory.Id}/snapshot?format=csv")).Expect(200);
        var rows = csv.Body.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("id,idp_id,email,first_name,last_name,username,state,roles,groups,created_at,updated_at,tag: Size", rows[0]);
        Assert.StartsWith($"{ada},,ada@example.com,'=HYPERLINK(1),Doe,ada@example.com,active,,'@Readers,", rows[1], StringComparison.Ordinal);
        Assert.EndsWith(",\"\"\"Shirt\"\", large\"", rows[1], StringComparison.Ordinal);
        Assert.Contains(",' -1+1,Doe,", rows[2], StringComparison.Ordinal);

        (await running.GetAsync($"/directories/{directory.Id}/snapshot?format=xml")).Expect(422, "invalid_request");
        (await running.GetAsync($"/directories/{Guid.CreateVersion7()}/snapshot")).Expect(404);
    }

    [Fact]
    public async Task Settings_are_carried_from_one_directory_to_another_and_a_part_that_is_refused_keeps_all_as_it_was()
    {
        var organization = await running.CreateOrganizationAsync();
        var (one, other) = (await running.CreateDirectoryAsync(organization), await running.CreateDirectoryAsync(organization, "Other"));
        var role = $"role-{Guid.NewGuid():N}"[..20];
        (await running.PostAsync("/roles", $$"""{"slug": "{{role}}", "name": "Role", "priority": 1}""")).Expect(201);
        (await running.SendAsync("PATCH", $"/directories/{one}", """{"policies": {"inactive_users": "retained", "rate_limit": 7}}""")).Expect(200);
        (await running.SendAsync("PUT", $"/directories/{one}/attribute_mapping", """{"rules": [{"attribute": "email", "paths": ["userName"]}]}""")).Expect(200);
        (await running.SendAsync("PUT", $"/directories/{one}/role_rules", $$"""{"rules": [{"role": "{{role}}", "group_name": "Admins"}]}""")).Expect(200);

        var exported = (await running.GetAsync($"/directories/{one}/settings")).Expect(200);
        var imported = (await running.SendAsync("PUT", $"/directories/{other}/settings", exported.Body)).Expect(200);
        Assert.Equal(exported.Body, imported.Body);
        Assert.Equal(exported.Body, (await running.GetAsync($"/directories/{other}/settings")).Body);

        (await running.SendAsync("PUT", $"/directories/{other}/settings", """
            {"policies": {"rate_limit": 9}, "role_rules": {"rules": [{"role": "no-such-role", "group_name": "Admins"}]}}
            """)).Expect(422);
        (await running.SendAsync("PUT", $"/directories/{other}/settings", """{"policy": {}}""")).Expect(422, "invalid_request");
        Assert.Equal(exported.Body, (await running.GetAsync($"/directories/{other}/settings")).Body);
    }

    [Fact]
    public async Task Other_policies_are_previewed_before_they_are_set()
    {
        var directory = await running.Stack.CreateDirectoryAsync();
        using var scim = directory.Client();
        var ada = await CreateAsync(scim, "Users", User("ada@example.com", "Ada", "M"));
        await CreateAsync(scim, "Groups", $$"""
            {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Readers", "members": [{"value": "{{ada}}"}]}
            """);
        // Who comes and goes before anybody was told of it is never told.
        await ToldAsync("dsync.group.user_added");
        await scim.PatchOperationsAsync($"Users/{ada}", """{"op": "replace", "value": {"active": false}}""");
        await ToldAsync("dsync.user.deleted");

        const string retained = """{"policies": {"inactive_users": "retained", "inactive_memberships": "kept"}}""";
        var preview = JsonDocument.Parse((await running.PostAsync($"/directories/{directory.Id}/policies/preview", retained)).Expect(200).Body).RootElement;

        Assert.Equal(
            ["dsync.user.created 1", "dsync.group.user_added 1"],
            preview.GetProperty("events").EnumerateArray().Select(one => $"{one.GetProperty("event").GetString()} {one.GetProperty("count")}"));
        var example = preview.GetProperty("events")[1].GetProperty("examples")[0];
        Assert.Equal((ada, "Readers"), (example.GetProperty("user").GetProperty("id").GetString(), example.GetProperty("group").GetProperty("name").GetString()));
        var difference = JsonDocument.Parse((await running.GetAsync($"/directories/{directory.Id}/difference")).Expect(200).Body).RootElement;
        Assert.Equal((0, JsonValueKind.Null), (difference.GetProperty("events").GetArrayLength(), difference.GetProperty("policy_change").ValueKind));
        (await running.PostAsync($"/directories/{directory.Id}/policies/preview", """{"policies": {"inactive_users": "hidden"}}""")).Expect(422);

        Task ToldAsync(string type) => Eventually.True(
            async () => (await running.GetAsync($"/events?directory={directory.Id}&events={type}")).Data.Any(), what: $"{type} is told");
    }

    [Fact]
    public async Task A_directory_in_which_all_agrees_is_reconciled_without_healing_anything()
    {
        var directory = await running.Stack.CreateDirectoryAsync();
        using var scim = directory.Client();
        var ada = await CreateAsync(scim, "Users", User("ada@example.com", "Ada", "M"));
        await CreateAsync(scim, "Groups", $$"""
            {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Readers", "members": [{"value": "{{ada}}"}]}
            """);
        (await running.GetAsync($"/directories/{directory.Id}/reconciliation")).Expect(404);

        Assert.Equal("asked", (await running.PostAsync($"/directories/{directory.Id}/reconciliation", "")).Expect(202).Text("reason"));
        var done = await Eventually.Get(
            () => running.GetAsync($"/directories/{directory.Id}/reconciliation"), answer => answer.Text("state") == "done", what: "it is reconciled");

        Assert.Equal("{}", done.Json.GetProperty("healed").GetRawText());
        Assert.True(done.Json.GetProperty("compared").GetInt32() >= 6, done.Body);
    }

    [Fact]
    public async Task A_directory_of_this_very_moment_is_there_for_every_route()
    {
        Assert.Empty((await running.GetAsync($"/directory_users?directory={await NewAsync()}")).Expect(200).Data);
        Assert.Empty((await running.GetAsync($"/directory_groups?directory={await NewAsync()}")).Expect(200).Data);
        (await running.GetAsync($"/directories/{await NewAsync()}/difference")).Expect(200);
        (await running.GetAsync($"/directories/{await NewAsync()}/adoption")).Expect(200);
        (await running.GetAsync($"/directories/{await NewAsync()}/snapshot")).Expect(200);
        (await running.GetAsync($"/directories/{await NewAsync()}/attribute_mapping")).Expect(200);
        (await running.GetAsync($"/directories/{await NewAsync()}/role_rules")).Expect(200);
        (await running.GetAsync($"/directory_users?directory={Guid.CreateVersion7()}")).Expect(404);

        async Task<string> NewAsync() => (await running.Stack.CreateDirectoryAsync()).Id;
    }

    [Fact]
    public async Task The_applications_present_users_are_uploaded_as_a_table_and_compared()
    {
        var directory = await running.Stack.CreateDirectoryAsync();
        using var scim = directory.Client();
        await CreateAsync(scim, "Users", User("ada@example.com", "Ada", "M"));
        var path = $"/directories/{directory.Id}/adoption";
        await Eventually.True(async () => (await running.GetAsync($"/directory_users?directory={directory.Id}")).Data.Any(), what: "it is told");

        var uploaded = (await UploadAsync(path, "id,email,role,last_name\r\n17,ADA@example.com,,Lovelace\r\n18,bob@example.com,admin,\r\n")).Expect(200);
        Assert.Equal((1, 0, 0, 1), (Count(uploaded, "overwritten"), Count(uploaded, "matched"), Count(uploaded, "new"), Count(uploaded, "missing")));
        var ada = Assert.Single((await running.GetAsync(path + "/users")).Expect(200).Data);
        Assert.Equal(
            ("17", "last_name", "Lovelace", "Doe"),
            (ada.GetProperty("application_id").GetString(), Change(ada, "attribute"), Change(ada, "before"), Change(ada, "after")));
        Assert.Equal("18", Assert.Single((await running.GetAsync(path + "/users?kind=missing")).Expect(200).Data).GetProperty("application_id").GetString());
        Assert.Equal("17", Assert.Single((await running.GetAsync($"/directory_users?directory={directory.Id}")).Data).GetProperty("application_id").GetString());

        (await UploadAsync(path, "id,mail\r\n17,ada@example.com\r\n")).Expect(422, "invalid_csv");
        (await UploadAsync(path, "id,email\r\n17,ada@example.com\r\n17,bob@example.com\r\n")).Expect(422);
        (await running.SendAsync("PUT", path, "{}")).Expect(415);
        (await running.SendAsync("DELETE", path)).Expect(204);
        Assert.Equal(0, Count((await running.GetAsync(path)).Expect(200), "missing"));

        Task<RestAnswer> UploadAsync(string to, string csv) => running.SendAsync("PUT", to, csv, null, ("Content-Type", "text/csv; charset=utf-8"));
        int Count(RestAnswer answer, string kind) => answer.Json.GetProperty(kind).GetInt32();
        string Change(JsonElement user, string field) => user.GetProperty("changes")[0].GetProperty(field).GetString()!;
    }

    [Fact]
    public async Task The_description_of_the_api_is_served_to_everybody() =>
        Assert.Equal("3.1.1", (await running.GetAsync("/openapi.json", key: "")).Expect(200).Text("openapi"));

    private static string User(string name, string first, string size) => JsonSerializer.Serialize(new
    {
        schemas = new[] { "urn:ietf:params:scim:schemas:core:2.0:User" }, userName = name, name = new { givenName = first, familyName = "Doe" },
        emails = new[] { new { value = name, primary = true } }, active = true, tag_Size = size,
    });

    private static async Task<string> CreateAsync(ScimClient scim, string path, string body)
    {
        var answer = await scim.PostAsync(path, body);
        Assert.Equal(201, answer.Code);
        return answer.Id;
    }
}
