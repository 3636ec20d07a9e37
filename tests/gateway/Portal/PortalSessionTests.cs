using System.Text.Json;
using DirectorySync.Kit;

namespace DirectorySync.Gateway.Tests.Portal;

/// <summary>What a link opens, how often, and what it does not open.</summary>
[Collection(RunningGateway.Name)]
public sealed class PortalSessionTests(RunningGateway gateway)
{
    [Fact]
    public async Task To_look_at_a_link_uses_up_nothing_and_the_button_opens_it_once()
    {
        var (organization, directory) = await CreateAsync();
        var link = await LinkAsync(organization, directory);
        using var scanner = NewBrowser();
        (await scanner.GetAsync(link)).Expect(200, "Start the setup");
        (await scanner.GetAsync(link)).Expect(200);

        using var admin = NewBrowser();
        var kinds = (await admin.SubmitAsync(await admin.GetAsync(link), "/portal/start")).Expect(200, "Okta: an app of the catalog");
        Assert.Equal($"/portal/directories/{directory}", kinds.Path);

        using var second = NewBrowser();
        (await second.GetAsync(link)).Expect(410, "each link opens only once");
        // A page that was read before the link was opened.
        (await scanner.SubmitAsync(await StartAgainAsync(scanner, link), "/portal/start")).Expect(410, "This link was used");
        (await admin.GetAsync("/portal")).Expect(200, "Okta: an app of the catalog");
    }

    [Fact]
    public async Task Of_many_who_press_the_button_at_once_one_comes_in()
    {
        var (organization, directory) = await CreateAsync();
        var link = await LinkAsync(organization, directory);
        var browsers = Enumerable.Range(0, 8).Select(_ => NewBrowser()).ToList();
        var starts = await Task.WhenAll(browsers.Select(browser => browser.GetAsync(link)));

        var pages = await Task.WhenAll(browsers.Zip(starts).Select(one => one.First.SubmitAsync(one.Second, "/portal/start")));

        Assert.Equal([200, .. Enumerable.Repeat(410, 7)], pages.Select(page => page.Status).Order());
        browsers.ForEach(browser => browser.Dispose());
    }

    [Fact]
    public async Task A_wrong_link_says_what_to_do_and_without_a_session_no_page_opens()
    {
        var (organization, directory) = await CreateAsync();
        var link = await LinkAsync(organization, directory);
        using var browser = NewBrowser();

        (await browser.GetAsync(link[..^3])).Expect(404, "Copy it whole");
        (await browser.GetAsync("/portal/start")).Expect(404, "This link does not work");
        (await browser.GetAsync("/portal")).Expect(401, "Your session is over");
        (await browser.GetAsync($"/portal/directories/{directory}")).Expect(401);
        (await browser.GetAsync($"/portal/directories/{directory}/okta-catalog/connect", ("X-Live", "1"))).Expect(401);
        (await browser.PostAsync($"/portal/directories/{directory}/okta-catalog/connect", [])).Expect(401);
        (await browser.GetAsync("/portal/nothing")).Expect(404, "There is no such page");
    }

    [Fact]
    public async Task The_session_reaches_its_directory_and_nothing_else()
    {
        var (organization, directory) = await CreateAsync();
        var (sibling, foreign) = (await gateway.CreateDirectoryAsync(organization, "Sibling"), (await CreateAsync()).Directory);
        using var admin = await OpenAsync(await LinkAsync(organization, directory));
        var page = (await admin.GetAsync(Step(directory))).Expect(200);

        foreach (var other in new[] { sibling, foreign, Guid.CreateVersion7().ToString() })
        {
            (await admin.GetAsync($"/portal/directories/{other}")).Expect(404, "The directory does not exist.");
            (await admin.GetAsync(Step(other))).Expect(404);
            (await SubmitTokenAsync(admin, page, directory, other)).Expect(404);
            Assert.Empty((await gateway.GetAsync($"/directories/{other}/tokens")).Json.TryGetProperty("data", out var tokens) ? tokens.EnumerateArray() : []);
        }

        // Neither the console nor the API takes it for a sign-in.
        Assert.Contains("/console/sign-in", (await admin.GetAsync("/console")).Path, StringComparison.Ordinal);
        (await admin.GetAsync("/directories")).Expect(401);
        (await SubmitTokenAsync(admin, page, directory, directory)).Expect(200, "scim_");
    }

