using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Tests.Rest;

/// <summary>Who may do what on every route that there is.</summary>
[Collection(RunningGateway.Name)]
public sealed class RestTenancyTests(RunningGateway gateway)
{
    private static readonly Dictionary<string, string> Unknown = new()
    {
        ["organizations{id}"] = "0199aaaa-0000-7000-8000-000000000001",
        ["directories{id}"] = "0199aaaa-0000-7000-8000-000000000002",
        ["api_keys{id}"] = "0199aaaa-0000-7000-8000-000000000003",
        ["{token_id}"] = "0199aaaa-0000-7000-8000-000000000004",
        ["{external_id}"] = "unknown",
        ["{slug}"] = "unknown",
        ["{name}"] = "unknown",
        ["{user_id}"] = "0199aaaa-0000-7000-8000-000000000005",
        ["directory_users{id}"] = "0199aaaa-0000-7000-8000-000000000006",
        ["directory_groups{id}"] = "0199aaaa-0000-7000-8000-000000000007",
        ["webhook_endpoints{id}"] = "0199aaaa-0000-7000-8000-000000000008",
        ["{directory_id}"] = "0199aaaa-0000-7000-8000-000000000009",
        ["{event_id}"] = "0199aaaa-0000-7000-8000-00000000000a",
    };

    // Lists of one directory, which is a parameter.
    private static readonly string[] OfDirectory = ["/directory_users", "/directory_groups"];

    public static TheoryData<string, string> Routes => RestRoute.Names;

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task A_key_of_one_organization_cannot_tell_anothers_from_what_does_not_exist(string method, string pattern)
    {
        var route = RestRoute.Find(method, pattern);
        var own = await gateway.CreateOrganizationAsync("Own");
        var key = await gateway.CreateKeyAsync("admin", own);
        var foreign = await CreateForeignAsync();
        var before = await DescribeAsync(foreign);

        var unknown = await SendAsync(route, Unknown, key);
        var answer = await SendAsync(route, foreign, key);

        Assert.Equal(unknown.Status, answer.Status);
        Assert.Equal(unknown.Body, answer.Body);
        answer.Expect(route.Required.WholeDeployment ? 403
            : pattern.Contains('{', StringComparison.Ordinal) || method == "POST" || OfDirectory.Contains(pattern) ? 404 : 200);
        Assert.All(foreign.Values, id => Assert.DoesNotContain(id, answer.Body, StringComparison.Ordinal));
        Assert.Equal(before, await DescribeAsync(foreign));
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task Without_the_scope_nothing_is_done(string method, string pattern)
    {
        var route = RestRoute.Find(method, pattern);
        var foreign = await CreateForeignAsync();
        var before = await DescribeAsync(foreign);

        (await SendAsync(route, foreign, "")).Expect(401, "unauthorized");
        (await SendAsync(route, foreign, "sk_wrong")).Expect(401, "unauthorized");
        if (route.Required.Scope > ApiKeyScope.Read)
        {
            (await SendAsync(route, foreign, await gateway.CreateKeyAsync("read"))).Expect(403, "scope_missing");
        }

        if (route.Required.Scope > ApiKeyScope.Write)
        {
            (await SendAsync(route, foreign, await gateway.CreateKeyAsync("write"))).Expect(403, "scope_missing");
        }

        Assert.Equal(before, await DescribeAsync(foreign));
    }

    [Fact]
    public async Task A_key_of_one_organization_does_in_it_what_its_scopes_say()
    {
        var external = Guid.NewGuid().ToString();
        var own = await gateway.CreateOrganizationAsync("Own", $$""", "external_id": "{{external}}" """);
        var key = await gateway.CreateKeyAsync("admin", own);

        Assert.Equal([own], (await gateway.GetAsync("/organizations", key)).Expect(200).Ids);
        Assert.Equal([own], (await gateway.GetAsync("/organizations?search=oW", key)).Expect(200).Ids);
        Assert.Empty((await gateway.GetAsync("/organizations?search=else", key)).Expect(200).Ids);
        Assert.Empty((await gateway.GetAsync($"/organizations?after={own}", key)).Expect(200).Ids);
        Assert.Equal(own, (await gateway.GetAsync($"/organizations/external_id/{external}", key)).Expect(200).Text("id"));
        (await gateway.SendAsync("PUT", $"/organizations/{own}", """{"name": "Renamed"}""", key)).Expect(200);
        var directory = (await gateway.PostAsync(
            "/directories", $$"""{"organization_id": "{{own}}", "name": "Okta", "type": "okta scim v2.0"}""", key)).Expect(201).Text("id");
        Assert.Equal([directory], (await gateway.GetAsync("/directories", key)).Expect(200).Ids);
        Assert.Equal([directory], (await gateway.GetAsync($"/directories?organization_id={own}", key)).Expect(200).Ids);
        (await gateway.SendAsync("POST", $"/directories/{directory}/tokens", key: key)).Expect(201);
        (await gateway.GetAsync($"/directories/{directory}/problems", key)).Expect(200);
        (await gateway.SendAsync("DELETE", $"/directories/{directory}", key: key)).Expect(202);
    }

    private async Task<Dictionary<string, string>> CreateForeignAsync()
    {
        var external = Guid.NewGuid().ToString();
        var organization = await gateway.CreateOrganizationAsync("Foreign", $$""", "external_id": "{{external}}" """);
        var directory = await gateway.CreateDirectoryAsync(organization);
        var key = (await gateway.PostAsync("/api_keys", """{"name": "Foreign", "scopes": ["read"]}""")).Expect(201);
        var token = (await gateway.SendAsync("POST", $"/directories/{directory}/tokens")).Expect(201);
        return new()
        {
            ["organizations{id}"] = organization, ["directories{id}"] = directory, ["api_keys{id}"] = key.Text("id"),
            ["{token_id}"] = token.Text("id"), ["{external_id}"] = external, ["{slug}"] = "foreign", ["{name}"] = "foreign",
            ["{user_id}"] = Guid.CreateVersion7().ToString(), ["directory_users{id}"] = Guid.CreateVersion7().ToString(),
            ["directory_groups{id}"] = Guid.CreateVersion7().ToString(), ["webhook_endpoints{id}"] = Guid.CreateVersion7().ToString(),
            ["{directory_id}"] = directory, ["{event_id}"] = Guid.CreateVersion7().ToString(),
        };
    }

    private async Task<string> DescribeAsync(Dictionary<string, string> foreign)
    {
        var directory = foreign["directories{id}"];
        return string.Join('\n', await Task.WhenAll(new[]
        {
            $"/organizations/{foreign["organizations{id}"]}", $"/directories/{directory}", $"/directories/{directory}/tokens",
            $"/directories?organization_id={foreign["organizations{id}"]}",
        }.Select(async path => (await gateway.GetAsync(path)).Expect(200).Body)));
    }

    private Task<RestAnswer> SendAsync(RestRoute route, Dictionary<string, string> values, string key) => gateway.SendAsync(
        route.Method,
        route.Path(values) + (OfDirectory.Contains(route.Pattern) ? $"?directory={values["directories{id}"]}" : ""),
        (route.Method, route.Pattern) switch
        {
            ("GET" or "DELETE", _) => null,
            (_, "/directories") =>
                $$"""{"organization_id": "{{values["organizations{id}"]}}", "name": "Mine", "type": "okta scim v2.0"}""",
            (_, "/portal/generate_link") => $$"""{"organization": "{{values["organizations{id}"]}}"}""",
            (_, "/api_keys") => """{"name": "Mine", "scopes": ["admin"]}""",
            _ => """{"name": "Mine"}""",
        },
        key);
}
