namespace DirectorySync.Gateway.Tests.Rest;

[Collection(RunningGateway.Name)]
public sealed class RestApiTests(RunningGateway gateway)
{
    [Fact]
    public async Task An_organization_is_created_read_changed_and_deleted()
    {
        var external = Guid.NewGuid().ToString();
        var created = (await gateway.PostAsync("/organizations",
            $$"""
            {"name": "Acme", "external_id": "{{external}}", "stripe_customer_id": "cus_1", "metadata": {"tier": "diamond"},
             "domain_data": [{"domain": "ACME.com", "state": "verified"}, {"domain": "acme.org", "state": "pending"}]}
            """)).Expect(201);
        var id = created.Text("id");

        Assert.Equal(created.Body, (await gateway.GetAsync($"/organizations/{id}")).Expect(200).Body);
        Assert.Equal(created.Body, (await gateway.GetAsync($"/organizations/external_id/{external}")).Expect(200).Body);
        Assert.Equal([id], (await gateway.GetAsync($"/organizations?domains=nothing.example,acme.com&limit=1&search=ACM")).Expect(200).Ids);

        var changed = (await gateway.SendAsync("PUT", $"/organizations/{id}",
            """{"domains": ["acme.com", "acme.net"], "metadata": null, "external_id": null}""")).Expect(200);
        Assert.Equal("Acme", changed.Text("name"));
        Assert.Equal([("acme.com", "verified"), ("acme.net", "pending")], changed.Json.GetProperty("domains").EnumerateArray()
            .Select(domain => (domain.GetProperty("domain").GetString()!, domain.GetProperty("state").GetString()!)));
        Assert.Empty(changed.Json.GetProperty("metadata").EnumerateObject());
        Assert.Null(changed.Json.GetProperty("external_id").GetString());
        Assert.Equal("cus_1", changed.Text("stripe_customer_id"));
        var without = (await gateway.SendAsync("PUT", $"/organizations/{id}", """{"stripe_customer_id": null}""")).Expect(200);
        Assert.False(without.Json.TryGetProperty("stripe_customer_id", out _));

        (await gateway.SendAsync("DELETE", $"/organizations/{id}")).Expect(200);
        (await gateway.GetAsync($"/organizations/{id}")).Expect(404, "not_found");
    }

    [Fact]
    public async Task What_the_contract_forbids_is_refused_with_its_codes()
    {
        var external = Guid.NewGuid().ToString();
        var id = await gateway.CreateOrganizationAsync(more: $$""", "external_id": "{{external}}" """);
        await gateway.CreateDirectoryAsync(id);

        (await gateway.PostAsync("/organizations", $$"""{"name": "B", "external_id": "{{external}}"}""")).Expect(400, "external_id_already_used");
        (await gateway.PostAsync("/organizations", $$$"""{"name": "B", "metadata": {"{{{new string('k', 41)}}}": ""}}"""))
            .Expect(400, "invalid_metadata");
        Assert.Equal(["name", "domains"],
            (await gateway.PostAsync("/organizations", """{"domains": "a.com"}""")).Expect(422, "invalid_request").Fields);
        Assert.Equal(["domains"], (await gateway.PostAsync("/organizations", """{"name": "B", "domains": ["@"]}""")).Expect(422).Fields);
        (await gateway.SendAsync("DELETE", $"/organizations/{id}")).Expect(409, "organization_not_empty");
    }

    [Fact]
    public async Task A_list_is_paged_in_both_directions()
    {
        var owner = await gateway.CreateOrganizationAsync();
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            ids.Insert(0, await gateway.CreateDirectoryAsync(owner, $"Directory {i}"));
        }

        var list = $"/directories?organization_id={owner}&limit=2";
        var first = (await gateway.GetAsync(list)).Expect(200);
        var second = (await gateway.GetAsync($"{list}&after={first.Cursor("after")}")).Expect(200);
        var last = (await gateway.GetAsync($"{list}&after={second.Cursor("after")}")).Expect(200);
        Assert.Equal(ids, [.. first.Ids, .. second.Ids, .. last.Ids]);
        Assert.Null(first.Cursor("before"));
        Assert.Null(last.Cursor("after"));

        Assert.Equal(first.Ids, (await gateway.GetAsync($"{list}&before={second.Cursor("before")}")).Expect(200).Ids);
        Assert.Equal(Enumerable.Reverse(ids).Take(2), (await gateway.GetAsync($"{list}&order=asc")).Expect(200).Ids);