    [Fact]
    public async Task A_token_is_shown_once_and_audited_as_the_portals()
    {
        var (organization, directory) = await CreateAsync();
        using var admin = await OpenAsync(await LinkAsync(organization, directory));

        var shown = await SubmitTokenAsync(admin, await admin.GetAsync(Step(directory)), directory, directory);

        var token = System.Text.RegularExpressions.Regex.Match(shown.Html, "scim_[A-Za-z0-9_-]{43}").Value;
        Assert.NotEmpty(token);
        Assert.True(shown.Headers.CacheControl!.NoStore);
        Assert.DoesNotContain("scim_", (await admin.GetAsync(Step(directory))).Expect(200).Html, StringComparison.Ordinal);
        using var okta = new ScimClient((await gateway.GetAsync($"/directories/{directory}")).Text("scim_base_url"), token);
        Assert.Equal(200, (await okta.GetAsync("Users?startIndex=1&count=2")).Code);
        var entries = (await gateway.GetAsync($"/audit_log?organization_id={organization}&limit=100")).Expect(200).Data
            .Where(entry => entry.GetProperty("actor").GetProperty("type").GetString() == "portal").ToList();
        Assert.Equal(["portal_link.opened", "scim_token.created"], entries.Select(entry => entry.GetProperty("action").GetString()).Order());
        Assert.Single(entries.Select(entry => entry.GetProperty("actor").GetProperty("id").GetString()).Distinct());
        Assert.All(entries, entry => Assert.NotEqual(JsonValueKind.Null, entry.GetProperty("actor").GetProperty("ip_address").ValueKind));
    }

    [Fact]
    public async Task A_form_that_was_not_read_here_does_nothing()
    {
        var (organization, directory) = await CreateAsync();
        var link = await LinkAsync(organization, directory);
        using var forged = NewBrowser();
        (await forged.PostAsync("/portal/start", [new("token", link[(link.IndexOf('=', StringComparison.Ordinal) + 1)..])])).Expect(400, "Nothing was done");

        using var admin = await OpenAsync(link);
        (await admin.PostAsync(Step(directory), [new("request_id", "forged")])).Expect(400, "Nothing was done");
        Assert.Empty((await gateway.GetAsync($"/directories/{directory}/tokens")).Expect(200).Data);
    }

