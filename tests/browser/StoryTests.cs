using System.Text.RegularExpressions;
using DirectorySync.Kit;
using Microsoft.Playwright;

namespace DirectorySync.Browser.Tests;

/// <summary>What operators do, from beginning to end, against two replicas in turn.</summary>
[Collection(OpenConsole.Name)]
public sealed class StoryTests(OpenConsole console)
{
    [Fact]
    public async Task An_operator_adds_a_directory_and_sees_the_first_user_arrive()
    {
        var page = await console.SignInAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Add organization" }).ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Initech");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add organization" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("was created");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add directory" }).ClickAsync();
        await page.GetByLabel("Start").SelectOptionAsync("Review");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add directory" }).ClickAsync();
        var secrets = await page.Locator("[data-copy]").EvaluateAllAsync<string[]>("all => all.map(one => one.dataset.copy)");
        await page.GetByRole(AriaRole.Button, new() { Name = "I have copied them" }).ClickAsync();
        await Expect(page.Locator("#live")).ToContainTextAsync("never contacted");

        using var okta = new ScimClient(secrets[0], secrets[1]);
        await okta.CreateUserAsync("peter@initech.example");
        // By itself, without a reload.
        await Expect(page.Locator("#live")).ToContainTextAsync("connected", new() { Timeout = 15_000 });

        await page.GetByRole(AriaRole.Link, new() { Name = "Activation" }).ClickAsync();
        await Eventually.True(async () =>
        {
            await page.ReloadAsync();
            return (await page.InnerTextAsync("main")).Contains("Users created", StringComparison.Ordinal);
        });
        await page.GetByRole(AriaRole.Button, new() { Name = "Activate" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "On its way to applications" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Events" }).ClickAsync();
        await Eventually.True(async () =>
        {
            await page.ReloadAsync();
            return (await page.InnerTextAsync("main")).Contains("dsync.user.created", StringComparison.Ordinal);
        });
        Assert.Empty(await page.Locator("main").GetByText(secrets[1]).AllAsync());
    }

    [Fact]
    public async Task A_wrong_namespace_is_found_and_mended_by_a_click()
    {
        var directory = await console.Stack.CreateDirectoryAsync("Wrong namespace");
        var page = await console.SignInAsync();
        await page.GotoAsync("/console/attributes");
        await page.GetByLabel("Name").FillAsync("shoe_size");
        await page.GetByRole(AriaRole.Button, new() { Name = "Define attribute" }).ClickAsync();
        using var okta = directory.Client();
        await okta.PostAsync("Users", """
            {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:wrong:1.0:User"], "userName": "shoe@acme.example",
             "name": {"givenName": "Shoe", "familyName": "Maker"}, "emails": [{"value": "shoe@acme.example", "primary": true}], "urn:wrong:1.0:User": {"shoe_size": "44"}}
            """);
        await page.GotoAsync($"/console/directories/{directory.Id}/attributes");
        var use = page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("Use urn:wrong:1.0:User:shoe_size") });
        await Eventually.True(async () =>
        {
            await page.ReloadAsync();
            return await use.CountAsync() > 0;
        });

        await use.ClickAsync();

        await Expect(page.GetByRole(AriaRole.Status).First).ToContainTextAsync("Saved");
        await Eventually.True(async () =>
        {
            await page.ReloadAsync();
            return (await page.GetByRole(AriaRole.Row, new() { NameRegex = new Regex("^shoe_size") }).First.InnerTextAsync()).Contains("in use", StringComparison.Ordinal);
        });
        await page.GetByRole(AriaRole.Button, new() { Name = "Undo the last change" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status).First).ToContainTextAsync("is back");
    }

    [Fact]
    public async Task A_role_rule_is_previewed_and_applied()
    {
        var directory = await console.Stack.CreateDirectoryAsync("Rules");
        using var okta = directory.Client();
        var id = (await okta.CreateUserAsync("ruth@acme.example")).Id;
        await okta.PostAsync("Groups", $$"""{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Bosses", "members": [{"value": "{{id}}"}]}""");
        var page = await console.SignInAsync();
        await page.GotoAsync("/console/roles/new");
        await page.GetByLabel("Slug").FillAsync("boss");
        await page.GetByLabel("Name").FillAsync("Boss");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add role" }).ClickAsync();
        await page.GotoAsync($"/console/directories/{directory.Id}/role-rules");
        await page.GetByLabel("Role of rule 1").SelectOptionAsync("boss");
        await page.GetByLabel("Value of rule 1").FillAsync("Bosses");
        await Eventually.True(async () =>
        {
            await page.GetByRole(AriaRole.Button, new() { Name = "Preview" }).ClickAsync();
            return (await page.InnerTextAsync("main")).Contains("boss: 1 gain it", StringComparison.Ordinal);
        });

        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();

        await page.GotoAsync($"/console/directories/{directory.Id}/users/{id}");
        await Eventually.True(async () =>
        {
            await page.ReloadAsync();
            return (await page.InnerTextAsync("main")).Contains("Bosses", StringComparison.Ordinal) && await page.Locator(".badge.ok", new() { HasText = "boss" }).CountAsync() > 0;
        });
    }

    [Fact]
    public async Task A_failing_webhook_is_found_mended_and_sent_again()
    {
        var directory = await console.Stack.CreateDirectoryAsync("Webhooks");
        await using var application = await Receiver.StartAsync();
        application.Answer = _ => Task.FromResult(503);
        var page = await console.SignInAsync();
        await page.GotoAsync("/console/webhooks/new");
        await page.GetByLabel("Address").FillAsync(application.Url);
        await page.GetByRole(AriaRole.Button, new() { Name = "Add endpoint" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "I have copied it" }).ClickAsync();
        using var okta = directory.Client();
        await okta.CreateUserAsync("waits@acme.example");
        await Expect(page.Locator("#lanes-now")).ToContainTextAsync("retrying", new() { Timeout = 30_000 });
        await Expect(page.Locator("#lanes-now")).ToContainTextAsync("503", new() { Timeout = 30_000 });

        application.Answer = _ => Task.FromResult(200);
        await page.GetByRole(AriaRole.Button, new() { Name = "Try again now" }).First.ClickAsync();

        await Eventually.True(() => application.Accepted.Any(received => received.Body.Contains("waits@acme.example", StringComparison.Ordinal)));
        await Expect(page.Locator("#lanes-now")).ToContainTextAsync("Everything is delivered", new() { Timeout = 30_000 });
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete endpoint" }).First.ClickAsync();
        await page.GetByLabel($"Type {application.Url} to confirm").FillAsync(application.Url);
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete endpoint" }).Last.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Deleted");
    }

    [Fact]
    public async Task A_viewer_finds_nothing_to_press()
    {
        using var rest = new HttpClient { BaseAddress = new(console.Front.Url), DefaultRequestHeaders = { { "Authorization", $"Bearer {console.Stack.ApiKey}" } } };
        var created = await rest.PostAsync("/api_keys", new StringContent("""{"name": "viewer", "scopes": ["read"]}""", null, "application/json"));
        var key = Regex.Match(await created.Content.ReadAsStringAsync(), "sk_[A-Za-z0-9_-]+").Value;
        var page = await console.SignInAsync(key);
        foreach (var (_, path) in console.Pages("none").Where(one => one.Path.Contains("/directories/", StringComparison.Ordinal)))
        {
            await page.GotoAsync(path);
            Assert.Empty(await page.Locator("main form[method=post]:not(:has(fieldset[disabled]))").AllAsync());
        }

        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await page.WaitForURLAsync("**/console/sign-in**");
    }

    [Fact]
    public async Task Dark_is_chosen_and_stays()
    {
        var page = await console.SignInAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Dark" }).ClickAsync();
        await page.GotoAsync("/console/roles");

        Assert.Equal("dark", await page.Locator("html").GetAttributeAsync("data-theme"));
        Assert.Equal("true", await page.GetByRole(AriaRole.Button, new() { Name = "Dark" }).GetAttributeAsync("aria-pressed"));
    }

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);
}
