using Microsoft.Playwright;

namespace DirectorySync.Browser.Tests;

/// <summary>Every page of the setup portal, light and dark, on a desktop and on a phone: readable by everybody.</summary>
[Collection(OpenConsole.Name)]
public sealed class PortalPageTests(OpenConsole console)
{
    private static readonly (string Guide, string Type, string[] Steps)[] Guides =
    [
        ("okta-catalog", "okta scim v2.0", ["create-app", "connect", "provisioning", "attributes", "assign", "groups", "finish"]),
        ("okta-app", "okta scim v2.0", ["create-app", "connect", "provisioning", "attributes", "assign", "groups", "finish"]),
        ("okta-integration-wizard", "okta scim v2.0", ["create-app", "connect", "provisioning", "attributes", "assign", "groups", "finish"]),
        ("entra", "azure scim v2.0", ["create-app", "connect", "attributes", "assign", "provisioning", "groups", "finish"]),
        ("scim", "generic scim v2.0", ["connect", "attributes", "assign", "groups", "finish"]),
    ];

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Every_page_of_the_portal_can_be_read_by_everybody(ColorScheme theme)
    {
        using var rest = new PortalRest(console);
        foreach (var attribute in (string[])["department_name", "job_title", "employment_start_date"])
        {
            await rest.EnableAsync(attribute);
        }

        var page = await console.OpenAsync(theme);
        var complaints = Complaints.Of(page);
        foreach (var (guide, type, steps) in Guides)
        {
            // Of Okta's guides the first is followed where all has arrived, the others where nothing has.
            var directory = guide == "okta-catalog" ? console.Directory : await console.Stack.CreateDirectoryAsync($"Acme, {guide}", type);
            await page.GotoAsync(await rest.LinkAsync(directory));
            await complaints.LookAsync(page, "portal-start", theme);
            await PortalRest.StartAsync(page);
            await complaints.LookAsync(page, guide == "scim" ? "portal-kinds-all" : "portal-kinds", theme);
            foreach (var step in steps)
            {
                Assert.Equal(200, (await page.GotoAsync($"/portal/directories/{directory.Id}/{guide}/{step}"))!.Status);
                await complaints.LookAsync(page, $"portal-{guide}-{step}", theme);
            }
        }

        await page.GetByRole(AriaRole.Button, new() { Name = "Finish the setup" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("The setup is finished");
        await complaints.LookAsync(page, "portal-finished", theme);
        await page.GotoAsync("/portal");
        await complaints.LookAsync(page, "portal-over", theme);
        await page.GotoAsync("/portal/start?token=unknown");
        await complaints.LookAsync(page, "portal-unknown", theme);

        Assert.True(complaints.All.Count == 0, string.Join("\n", complaints.All));
    }
}