    [Fact]
    public async Task The_cookie_is_for_the_portal_alone_and_scripts_do_not_see_it()
    {
        var (organization, directory) = await CreateAsync();
        using var admin = await OpenAsync(await LinkAsync(organization, directory));
        var cookie = Assert.Single(admin.Cookies.GetAllCookies(), cookie => cookie.Name == "directory-sync-portal");

        Assert.True(cookie.HttpOnly);
        Assert.Equal("/portal", cookie.Path);
        var headers = (await admin.GetAsync("/portal")).Headers;
        Assert.DoesNotContain("unsafe", string.Concat(headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", (await admin.GetAsync("/portal")).Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_an_organization_has_no_directory_its_admin_makes_the_first_and_no_second()
    {
        var organization = await gateway.CreateOrganizationAsync();
        using var admin = await OpenAsync(await LinkAsync(organization));
        var create = (await admin.GetAsync("/portal")).Expect(200, "Create your directory");
        Assert.Contains("The name is missing", (await admin.SubmitAsync(create, "/portal/directories/new", ("name", " "), ("provider", "Entra"))).Expect(422).Text,
            StringComparison.Ordinal);

        var kinds = (await admin.SubmitAsync(create, "/portal/directories/new", ("name", "Acme <b>Entra"), ("provider", "Entra"))).Expect(200, "Acme <b>Entra");
        Assert.DoesNotContain("Acme <b>", kinds.Html, StringComparison.Ordinal);
        var again = (await admin.SubmitAsync(create, "/portal/directories/new", ("name", "Another"), ("provider", "Okta"))).Expect(200);
        Assert.Equal(kinds.Path, again.Path);

        var directory = Assert.Single((await gateway.GetAsync($"/directories?organization_id={organization}")).Data);
        Assert.Equal(("Acme <b>Entra", "azure scim v2.0"), (directory.GetProperty("name").GetString(), directory.GetProperty("type").GetString()));
        var id = directory.GetProperty("id").GetString()!;
        Assert.Equal($"/portal/directories/{id}/scim/connect", (await admin.SubmitAsync(again, $"/portal/directories/{id}", ("guide", "scim"))).Expect(200).Path);
        Assert.Equal("generic scim v2.0", (await gateway.GetAsync($"/directories/{id}")).Text("type"));
    }

    [Fact]
    public async Task Of_several_directories_one_is_chosen()
    {
        var (organization, first) = await CreateAsync();
        var second = await gateway.CreateDirectoryAsync(organization, "Second");
        using var admin = await OpenAsync(await LinkAsync(organization));

        var choice = (await admin.GetAsync("/portal")).Expect(200, "Which directory?");

        Assert.All([first, second], id => Assert.Contains($"/portal/directories/{id}", choice.Html, StringComparison.Ordinal));
        (await admin.GetAsync($"/portal/directories/{second}")).Expect(200, "Second");
    }

    [Fact]
    public async Task The_end_leads_back_and_closes_the_session()
    {
        var (organization, directory) = await CreateAsync();
        var link = (await gateway.PostAsync("/portal/generate_link",
            $$"""
            {"organization": "{{organization}}", "return_url": "https://app.example.com/settings", "success_url": "https://app.example.com/done?a=1&b=2"}
            """)).Expect(201).Text("link");
        using var admin = await OpenAsync(link);
        var last = (await admin.GetAsync($"/portal/directories/{directory}/okta-app/finish")).Expect(200, "Back to app.example.com");

        var finished = (await admin.SubmitAsync(last, "/portal/finish")).Expect(200, "The setup is finished");

        Assert.Contains("https://app.example.com/done?a=1&b=2", finished.Text, StringComparison.Ordinal);
        (await admin.GetAsync("/portal")).Expect(401);
    }

    private static string Step(string directory) => $"/portal/directories/{directory}/okta-catalog/connect";

    private static Task<BrowserPage> SubmitTokenAsync(PortalBrowser admin, BrowserPage page, string directory, string target) => admin.PostAsync(
        Step(target), [.. page.Hidden(Step(directory))]);

    // The page again as it was: its address now answers otherwise.
    private static async Task<BrowserPage> StartAgainAsync(PortalBrowser browser, string link)
    {
        var theme = await browser.GetAsync("/portal/nothing");
        var token = theme.Hidden("/portal/theme").Single(field => field.Key == "__RequestVerificationToken").Value;
        var secret = link[(link.IndexOf('=', StringComparison.Ordinal) + 1)..];
        return theme with
        {
            Html = $"<form action=\"/portal/start\"><input type=\"hidden\" name=\"__RequestVerificationToken\" value=\"{token}\"><input type=\"hidden\" name=\"token\" value=\"{secret}\"></form>",
        };
    }

    private PortalBrowser NewBrowser() => new(gateway.Stack.GatewayUrl());

    private async Task<(string Organization, string Directory)> CreateAsync()
    {
        var organization = await gateway.CreateOrganizationAsync();
        return (organization, await gateway.CreateDirectoryAsync(organization, "Acme Okta"));
    }

    private async Task<string> LinkAsync(string organization, string? directory = null) => (await gateway.PostAsync("/portal/generate_link",
        JsonSerializer.Serialize(new { organization, directory }))).Expect(201).Text("link");

    private async Task<PortalBrowser> OpenAsync(string link)
    {
        var browser = NewBrowser();
        (await browser.SubmitAsync((await browser.GetAsync(link)).Expect(200), "/portal/start")).Expect(200);
        return browser;
    }
}
