using System.Text.Json;

namespace DirectorySync.Gateway.Tests.Rest;

/// <summary>POST /portal/generate_link, as the contract has it.</summary>
[Collection(RunningGateway.Name)]
public sealed class PortalLinkTests(RunningGateway gateway)
{
    private const string Route = "/portal/generate_link";

    [Fact]
    public async Task A_link_is_made_for_an_organization_or_one_of_its_directories()
    {
        var organization = await gateway.CreateOrganizationAsync();
        var directory = await gateway.CreateDirectoryAsync(organization);

        var first = (await gateway.PostAsync(Route, $$"""{"organization": "{{organization}}"}""")).Expect(201).Text("link");
        var second = (await gateway.PostAsync(Route,
            $$"""
            {"organization": "{{organization}}", "directory": "{{directory}}", "intent": "dsync", "it_contact_emails": [],
             "return_url": "https://app.example.com/settings", "success_url": "https://app.example.com/done", "expires_at": "{{Days(29)}}"}
            """)).Expect(201).Text("link");

        var begin = $"{gateway.Stack.GatewayUrl()}/portal/start?token=";
        Assert.All([first, second], link => Assert.Matches("^[0-9a-f-]{36}\\.[A-Za-z0-9_-]{43}$", link[begin.Length..]));
        Assert.All([first, second], link => Assert.StartsWith(begin, link, StringComparison.Ordinal));
        Assert.NotEqual(first, second);
    }

    [Theory]
    [InlineData("\"intent\": \"dns\"", "intent", "invalid_value")]
    [InlineData("\"return_url\": \"javascript:alert(1)\"", "return_url", "invalid_value")]
    [InlineData("\"success_url\": \"/done\"", "success_url", "invalid_value")]
    [InlineData("\"success_url\": \"https://app.example.com@evil.example\"", "success_url", "invalid_value")]
    [InlineData("\"expires_at\": \"2020-01-01T00:00:00Z\"", "expires_at", "invalid_value")]
    [InlineData("\"adminEmail\": \"it@example.com\"", "adminEmail", "unknown_field")]
    public async Task What_cannot_be_served_is_refused_by_the_name_of_its_field(string more, string field, string code)
    {
        var organization = await gateway.CreateOrganizationAsync();

        var refused = (await gateway.PostAsync(Route, $$"""{"organization": "{{organization}}", {{more}}}""")).Expect(422, "invalid_request");

        var error = Assert.Single(refused.Json.GetProperty("errors").EnumerateArray());
        Assert.Equal((field, code), (error.GetProperty("field").GetString(), error.GetProperty("code").GetString()));
        Assert.Contains(field, refused.Text("message"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"intent\": \"sso\"", "intent_not_supported")]
    [InlineData("\"intent\": \"bring_your_own_key\"", "intent_not_supported")]
    [InlineData("\"it_contact_emails\": [\"it@example.com\"]", "contacts_not_supported")]
    public async Task What_the_contract_allows_and_there_is_not_here_is_refused_in_the_message(string more, string code)
    {
        var organization = await gateway.CreateOrganizationAsync();

        var refused = (await gateway.PostAsync(Route, $$"""{"organization": "{{organization}}", {{more}}}""")).Expect(422, code);

        // Client libraries show codes instead of the message where there is a list of errors.
        Assert.False(refused.Json.TryGetProperty("errors", out _));
    }

    [Fact]
    public async Task A_link_lasts_for_thirty_days_at_most_and_names_an_organization()
    {
        var organization = await gateway.CreateOrganizationAsync();

        Assert.Equal(["expires_at"], (await gateway.PostAsync(
            Route, $$"""{"organization": "{{organization}}", "expires_at": "{{Days(31)}}"}""")).Expect(422).Fields);
        Assert.Equal(["organization"], (await gateway.PostAsync(Route, """{"intent": "dsync"}""")).Expect(422).Fields);
    }

    [Fact]
    public async Task An_organization_or_a_directory_of_another_is_as_absent_as_none()
    {
        var (own, other) = (await gateway.CreateOrganizationAsync("Own"), await gateway.CreateOrganizationAsync("Other"));
        var foreign = await gateway.CreateDirectoryAsync(other);
        var key = await gateway.CreateKeyAsync("admin", own);

        var unknown = (await gateway.PostAsync(Route, """{"organization": "org_unknown"}""", key)).Expect(404, "not_found");
        var others = (await gateway.PostAsync(Route, $$"""{"organization": "{{other}}"}""", key)).Expect(404, "not_found");
        Assert.Equal(unknown.Body, others.Body);
        (await gateway.PostAsync(Route, $$"""{"organization": "{{own}}", "directory": "{{foreign}}"}""")).Expect(404, "not_found");
        (await gateway.PostAsync(Route, $$"""{"organization": "{{own}}"}""", key)).Expect(201);
        (await gateway.PostAsync(Route, $$"""{"organization": "{{own}}"}""", await gateway.CreateKeyAsync("write", own))).Expect(403, "scope_missing");
    }

    [Fact]
    public async Task A_directory_that_is_being_deleted_gets_no_link_and_the_log_holds_no_secret()
    {
        var organization = await gateway.CreateOrganizationAsync();
        var link = (await gateway.PostAsync(Route, $$"""{"organization": "{{organization}}"}""")).Expect(201).Text("link");

        var entry = Assert.Single((await gateway.GetAsync($"/audit_log?organization_id={organization}&action=portal_link.created")).Expect(200).Data);
        Assert.Equal(JsonValueKind.Null, entry.GetProperty("before").ValueKind);
        Assert.DoesNotContain(link[(link.LastIndexOf('.') + 1)..], entry.GetRawText(), StringComparison.Ordinal);

        var directory = await gateway.CreateDirectoryAsync(organization);
        (await gateway.SendAsync("DELETE", $"/directories/{directory}")).Expect(202);
        var refused = await gateway.PostAsync(Route, $$"""{"organization": "{{organization}}", "directory": "{{directory}}"}""");
        Assert.Contains((int)refused.Status, (int[])[404, 409]);
    }

    private static string Days(int days) => DateTimeOffset.UtcNow.AddDays(days).ToString("O", System.Globalization.CultureInfo.InvariantCulture);
}
