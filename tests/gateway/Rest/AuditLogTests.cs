using System.Text.Json;
using DirectorySync.Audit.V1;
using DirectorySync.Identity.V1;
using Grpc.Core;
using Npgsql;

namespace DirectorySync.Gateway.Tests.Rest;

/// <summary>Every administrative act leaves an entry that says who, what, before, after and from where; and no secret.</summary>
[Collection(RunningGateway.Name)]
public sealed class AuditLogTests(RunningGateway gateway)
{
    // Each route that changes something, with a request that changes it, and what the log calls it. Those that only preview change nothing.
    private static readonly (string Method, string Route, string? Body, string Action)[] Acts =
    [
        ("PUT", "/organizations/{id}", """{"name": "Renamed"}""", "organization.updated"),
        ("PATCH", "/directories/{id}", """{"name": "Renamed"}""", "directory.updated"),
        ("PUT", "/directories/{id}/settings", """{"policies": {"unique_active_email": true}}""", "directory.updated"),
        ("PUT", "/organizations/{id}/role_guard", """{"enabled": true}""", "role_guard.updated"),
        ("PATCH", "/attribute_definitions/{name}", """{"required": true}""", "attribute_definition.updated"),
        ("PUT", "/directories/{id}/attribute_mapping", """{"rules": [{"attribute": "job_title", "paths": ["title"]}]}""", "attribute_mapping.updated"),
        ("POST", "/directories/{id}/attribute_mapping/undo", "{}", "attribute_mapping.updated"),
        ("PATCH", "/roles/{slug}", """{"priority": 3}""", "role.updated"),
        ("PUT", "/directories/{id}/role_rules", """{"default_role": "{slug}"}""", "role_rules.updated"),
        ("PATCH", "/webhook_endpoints/{id}", """{"status": "disabled"}""", "webhook_endpoint.updated"),
        ("POST", "/webhook_endpoints/{id}/rotate_secret", "{}", "webhook_endpoint.secret_rotated"),
        ("POST", "/webhook_endpoints/{id}/test", null, "webhook_endpoint.tested"),
        ("POST", "/directories/{id}/reconciliation", null, "reconciliation.started"),
        ("PUT", "/invitation_template", """{"subject": "Hello", "text": "Hello {{name}}"}""", "invitation_template.updated"),
        ("DELETE", "/directories/{id}/adoption", null, "adoption.deleted"),
        ("DELETE", "/directories/{id}/users/{user_id}", null, "user.erased"),
        ("DELETE", "/directories/{id}/tokens/{token_id}", null, "scim_token.revoked"),
        ("DELETE", "/api_keys/{id}", null, "api_key.revoked"),
        ("DELETE", "/webhook_endpoints/{id}", null, "webhook_endpoint.deleted"),
        ("DELETE", "/attribute_definitions/{name}", null, "attribute_definition.deleted"),
    ];

    [Fact]
    public async Task Every_act_is_in_the_log_with_who_did_it_what_was_and_what_is()
    {
        var made = await MakeAsync();
        var done = new List<string>();
        foreach (var (method, route, body, action) in Acts)
        {
            var path = RestRoute.Find(method, route).Path(made.Values);
            var answer = await gateway.SendAsync(method, path, body?.Replace("{slug}", made.Values["{slug}"], StringComparison.Ordinal), made.Key);
            Assert.True((int)answer.Status is >= 200 and < 300, $"{method} {path}: {answer.Body}");
            done.Add(action);
        }

        var entries = await ReadAllAsync($"actor_id={made.KeyId}");

        string[] created =
        [
            "organization.created", "directory.created", "scim_token.created", "api_key.created", "webhook_endpoint.created", "role.created",
            "attribute_definition.created",
        ];
        Assert.Equal(created.Concat(done).Order(), entries.Select(entry => entry.GetProperty("action").GetString()).Order());
        Assert.All(entries, entry =>
        {
            Assert.Equal("api_key", entry.GetProperty("actor").GetProperty("type").GetString());
            Assert.Equal("auditor", entry.GetProperty("actor").GetProperty("name").GetString());
            Assert.Contains(entry.GetProperty("actor").GetProperty("ip_address").GetString(), (string[])["127.0.0.1", "::1"]);
            Assert.NotEqual(JsonValueKind.Null, entry.GetProperty("request_id").ValueKind);
        });
        // The newest come first.
        var renamed = entries.Last(entry => entry.GetProperty("action").GetString() == "directory.updated"
            && entry.GetProperty("after").GetProperty("name").GetString() == "Renamed");
        Assert.Equal("Audited", renamed.GetProperty("before").GetProperty("name").GetString());
        Assert.Equal(made.Values["organizations{id}"], renamed.GetProperty("organization_id").GetString());
        var ofDirectory = await ReadAllAsync($"directory_id={made.Values["directories{id}"]}");
        Assert.Equal(11, ofDirectory.Count);
        Assert.All(ofDirectory, entry => Assert.Equal(made.Values["organizations{id}"], entry.GetProperty("organization_id").GetString()));
        Assert.DoesNotContain("secret\"", string.Concat(entries), StringComparison.Ordinal);
        Assert.All(made.Secrets, secret => Assert.DoesNotContain(secret, string.Concat(entries), StringComparison.Ordinal));
    }

