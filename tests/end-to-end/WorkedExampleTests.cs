using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using DirectorySync.Kit;
using DirectorySync.Local;
using DirectorySync.Local.Okta;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>
/// The set-ups of four products that customers know, from Okta's requests (the fixtures in examples) to profile and roles. The README tells how
/// to set up each.
/// </summary>
[Collection(SharedSystem.Name)]
public sealed class WorkedExampleTests(SharedSystem system) : IDisposable
{
    private readonly HttpClient http = new();

    public void Dispose() => http.Dispose();

    [Fact]
    public async Task Dx_has_tags_start_dates_and_teams()
    {
        await CreateRolesAsync();
        await RestAsync(HttpMethod.Patch, "/attribute_definitions/employment_start_date", """{"enabled": true}""");
        var directory = await system.CreateDirectoryAsync();
        await RestAsync(HttpMethod.Put, $"/directories/{directory.Id}/role_rules", """
            {"rules": [{"role": "example-lead", "attribute": "tags.Seniority", "value": "Senior"},
                       {"role": "example-member", "group_name": "Platform team"}]}
            """);
        using var okta = new OktaPlayer(directory.Scim().BaseUrl, directory.Token);

        await PlayAsync(okta, "dx");

        var ada = await ProfileAsync(directory, okta, "adaId", profile => profile["custom_attributes"]!["employment_start_date"] is not null);
        Assert.Equal("2024-03-01", (string?)ada["custom_attributes"]!["employment_start_date"]);
        Assert.Equal("""{"Seniority":"Senior","Shirt Size":"L"}""", ada["custom_attributes"]!["tags"]!.ToJsonString());
        Assert.Equal("example-lead, because tags.Seniority is \"Senior\"", await RolesAsync(directory, okta, "adaId", "example-lead"));
        Assert.Equal("example-member, because of group \"Platform team\"", await RolesAsync(directory, okta, "bobId", "example-member"));
        var problem = (await ProfileAsync(directory, okta, "bobId", profile => profile["problems"]!.AsArray().Count > 0))["problems"]![0]!;
        Assert.Equal(("employment_start_date", "01.03.2024"), ((string?)problem["attribute"], (string?)problem["value"]));

        await PlayAsync(okta, "dx-corrected");

        var bob = await ProfileAsync(directory, okta, "bobId", profile => profile["problems"]!.AsArray().Count == 0);
        Assert.Equal("2024-03-01", (string?)bob["custom_attributes"]!["employment_start_date"]);
        await RolesAsync(directory, okta, "bobId", "example-lead");
    }

    [Fact]
    public async Task WorkOs_has_custom_attributes_and_roles_assigned_in_Okta()
    {
        await CreateRolesAsync();
        await RestAsync(HttpMethod.Post, "/attribute_definitions", """{"name": "example_badge", "type": "string"}""");
        await RestAsync(HttpMethod.Post, "/attribute_definitions", """{"name": "example_cost_center", "type": "string"}""");
        var directory = await system.CreateDirectoryAsync();
        await RestAsync(HttpMethod.Put, $"/directories/{directory.Id}/attribute_mapping", """
            {"rules": [{"attribute": "example_cost_center",
                        "paths": ["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter"],
                        "transforms": [{"type": "trim"}, {"type": "prefix", "text": "C-"}]}]}
            """);
        await RestAsync(HttpMethod.Put, $"/directories/{directory.Id}/role_rules", """
            {"mode": "union", "rules": [{"role": "example-editor", "attribute": "example_badge", "operator": "contains", "value": "B-"}]}
            """);
        using var okta = new OktaPlayer(directory.Scim().BaseUrl, directory.Token);
        await Eventually.True(async () => (await directory.Scim().GetAsync("/Schemas")).Text.Contains("example_badge", StringComparison.Ordinal));

        await PlayAsync(okta, "workos");

        var ada = await ProfileAsync(directory, okta, "adaId", _ => true);
        Assert.Equal(
            ("B-1", "C-cc-9"),
            ((string?)ada["custom_attributes"]!["example_badge"], (string?)ada["custom_attributes"]!["example_cost_center"]));
        await RolesAsync(directory, okta, "adaId", "example-auditor example-editor");
    }

