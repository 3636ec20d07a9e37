using System.Net;
using DirectorySync.Kit;

namespace DirectorySync.Gateway.Tests.Console;

/// <summary>What pages let nobody do.</summary>
[Collection(RunningGateway.Name)]
public sealed class ConsoleSafetyTests(RunningGateway gateway)
{
    private const string Hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

    private string Url => gateway.Stack.GatewayUrl();

    [Theory]
    [InlineData("/console")]
    [InlineData("/console/sign-in")]
    [InlineData("/console/nowhere")]
    public async Task A_page_runs_no_script_but_ours_and_stands_in_no_frame(string path)
    {
        using var browser = await ConsoleBrowser.OpenAsync(Url, gateway.Stack.ApiKey);

        var answer = await browser.GetAsync(path);

        Assert.Equal(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
            + "frame-ancestors 'none'; base-uri 'none'", answer.Header("Content-Security-Policy"));
        Assert.Equal("DENY", answer.Header("X-Frame-Options"));
        Assert.Equal("nosniff", answer.Header("X-Content-Type-Options"));
        Assert.Contains("no-store", answer.Header("Cache-Control"), StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", answer.Html, StringComparison.Ordinal);
        Assert.DoesNotContain(" style=", answer.Html, StringComparison.Ordinal);
        Assert.DoesNotContain(" onclick=", answer.Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_without_the_pages_token_or_with_anothers_does_nothing()
    {
        using var browser = await ConsoleBrowser.OpenAsync(Url, gateway.Stack.ApiKey);
        using var other = await ConsoleBrowser.OpenAsync(Url, await gateway.CreateKeyAsync("admin"));
        var foreign = ConsoleBrowser.TokenOf((await other.GetAsync("/console/organizations/new")).Html);
        var name = $"Forged {Guid.NewGuid()}";

        (await browser.PostAsync("/console/organizations/new", ("name", name))).Expect(400);
        (await browser.PostAsync("/console/organizations/new", ("__RequestVerificationToken", foreign), ("name", name))).Expect(400);
        (await browser.PostAsync("/console/sign-out")).Expect(400);

        Assert.Empty((await gateway.GetAsync($"/organizations?search={Uri.EscapeDataString(name)}")).Expect(200).Ids);
        (await browser.GetAsync("/console")).Expect(200);
    }

    [Fact]
    public async Task A_viewer_sees_no_buttons_and_is_refused_by_the_server_as_well()
    {
        var organization = await gateway.CreateOrganizationAsync("Seen");
        using var browser = await ConsoleBrowser.OpenAsync(Url, await gateway.CreateKeyAsync("read"));

        var page = (await browser.GetAsync($"/console/organizations/{organization}")).Expect(200).Html;

        Assert.DoesNotContain($"/console/organizations/{organization}/rename", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Delete organization", page, StringComparison.Ordinal);
        var token = ConsoleBrowser.TokenOf(page);
        (await browser.PostAsync($"/console/organizations/{organization}/rename", ("__RequestVerificationToken", token), ("name", "Changed"))).Expect(403);
        (await browser.GetAsync("/console/organizations/new")).Expect(403);
        (await browser.GetAsync("/console/webhooks")).Expect(403);
        (await browser.GetAsync("/console/api-keys")).Expect(403);
        (await browser.GetAsync("/console/audit-log")).Expect(403);
        Assert.Equal("Seen", (await gateway.GetAsync($"/organizations/{organization}")).Text("name"));
    }

    [Fact]
    public async Task An_operator_changes_and_does_not_delete()
    {
        var organization = await gateway.CreateOrganizationAsync("Kept");
        using var browser = await ConsoleBrowser.OpenAsync(Url, await gateway.CreateKeyAsync("write"));
        var address = $"/console/organizations/{organization}";

        (await browser.SubmitAsync(address, address + "/rename", ("name", "Renamed"))).Expect(303);
        (await browser.SubmitAsync(address, address + "/delete", ("confirmation", "Renamed"))).Expect(403);

        Assert.Equal("Renamed", (await gateway.GetAsync($"/organizations/{organization}")).Text("name"));
    }

    [Fact]
    public async Task A_dangerous_act_is_done_once_the_name_is_typed()
    {
        var organization = await gateway.CreateOrganizationAsync("Gone");
        using var browser = await ConsoleBrowser.OpenAsync(Url, gateway.Stack.ApiKey);
        var address = $"/console/organizations/{organization}";

        var refused = (await browser.SubmitAsync(address, address + "/delete", ("confirmation", "gone"))).Expect(422);
        Assert.Contains("type exactly", refused.Html, StringComparison.Ordinal);
        (await gateway.GetAsync($"/organizations/{organization}")).Expect(200);
        (await browser.SubmitAsync(address, address + "/delete", ("confirmation", "Gone"))).Expect(303);
        (await gateway.GetAsync($"/organizations/{organization}")).Expect(404);
    }

    [Fact]
    public async Task Whoever_sees_one_organization_finds_nothing_of_another()
    {
        var (own, foreign) = (await gateway.CreateOrganizationAsync("Own"), await gateway.CreateOrganizationAsync("Foreign"));
        var directory = await gateway.CreateDirectoryAsync(foreign);
        using var browser = await ConsoleBrowser.OpenAsync(Url, await gateway.CreateKeyAsync("admin", own));

        var list = (await browser.GetAsync("/console")).Expect(200).Html;
        Assert.Contains(own, list, StringComparison.Ordinal);
        Assert.DoesNotContain(foreign, list, StringComparison.Ordinal);
        foreach (var path in (string[])[
            $"/organizations/{foreign}", $"/organizations/{foreign}/directories/new", $"/directories/{directory}", $"/directories/{directory}/users",
            $"/directories/{directory}/groups", $"/directories/{directory}/attributes", $"/directories/{directory}/role-rules",
            $"/directories/{directory}/policies", $"/directories/{directory}/activation", $"/directories/{directory}/tokens",
            $"/directories/{directory}/requests", $"/directories/{directory}/events", $"/directories/{directory}/adoption",
            $"/directories/{directory}/settings", $"/directories/{directory}/settings.json", $"/directories/{directory}/export.csv"])
        {
            (await browser.GetAsync("/console" + path)).Expect(404);
        }

        (await browser.SubmitAsync("/console", $"/console/directories/{directory}/state", ("state", "Disabled"))).Expect(404);
        (await browser.GetAsync("/console/webhooks")).Expect(403);
        Assert.Equal("active", (await gateway.GetAsync($"/directories/{directory}")).Text("delivery"));
    }

    [Fact]
    public async Task A_secret_is_in_one_answer_and_never_again()
    {
        var organization = await gateway.CreateOrganizationAsync("Secret");
        using var browser = await ConsoleBrowser.OpenAsync(Url, gateway.Stack.ApiKey);
        var address = $"/console/organizations/{organization}/directories/new";
        var form = (await browser.GetAsync(address)).Expect(200).Html;
        (string, string)[] fields =
        [
            ("__RequestVerificationToken", ConsoleBrowser.TokenOf(form)), ("request_id", ConsoleBrowser.Field(form, "request_id")), ("name", "Okta"),
            ("provider", "Okta"), ("activation", "Unspecified"),
        ];

        var shown = (await browser.PostAsync(address, fields)).Expect(200);
        var token = System.Text.RegularExpressions.Regex.Match(shown.Html, "data-copy=\"([^\"]{30,})\"[^>]*>Copy<span class=\"hidden\"> ?the token").Groups[1].Value;
        Assert.NotEmpty(token);
        Assert.Equal("", shown.Location);
        var again = await browser.PostAsync(address, fields);
        Assert.Equal(409, again.Code);
        Assert.DoesNotContain(token, again.Html, StringComparison.Ordinal);

        var directory = Assert.Single((await gateway.GetAsync($"/directories?organization_id={organization}")).Expect(200).Ids);
        Assert.DoesNotContain(token, (await browser.GetAsync($"/console/directories/{directory}/tokens")).Expect(200).Html, StringComparison.Ordinal);
        Assert.DoesNotContain(token, (await browser.GetAsync($"/console/directories/{directory}")).Expect(200).Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_that_the_identity_provider_sends_stay_text()
    {
        var directory = await gateway.Stack.CreateDirectoryAsync(Hostile);
        using var okta = directory.Client();
        var user = (await okta.PostAsync("Users", System.Text.Json.JsonSerializer.Serialize(new
        {
            schemas = new[] { "urn:ietf:params:scim:schemas:core:2.0:User" }, userName = $"{Hostile}@example.com", displayName = Hostile,
            name = new { givenName = Hostile, familyName = Hostile }, title = Hostile, emails = new[] { new { value = "h@example.com", primary = true } },
            groups = Array.Empty<string>(), shoe = Hostile,
        }))).Id;
        var group = (await okta.PostAsync("Groups", System.Text.Json.JsonSerializer.Serialize(new
        {
            schemas = new[] { "urn:ietf:params:scim:schemas:core:2.0:Group" }, displayName = Hostile, members = new[] { new { value = user, display = Hostile } },
        }))).Id;
        using var browser = await ConsoleBrowser.OpenAsync(Url, gateway.Stack.ApiKey);
        var address = $"/console/directories/{directory.Id}";
        await Eventually.True(async () => (await browser.GetAsync($"{address}/users/{user}")).Html.Contains("dsync.user.created", StringComparison.Ordinal));

        foreach (var path in (string[])[
            address, $"{address}/users", $"{address}/users/{user}", $"{address}/users?search={Uri.EscapeDataString(Hostile)}", $"{address}/groups",
            $"{address}/groups/{group}", $"{address}/attributes", $"{address}/requests", $"{address}/events", $"{address}/tokens", $"{address}/settings",
            $"{address}/activation", "/console", $"/console/organizations/{directory.OrganizationId}", "/console/audit-log"])
        {
            var html = (await browser.GetAsync(path)).Expect(200).Html;
            Assert.DoesNotContain("<script>alert", html, StringComparison.Ordinal);
            Assert.DoesNotContain("<img src=x", html, StringComparison.Ordinal);
        }

        Assert.Contains(WebUtility.HtmlEncode("<script>alert(1)</script>"), (await browser.GetAsync($"{address}/users/{user}")).Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_act_is_in_the_audit_log_with_who_did_it()
    {
        var created = (await gateway.PostAsync("/api_keys", """{"name": "Grace", "scopes": ["admin"]}""")).Expect(201);
        using var browser = await ConsoleBrowser.OpenAsync(Url, created.Text("key"));

        var answer = (await browser.SubmitAsync("/console/organizations/new", "/console/organizations/new", ("name", "Audited"))).Expect(303);

        var id = answer.Location.Split('/')[3].Split('?')[0];
        var entry = Assert.Single((await gateway.GetAsync($"/audit_log?resource_id={id}")).Expect(200).Data);
        Assert.Equal("organization.created", entry.GetProperty("action").GetString());
        Assert.Equal(created.Text("id"), entry.GetProperty("actor").GetProperty("id").GetString());
        Assert.Contains("organization.created", (await browser.GetAsync("/console/audit-log")).Expect(200).Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_form_comes_back_with_what_was_typed_and_what_is_wrong()
    {
        using var browser = await ConsoleBrowser.OpenAsync(Url, gateway.Stack.ApiKey);

        var answer = (await browser.SubmitAsync("/console/organizations/new", "/console/organizations/new", ("name", " "), ("domains", "not a domain!"))).Expect(422);

        Assert.Contains("The name is missing", answer.Html, StringComparison.Ordinal);
        Assert.Contains("value=\"not a domain!\"", answer.Html, StringComparison.Ordinal);
        Assert.Contains("aria-invalid=\"true\"", answer.Html, StringComparison.Ordinal);
    }
}