    [Fact]
    public void No_route_that_changes_something_is_left_out()
    {
        string[] previewing =
        [
            "POST /directories/{id}/attribute_mapping/preview", "POST /directories/{id}/role_rules/preview", "POST /directories/{id}/policies/preview",
        ];
        string[] elsewhere =
        [
            // As they are made, deleted, or in other tests: they need what only a running directory has.
            "POST /organizations", "POST /directories", "POST /directories/{id}/tokens", "POST /api_keys", "POST /webhook_endpoints", "POST /roles",
            "POST /portal/generate_link",
            "POST /attribute_definitions", "DELETE /organizations/{id}", "DELETE /directories/{id}", "DELETE /roles/{slug}", "PUT /directories/{id}/adoption",
            "POST /directories/{id}/users/{user_id}/memberships/confirm", "POST /directories/{id}/invitations/{user_id}/resend",
            "POST /webhook_endpoints/{id}/lanes/{directory_id}/resume", "POST /webhook_endpoints/{id}/lanes/{directory_id}/skip",
            "POST /webhook_endpoints/{id}/lanes/{directory_id}/replay", "POST /webhook_endpoints/{id}/dead_letters/{event_id}/replay",
        ];

        Assert.Equal(
            RestRoute.All.Where(route => route.Method != "GET").Select(route => $"{route.Method} {route.Pattern}").Except(previewing).Order(),
            Acts.Select(act => $"{act.Method} {act.Route}").Concat(elsewhere).Order());
    }

    [Fact]
    public async Task What_is_refused_or_changes_nothing_leaves_no_entry()
    {
        var key = await CreateKeyAsync("admin", "quiet");
        var organization = await gateway.CreateOrganizationAsync("Same");

        (await gateway.SendAsync("PUT", $"/organizations/{organization}", """{"name": "Same"}""", key.Key)).Expect(200);
        (await gateway.SendAsync("PUT", $"/organizations/{organization}", """{"name": ""}""", key.Key)).Expect(422);
        (await gateway.SendAsync("DELETE", $"/organizations/{Guid.CreateVersion7()}", key: key.Key)).Expect(404);

        Assert.Empty(await ReadAllAsync($"actor_id={key.Id}"));
    }

    [Fact]
    public async Task What_an_unknown_proxy_says_is_not_believed()
    {
        var created = (await gateway.SendAsync("POST", "/organizations", """{"name": "Forged"}""", null, ("X-Forwarded-For", "198.51.100.7"))).Expect(201);

        var entry = Assert.Single(await ReadAllAsync($"resource_id={created.Text("id")}"));

        Assert.Contains(entry.GetProperty("actor").GetProperty("ip_address").GetString(), (string[])["127.0.0.1", "::1"]);
    }

    [Fact]
    public async Task What_a_caller_writes_stays_within_its_line_of_the_log()
    {
        const string Forged = "%0A%7B%22LogLevel%22:%22Critical%22,%22Message%22:%22forged%22%7D%0A";
        await gateway.SendAsync("GET", $"/organizations/{Forged}", null, null, ("X-Request-Id", "forged id {}"), ("User-Agent", "forged"));
        await gateway.SendAsync("GET", $"/scim/v2/{Forged}/Users");
        await gateway.SendAsync("DELETE", $"/organizations/{Forged}");

        foreach (var process in (string[])["gateway", "identity"])
        {
            foreach (var line in gateway.Stack.Log(process).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                using var json = JsonDocument.Parse(line);
                Assert.NotEqual("Critical", json.RootElement.GetProperty("LogLevel").GetString());
            }
        }
    }

    [Fact]
    public async Task A_key_of_one_organization_reads_its_own_acts_only()
    {
        var (own, other) = (await gateway.CreateOrganizationAsync("Own"), await gateway.CreateOrganizationAsync("Other"));
        var key = await gateway.CreateKeyAsync("admin", own);
        await gateway.CreateDirectoryAsync(own);
        await gateway.CreateDirectoryAsync(other);

        var seen = (await gateway.GetAsync("/audit_log?limit=100", key)).Expect(200);
        var foreign = (await gateway.GetAsync($"/audit_log?organization_id={other}", key)).Expect(200);

        Assert.Equal(3, seen.Data.Count());
        Assert.All(seen.Data, entry => Assert.Equal(own, entry.GetProperty("organization_id").GetString()));
        Assert.Empty(foreign.Data);
        (await gateway.GetAsync("/audit_log", await gateway.CreateKeyAsync("write"))).Expect(403, "scope_missing");
    }