        var normal = (await gateway.GetAsync($"{list}&order=normal")).Expect(200);
        Assert.Equal(first.Ids, normal.Ids);
        Assert.Null(normal.Cursor("after"));
        Assert.Equal(second.Ids, (await gateway.GetAsync($"{list}&order=normal&before={normal.Cursor("before")}")).Expect(200).Ids);
        Assert.Single((await gateway.GetAsync($"/directories?organization_id={owner}&search=ORY 3")).Expect(200).Ids);
    }

    [Fact]
    public async Task A_directory_is_created_changed_step_by_step_and_deleted()
    {
        var owner = await gateway.CreateOrganizationAsync();
        var label = "acme-" + Guid.NewGuid().ToString("n")[..12];
        var created = (await gateway.PostAsync("/directories",
            $$"""
            {"organization_id": "{{owner}}", "name": "Entra", "type": "azure scim v2.0", "endpoint_label": "{{label}}",
             "policies": {"activation": "review", "rate_limit": 7} }
            """)).Expect(201);
        var path = $"/directories/{created.Text("id")}";

        Assert.Equal(("azure scim v2.0", "unlinked", "preview"), (created.Text("type"), created.Text("state"), created.Text("delivery")));
        Assert.Equal($"{gateway.Stack.GatewayUrl().TrimEnd('/')}/scim/v2/{label}", created.Text("scim_base_url"));
        Assert.Equal(0, created.Json.GetProperty("metadata").GetProperty("groups").GetInt32());
        Assert.Equal(created.Body, (await gateway.GetAsync(path)).Expect(200).Body);

        var changed = (await gateway.SendAsync("PATCH", path, """
            {"name": "Okta", "type": "okta scim v2.0", "delivery": "active", "endpoint_label": null, "policies": {"unique_active_email": true}}
            """)).Expect(200);
        Assert.Equal(("Okta", "okta scim v2.0", "active"), (changed.Text("name"), changed.Text("type"), changed.Text("delivery")));
        Assert.EndsWith($"/scim/v2/{created.Text("external_key")}", changed.Text("scim_base_url"), StringComparison.Ordinal);
        var policies = changed.Json.GetProperty("policies");
        Assert.Equal((7, true), (policies.GetProperty("rate_limit").GetInt32(), policies.GetProperty("unique_active_email").GetBoolean()));

        Assert.Equal(["policies.rate_limit"],
            (await gateway.SendAsync("PATCH", path, """{"policies": {"rate_limit": -1}}""")).Expect(422).Fields);
        (await gateway.SendAsync("PATCH", path, """{"delivery": "preview"}""")).Expect(409, "directory_state");
        Assert.Equal(["state"], (await gateway.SendAsync("PATCH", path, """{"state": "linked"}""")).Expect(422).Fields);
        Assert.Equal(["type"], (await gateway.SendAsync("PATCH", path, """{"type": "workday"}""")).Expect(422).Fields);
        (await gateway.PostAsync("/directories",
            $$"""{"organization_id": "{{owner}}", "name": "B", "type": "generic scim v2.0", "endpoint_label": "{{label}}"}"""))
            .Expect(409, "endpoint_label_taken");

        (await gateway.SendAsync("DELETE", path)).Expect(202);
    }

    [Fact]
    public async Task A_token_opens_scim_until_it_is_revoked()
    {
        var directory = await gateway.CreateDirectoryAsync(await gateway.CreateOrganizationAsync());
        var created = (await gateway.PostAsync($"/directories/{directory}/tokens",
            """{"name": "Okta", "expires_at": "2099-01-01T00:00:00.000Z"}""")).Expect(201);
        var token = created.Text("token");
        var users = new Uri((await gateway.GetAsync($"/directories/{directory}")).Text("scim_base_url")).AbsolutePath + "/Users";

        Assert.Equal(200, (int)(await gateway.GetAsync(users, token)).Status);
        Assert.EndsWith(created.Text("token_suffix"), token, StringComparison.Ordinal);
        Assert.Equal("2099-01-01T00:00:00.000Z", created.Text("expires_at"));
        var listed = (await gateway.GetAsync($"/directories/{directory}/tokens")).Expect(200);
        Assert.DoesNotContain(token, listed.Body, StringComparison.Ordinal);
        Assert.Equal([created.Text("id")], listed.Ids);
        Assert.Equal("validating", (await gateway.GetAsync($"/directories/{directory}")).Text("state"));

        var revoked = (await gateway.SendAsync("DELETE", $"/directories/{directory}/tokens/{created.Text("id")}")).Expect(200);
        Assert.NotNull(revoked.Text("revoked_at"));
        await Kit.Eventually.True(
            async () => (int)(await gateway.GetAsync(users, token)).Status == 401, TimeSpan.FromSeconds(2), "the token is refused");
        Assert.Equal(["expires_at"], (await gateway.PostAsync(
            $"/directories/{directory}/tokens", """{"expires_at": "2001-01-01T00:00:00Z"}""")).Expect(422).Fields);
    }

    [Fact]
    public async Task An_api_key_opens_the_api_until_it_is_revoked()
    {
        var created = (await gateway.PostAsync("/api_keys", """{"name": "CI", "scopes": ["read"]}""")).Expect(201);
        var key = created.Text("key");

        (await gateway.GetAsync("/organizations", key)).Expect(200);
        var listed = (await gateway.GetAsync("/api_keys?limit=100")).Expect(200);
        Assert.Contains(created.Text("id"), listed.Ids);
        Assert.DoesNotContain(key, listed.Body, StringComparison.Ordinal);

        (await gateway.SendAsync("DELETE", $"/api_keys/{created.Text("id")}")).Expect(200);
        await Kit.Eventually.True(
            async () => (int)(await gateway.GetAsync("/organizations", key)).Status == 401, TimeSpan.FromSeconds(2), "the key is refused");
        Assert.Equal(["scopes"], (await gateway.PostAsync("/api_keys", """{"name": "CI", "scopes": ["root"]}""")).Expect(422).Fields);
        Assert.Equal(["name", "scopes"], (await gateway.PostAsync("/api_keys", "{}")).Expect(422).Fields);
    }

    [Fact]
    public async Task The_same_idempotency_key_creates_once()
    {
        (string, string) once = ("Idempotency-Key", Guid.NewGuid().ToString());
        var owner = await gateway.CreateOrganizationAsync();
        var body = $$"""{"organization_id": "{{owner}}", "name": "Once", "type": "okta scim v2.0"}""";

        var first = (await gateway.SendAsync("POST", "/directories", body, null, once)).Expect(201);
        var second = (await gateway.SendAsync("POST", "/directories", body, null, once)).Expect(201);
        var others = (await gateway.SendAsync("POST", "/directories", body, await gateway.CreateKeyAsync("write"), once)).Expect(201);

        Assert.Equal(first.Text("id"), second.Text("id"));
        Assert.NotEqual(first.Text("id"), others.Text("id"));
        var tokens = $"/directories/{first.Text("id")}/tokens";
        (await gateway.SendAsync("POST", tokens, "{}", null, once)).Expect(201);
        (await gateway.SendAsync("POST", tokens, "{}", null, once)).Expect(409);
    }

    [Fact]
    public async Task Problems_of_both_services_are_listed_with_their_remedies()
    {
        var directory = await gateway.Stack.CreateDirectoryAsync();
        var users = new Uri(directory.ScimBaseUrl).AbsolutePath + "/Users";
        Assert.Equal(201, (int)(await gateway.PostAsync(users, """
            {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada@example.com"}
            """, directory.Token)).Status);

        var problems = (await gateway.GetAsync($"/directories/{directory.Id}/problems")).Expect(200);

        var missing = Assert.Single(problems.Data, problem => problem.GetProperty("code").GetString() == "USERS_BUT_NO_GROUPS");
        Assert.Contains("Push Groups tab", missing.GetProperty("remedy").GetString(), StringComparison.Ordinal);
        Assert.NotEmpty(missing.GetProperty("message").GetString()!);

        var groups = new Uri(directory.ScimBaseUrl).AbsolutePath + "/Groups";
        Assert.Equal(201, (int)(await gateway.PostAsync(groups, """
            {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Strangers", "members": [{"value": "nobody", "display": "No Body"}]}
            """, directory.Token)).Status);
        var unresolved = Assert.Single((await gateway.GetAsync($"/directories/{directory.Id}/unresolved_members?limit=5")).Expect(200).Data);
        Assert.Equal(("nobody", "No Body"), (unresolved.GetProperty("value").GetString(), unresolved.GetProperty("display").GetString()));
        Assert.DoesNotContain("USERS_BUT_NO_GROUPS", (await gateway.GetAsync($"/directories/{directory.Id}/problems")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whatever_is_wrong_with_a_request_the_answer_is_a_json_error()
    {
        (await gateway.GetAsync("/nothing/here")).Expect(404, "not_found");
        (await gateway.GetAsync("/", "")).Expect(404, "not_found");
        (await gateway.SendAsync("PUT", "/organizations", "{}")).Expect(405, "method_not_allowed");
        (await gateway.PostAsync("/organizations", "{")).Expect(400, "invalid_json");
        (await gateway.PostAsync("/organizations", "")).Expect(400, "invalid_json");
        (await gateway.PostAsync("/organizations", """{"name": "A", "name": "B"}""")).Expect(400, "invalid_json");
        (await gateway.SendAsync("POST", "/organizations", "name=A", null, ("Content-Type", "text/plain"))).Expect(415, "unsupported_media_type");
        (await gateway.PostAsync("/organizations", $$"""{"name": "{{new string('a', 2 * 1024 * 1024)}}"}""")).Expect(413, "too_large");
        Assert.Equal(["limit"], (await gateway.GetAsync("/organizations?limit=1000")).Expect(422, "invalid_request").Fields);
        Assert.Equal(["organisation"], (await gateway.GetAsync("/directories?organisation=x")).Expect(422).Fields);
        (await gateway.GetAsync($"/organizations/{new string('x', 300)}")).Expect(404);
        (await gateway.SendAsync("POST", "/directorysync.identity.v1.UserService/GetUser", "{}")).Expect(404);
    }
}
