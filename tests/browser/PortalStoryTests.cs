using DirectorySync.Local.Okta;
using Microsoft.Playwright;

namespace DirectorySync.Browser.Tests;

/// <summary>An operator hands over a link; the customer's IT admin follows it, Okta's part is played, and each live check turns green.</summary>
[Collection(OpenConsole.Name)]
public sealed class PortalStoryTests(OpenConsole console)
{
    [Fact]
    public async Task An_operator_hands_over_a_link_and_the_admin_sees_each_step_work()
    {
        var link = await HandOverAsync();
        var admin = await console.OpenAsync();
        await admin.GotoAsync(link);
        await PressAsync(admin, "Start the setup");
        await admin.GetByLabel("Name").FillAsync("Acme's Okta");
        await PressAsync(admin, "Create directory");
        await PressAsync(admin, "Choose Okta: an app of the catalog");
        await NextAsync(admin, "Configure API integration");
        await Assertions.Expect(Check(admin)).ToContainTextAsync("No token was made yet");
        await PressAsync(admin, "Make a token");
        var token = await admin.Locator(".secret code").InnerTextAsync();
        var baseUrl = await admin.GetByRole(AriaRole.Table, new() { Name = "Fields of Configure API Integration" }).Locator("code").InnerTextAsync();
        await Assertions.Expect(Check(admin)).ToContainTextAsync("Waiting for Okta to test the connection");
        using var okta = new OktaPlayer(baseUrl, token);

        await PlayAsync(okta, "01-test-connector");
        await GreenAsync(admin, "Okta tested the connection");
        await Assertions.Expect(admin.Locator("#connection-ago")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex("^(just now|[0-9]+ s ago)$"));

        await NextAsync(admin, "Provisioning to app");
        await NextAsync(admin, "Attributes");
        await NextAsync(admin, "Assign people");
        await Assertions.Expect(Check(admin)).ToContainTextAsync("Nobody arrived yet");
        await PlayAsync(okta, "04-assign-new");
        await GreenAsync(admin, "First person arrived: Test User");

        await admin.GotoAsync(admin.Url.Replace("/assign", "/provisioning", StringComparison.Ordinal));
        await PlayAsync(okta, "06-profile-update");
        await GreenAsync(admin, "Changes of profiles arrive");
        await PlayAsync(okta, "07-deactivate");
        await GreenAsync(admin, "Leaving works");
        await PlayAsync(okta, "08-reactivate");

        await admin.GotoAsync(admin.Url.Replace("/provisioning", "/groups", StringComparison.Ordinal));
        await PlayAsync(okta, "05-assign-existing");
        await PlayAsync(okta, "11-group-push-create");
        await GreenAsync(admin, "Group push works: “APP-Rostr-Users” arrived");

        await NextAsync(admin, "Finish");
        Assert.Equal(0, await admin.Locator(".check-body.wrong").CountAsync());
        await PressAsync(admin, "Finish the setup");
        await Assertions.Expect(admin.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("The setup is finished");
        Assert.Equal(401, (await admin.GotoAsync("/portal"))!.Status);
        Assert.Equal(410, (await admin.GotoAsync(link))!.Status);
    }

    [Fact]
    public async Task A_wrong_token_and_a_wrong_namespace_are_told_with_what_to_do_and_turn_green_when_they_are_mended()
    {
        using var rest = new PortalRest(console);
        await rest.EnableAsync("department_name");
        var directory = await console.Stack.CreateDirectoryAsync("Attributes");
        using var okta = directory.Client();
        using var stranger = new DirectorySync.Kit.ScimClient(directory.ScimBaseUrl, "not-the-token");
        var admin = await console.OpenAsync();
        await admin.GotoAsync(await rest.LinkAsync(directory));
        await PortalRest.StartAsync(admin);
        await admin.GotoAsync($"/portal/directories/{directory.Id}/okta-app/connect");

        Assert.Equal(401, (await stranger.GetAsync("Users?startIndex=1&count=2")).Code);
        await RedAsync(admin, "Okta came with a wrong token");
        Assert.Equal(200, (await okta.GetAsync("Users?startIndex=1&count=2")).Code);
        await GreenAsync(admin, "Okta tested the connection");

        await admin.GotoAsync($"/portal/directories/{directory.Id}/okta-app/attributes");
        var ada = (await okta.PostAsync("Users", Person("\"department\": \"Research\""))).Id;
        await RedAsync(admin, "department_name is not arriving: wrong External namespace");
        await Assertions.Expect(Check(admin)).ToContainTextAsync("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User");
        var enterprise = """ "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Research"} """;
        Assert.Equal(200, (await okta.PutAsync($"Users/{ada}", Person(enterprise))).Code);
        await Assertions.Expect(admin.Locator("#attribute-list")).ToContainTextAsync("1 person has it. For example: Research", Patience);
        await Assertions.Expect(admin.Locator("#attributes-check.wrong")).ToHaveCountAsync(0, new() { Timeout = 20_000 });
    }

    private static readonly LocatorAssertionsToContainTextOptions Patience = new() { Timeout = 20_000 };

    private static string Person(string more) => $$"""
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada@acme.example", "externalId": "00uAda", "displayName": "Ada Lovelace",
         "name": {"givenName": "Ada", "familyName": "Lovelace"}, "emails": [{"value": "ada@acme.example", "primary": true, "type": "work"}],
         "active": true, {{more}}}
        """;

    /// <summary>What an operator does for a customer who has no directory yet.</summary>
    private async Task<string> HandOverAsync()
    {
        var page = await console.SignInAsync();
        await page.GotoAsync("/console/organizations/new");
        await page.GetByLabel("Name").FillAsync("Customer with a link");
        await PressAsync(page, "Add organization");
        await page.GetByRole(AriaRole.Button, new() { Name = "Setup link for the IT admin" }).ClickAsync();
        await PressAsync(page, "Make the link");
        return PortalRest.InFront(await page.Locator(".secret code").InnerTextAsync());
    }

    // What Okta itself sends: a fixture also has what must be refused.
    private static async Task PlayAsync(OktaPlayer okta, string step)
    {
        var fixture = OktaPlayer.Load(PlayOkta.Fixtures, "patch").Single(fixture => fixture.Name.Contains(step, StringComparison.Ordinal));
        var sent = fixture with { Requests = [.. fixture.Requests.Where(request => request.Statuses.All(status => status < 400))] };
        await foreach (var played in okta.PlayAsync(sent))
        {
            Assert.True(played.Failures.Count == 0, $"{step}, {played.Title}: {string.Join("; ", played.Failures)}");
        }
    }

    private static ILocator Check(IPage page) => page.Locator(".check").First;

    private static Task GreenAsync(IPage page, string text) =>
        Assertions.Expect(page.Locator(".check-body.done").Filter(new() { HasText = text })).ToHaveCountAsync(1, new() { Timeout = 20_000 });

    private static Task RedAsync(IPage page, string text) =>
        Assertions.Expect(page.Locator(".check-body.wrong").Filter(new() { HasText = text })).ToHaveCountAsync(1, new() { Timeout = 20_000 });

    private static Task PressAsync(IPage page, string name) => page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true }).ClickAsync();

    private static async Task NextAsync(IPage page, string title)
    {
        await PressAsync(page, $"Next: {title}");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(title);
    }
}