    [Fact]
    public async Task Dagster_wants_the_address_to_be_the_user_name_and_has_teams()
    {
        await CreateRolesAsync();
        var directory = await system.CreateDirectoryAsync();
        await RestAsync(HttpMethod.Patch, $"/directories/{directory.Id}", """{"policies": {"email_equals_user_name": true}}""");
        await RestAsync(HttpMethod.Put, $"/directories/{directory.Id}/role_rules", """
            {"default_role": "example-member", "rules": [{"role": "example-editor", "group_name": "Data platform"}]}
            """);
        using var okta = new OktaPlayer(directory.Scim().BaseUrl, directory.Token);

        await PlayAsync(okta, "dagster");
        Assert.Equal(
            "example-editor, because of group \"Data platform\"; default role not used",
            await RolesAsync(directory, okta, "adaId", "example-editor"));

        await PlayAsync(okta, "dagster-deactivated");
        Assert.Equal("no role, because the user is inactive", await RolesAsync(directory, okta, "adaId", ""));
        await ProfileAsync(directory, okta, "adaId", profile => (string?)profile["state"] == "inactive");
    }

    [Fact]
    public async Task Dub_has_users_only()
    {
        await CreateRolesAsync();
        var directory = await system.CreateDirectoryAsync();
        await RestAsync(HttpMethod.Put, $"/directories/{directory.Id}/role_rules", """{"default_role": "example-member"}""");
        using var okta = new OktaPlayer(directory.Scim().BaseUrl, directory.Token);

        await PlayAsync(okta, "dub");
        var ada = await ProfileAsync(directory, okta, "adaId", _ => true);
        Assert.Equal(
            ("00udub1", "Ada", "Lovelace", "ada@dub.example", "active"),
            ((string?)ada["idp_id"], (string?)ada["first_name"], (string?)ada["last_name"], (string?)ada["email"], (string?)ada["state"]));
        Assert.Equal(
            "example-member, the default role, because nothing gives another", await RolesAsync(directory, okta, "adaId", "example-member"));

        await PlayAsync(okta, "dub-unassigned");
        await RolesAsync(directory, okta, "adaId", "");
    }

    private static async Task PlayAsync(OktaPlayer okta, string example)
    {
        var file = Path.Combine(Repository.Root, "tests", "end-to-end", "examples", $"{example}.http");
        await foreach (var request in okta.PlayAsync(HttpFixtureParser.Parse($"{example}.http", await File.ReadAllTextAsync(file))))
        {
            Assert.True(request.Failures.Count == 0, $"{example}, {request.Title}: {string.Join('\n', request.Failures)}");
        }
    }

    private async Task CreateRolesAsync()
    {
        foreach (var (slug, priority) in new[] { ("example-lead", 9), ("example-auditor", 7), ("example-editor", 5), ("example-member", 1) })
        {
            await RestAsync(HttpMethod.Post, "/roles", $$"""{"slug": "{{slug}}", "priority": {{priority}}}""", isThere: true);
        }
    }

    private Task<JsonNode> ProfileAsync(TestDirectory directory, OktaPlayer okta, string user, Func<JsonNode, bool> condition) =>
        GetAsync($"/directories/{directory.Id}/profiles/{okta.Variables[user]}", condition);

    /// <summary>Waits for the roles, and answers why.</summary>
    private async Task<string> RolesAsync(TestDirectory directory, OktaPlayer okta, string user, string slugs) => (string)(await GetAsync(
        $"/directories/{directory.Id}/users/{okta.Variables[user]}/roles",
        roles => string.Join(' ', roles["roles"]!.AsArray().Select(role => (string?)role!["slug"])) == slugs))["summary"]!;

    private async Task<JsonNode> GetAsync(string path, Func<JsonNode, bool> condition) => (await Eventually.Get(
        async () =>
        {
            using var request = Request(HttpMethod.Get, path);
            using var answer = await http.SendAsync(request);
            return answer.IsSuccessStatusCode ? JsonNode.Parse(await answer.Content.ReadAsStringAsync()) : null;
        },
        found => found is not null && condition(found), what: path))!;

    private async Task RestAsync(HttpMethod method, string path, string body, bool isThere = false)
    {
        using var request = Request(method, path);
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await http.SendAsync(request);
        Assert.True(
            answer.IsSuccessStatusCode || (isThere && (int)answer.StatusCode == 409), $"{method} {path}: {await answer.Content.ReadAsStringAsync()}");
    }

    private HttpRequestMessage Request(HttpMethod method, string path) => new(method, system.Stack.GatewayUrl() + path)
    {
        Headers = { Authorization = new AuthenticationHeaderValue("Bearer", system.ApiKey) },
    };
}