    [Fact]
    public async Task Pages_of_all_services_meet_without_a_gap()
    {
        var made = await MakeAsync();

        foreach (var order in (string[])["asc", "desc"])
        {
            var whole = (await gateway.GetAsync($"/audit_log?actor_id={made.KeyId}&limit=100&order={order}")).Expect(200).Ids;
            var (paged, after, ends) = (new List<string>(), "", new List<string>());
            do
            {
                var page = (await gateway.GetAsync($"/audit_log?actor_id={made.KeyId}&limit=2&order={order}&after={after}")).Expect(200);
                paged.AddRange(page.Ids);
                ends.Add(page.Ids[0]);
                after = page.Cursor("after") ?? "";
            }
            while (after.Length > 0);

            Assert.Equal(whole, paged);
            var back = (await gateway.GetAsync($"/audit_log?actor_id={made.KeyId}&limit=2&order={order}&before={ends[^1]}")).Expect(200);
            Assert.Equal(whole.TakeWhile(id => id != ends[^1]).TakeLast(2), back.Ids);
        }

        Assert.Equal(3, (await ReadAllAsync($"actor_id={made.KeyId}")).Select(entry => entry.GetProperty("service").GetString()).Distinct().Count() - 1);
    }

    [Fact]
    public async Task Internal_callers_act_under_their_key_and_read_a_services_own_entries()
    {
        var key = await CreateKeyAsync("admin", "internal");
        var headers = new Metadata { { "authorization", $"Bearer {key.Key}" }, { "directorysync-service", "identity" } };
        var lie = new Metadata
        {
            { "authorization", $"Bearer {key.Key}" },
            { "directorysync-actor-bin", new byte[] { 8, 2 } },
        };
        var organizations = new OrganizationService.OrganizationServiceClient(gateway.Channel);
        var created = (await organizations.CreateOrganizationAsync(new() { Organization = new() { Name = "Inside" } }, lie)).Organization;

        var audit = new AuditService.AuditServiceClient(gateway.Channel);
        var entry = Assert.Single((await audit.ListAuditEntriesAsync(new() { ActorId = key.Id }, headers)).Entries);

        Assert.Equal(("organization.created", created.Id, ActorType.ApiKey, "identity"), (entry.Action, entry.ResourceId, entry.Actor.Type, entry.Service));
        Assert.Equal(created, entry.After.Unpack<Organization>());
    }

    [Fact]
    public async Task An_act_whose_entry_cannot_be_written_is_not_done()
    {
        await using var source = NpgsqlDataSource.Create(gateway.Stack.AdminConnectionString("identity"));
        await using (var command = source.CreateCommand("alter table audit_log add constraint closed check (action <> 'organization.created') not valid"))
        {
            await command.ExecuteNonQueryAsync();
        }

        try
        {
            (await gateway.PostAsync("/organizations", """{"name": "Unseen act"}""")).Expect(500);
            Assert.Empty((await gateway.GetAsync("/organizations?search=unseen")).Expect(200).Data);
        }
        finally
        {
            await using var command = source.CreateCommand("alter table audit_log drop constraint closed");
            await command.ExecuteNonQueryAsync();
        }
    }

    private async Task<List<JsonElement>> ReadAllAsync(string filter)
    {
        var answer = (await gateway.GetAsync($"/audit_log?limit=100&{filter}")).Expect(200);
        return [.. answer.Data];
    }

    private async Task<(string Id, string Key)> CreateKeyAsync(string scope, string name)
    {
        var created = (await gateway.PostAsync("/api_keys", $$"""{"name": "{{name}}", "scopes": ["{{scope}}"]}""")).Expect(201);
        return (created.Text("id"), created.Text("key"));
    }

    private async Task<Made> MakeAsync()
    {
        var (keyId, key) = await CreateKeyAsync("admin", "auditor");
        var name = $"n{Guid.NewGuid():N}";
        async Task<RestAnswer> PostAsync(string path, string body) => (await gateway.PostAsync(path, body, key)).Expect(201);
        var organization = await PostAsync("/organizations", """{"name": "Audited"}""");
        var directory = await PostAsync(
            "/directories", $$"""{"organization_id": "{{organization.Text("id")}}", "name": "Audited", "type": "okta scim v2.0"}""");
        var token = await PostAsync($"/directories/{directory.Text("id")}/tokens", """{"name": "Okta"}""");
        var other = await PostAsync("/api_keys", """{"name": "Other", "scopes": ["read"]}""");
        var endpoint = await PostAsync("/webhook_endpoints", $$"""{"endpoint_url": "https://{{name}}.example.com/", "events": []}""");
        await PostAsync("/roles", $$"""{"slug": "{{name}}", "priority": 1}""");
        await PostAsync("/attribute_definitions", $$"""{"name": "{{name}}", "type": "string"}""");
        return new(
            keyId,
            key,
            new()
            {
                ["organizations{id}"] = organization.Text("id"), ["directories{id}"] = directory.Text("id"), ["{token_id}"] = token.Text("id"),
                ["api_keys{id}"] = other.Text("id"), ["webhook_endpoints{id}"] = endpoint.Text("id"), ["{slug}"] = name, ["{name}"] = name,
                ["{user_id}"] = Guid.CreateVersion7().ToString(),
            },
            [key, token.Text("token"), other.Text("key"), endpoint.Text("secret")]);
    }

    private sealed record Made(string KeyId, string Key, Dictionary<string, string> Values, string[] Secrets);
}
