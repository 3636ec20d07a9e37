using DirectorySync.Kit;
using Microsoft.Playwright;

namespace DirectorySync.Browser.Tests;

/// <summary>A whole system with people in it, and a browser in front. CHROMIUM names another program than Debian's.</summary>
public sealed class OpenConsole : IAsyncLifetime
{
    internal const string Name = "Open console";

    private IPlaywright? playwright;
    private IBrowser? browser;

    public Stack Stack { get; private set; } = null!;

    /// <summary>Before two replicas of the gateway.</summary>
    internal RoundRobin Front { get; private set; } = null!;

    public StackDirectory Directory { get; private set; } = null!;

    public ScimClient Okta { get; private set; } = null!;

    public Receiver Application { get; private set; } = null!;

    public string UserId { get; private set; } = "";

    public string GroupId { get; private set; } = "";

    public async Task InitializeAsync()
    {
        Stack = await Stack.StartAsync(new() { Gateways = 2, Environment = new Dictionary<string, string> { ["Webhooks__AllowPrivate"] = "true" } });
        Front = await RoundRobin.StartAsync(Stack.GatewayUrl(), Stack.GatewayUrl(1));
        Application = await Receiver.StartAsync();
        Directory = await Stack.CreateDirectoryAsync("Acme Okta");
        Okta = Directory.Client();
        foreach (var (given, family, title) in ((string, string, string)[])[
            ("Ada", "Lovelace", "Analyst"), ("Grace", "Hopper", "Admiral"), ("Katherine", "Johnson", "Mathematician"), ("Edsger", "Dijkstra", "Professor")])
        {
            var id = (await Okta.PostAsync("Users", $$"""
                {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
                 "userName": "{{given.ToLowerInvariant()}}@acme.example", "externalId": "00u{{given}}", "displayName": "{{given}} {{family}}",
                 "name": {"givenName": "{{given}}", "familyName": "{{family}}"}, "title": "{{title}}",
                 "emails": [{"value": "{{given.ToLowerInvariant()}}@acme.example", "primary": true, "type": "work"}],
                 "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Research"}, "active": true}
                """)).Id;
            UserId = UserId.Length == 0 ? id : UserId;
        }

        GroupId = (await Okta.PostAsync("Groups", $$"""
            {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Engineering",
             "members": [{"value": "{{UserId}}"}, {"value": "00000000-0000-7000-8000-000000000001", "display": "nobody@acme.example"}]}
            """)).Id;
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Environment.GetEnvironmentVariable("CHROMIUM") is { Length: > 0 } program ? program : "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    public async Task DisposeAsync()
    {
        if (browser is not null)
        {
            await browser.DisposeAsync();
        }

        playwright?.Dispose();
        Okta?.Dispose();
        if (Application is not null)
        {
            await Application.DisposeAsync();
        }

        await Front.DisposeAsync();
        await Stack.DisposeAsync();
    }

    /// <summary>A window that is signed in, and that fails the test for what the browser complains about.</summary>
    public async Task<IPage> SignInAsync(string? key = null, ColorScheme theme = ColorScheme.Light, int width = 1280)
    {
        var page = await OpenAsync(theme, width);
        await page.GotoAsync("/console/sign-in");
        await page.GetByLabel("API key").FillAsync(key ?? Stack.ApiKey);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Organizations", Level = 1 })).ToBeVisibleAsync(new() { Timeout = 30_000 });
        return page;
    }

    /// <summary>A window of somebody else.</summary>
    public async Task<IPage> OpenAsync(ColorScheme theme = ColorScheme.Light, int width = 1280)
    {
        var context = await browser!.NewContextAsync(new()
        {
            BaseURL = Front.Url, ColorScheme = theme, ViewportSize = new() { Width = width, Height = 900 }, TimezoneId = "Europe/Berlin",
            ReducedMotion = ReducedMotion.Reduce,
        });
        return await context.NewPageAsync();
    }

    /// <summary>Every page of the console, by a name for its picture.</summary>
    public IEnumerable<(string Name, string Path)> Pages(string webhookId)
    {
        var directory = $"/console/directories/{Directory.Id}";
        return
        [
            ("organizations", "/console"), ("organization-new", "/console/organizations/new"), ("organization", $"/console/organizations/{Directory.OrganizationId}"),
            ("directory-new", $"/console/organizations/{Directory.OrganizationId}/directories/new"), ("directory", directory),
            ("users", directory + "/users"), ("user", $"{directory}/users/{UserId}"), ("groups", directory + "/groups"), ("group", $"{directory}/groups/{GroupId}"),
            ("attributes", directory + "/attributes"), ("attribute-edit", directory + "/attributes/edit?attribute=job_title"),
            ("attribute-map", directory + "/attributes/edit?path=title"), ("role-rules", directory + "/role-rules"), ("policies", directory + "/policies"),
            ("activation", directory + "/activation"), ("tokens", directory + "/tokens"), ("requests", directory + "/requests"),
            ("requests-none", directory + "/requests?status=5xx"), ("events", directory + "/events"), ("adoption", directory + "/adoption"),
            ("directory-settings", directory + "/settings"), ("roles", "/console/roles"), ("role-new", "/console/roles/new"),
            ("role", "/console/roles/member"), ("definitions", "/console/attributes"), ("webhooks", "/console/webhooks"), ("webhook-new", "/console/webhooks/new"),
            ("webhook", $"/console/webhooks/{webhookId}"), ("alerts", "/console/alerts"), ("audit-log", "/console/audit-log"), ("api-keys", "/console/api-keys"),
            ("settings", "/console/settings"), ("not-found", "/console/nowhere"),
        ];
    }
}

/// <summary>All tests of one console, one after the other.</summary>
[CollectionDefinition(OpenConsole.Name)]
public sealed class OpenConsoleCollection : ICollectionFixture<OpenConsole>;
