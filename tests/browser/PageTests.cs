using System.Globalization;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace DirectorySync.Browser.Tests;

/// <summary>Every page, light and dark, on a desktop and on a phone: no rule of WCAG 2.2 AA is broken, nothing is complained about.</summary>
[Collection(OpenConsole.Name)]
public sealed class PageTests(OpenConsole console)
{
    private static readonly AxeRunOptions Rules = new()
    {
        RunOnly = new() { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] },
    };

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Every_page_can_be_read_by_everybody(ColorScheme theme)
    {
        var page = await console.SignInAsync(theme: theme);
        var complaints = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error" && !message.Text.Contains("404", StringComparison.Ordinal))
            {
                complaints.Add($"{page.Url}: {message.Text}");
            }
        };
        page.PageError += (_, error) => complaints.Add($"{page.Url}: {error}");
        var webhook = await PrepareAsync(page);
        foreach (var (name, path) in console.Pages(webhook))
        {
            await page.GotoAsync(path);
            var found = (await page.RunAxe(Rules)).Violations;
            complaints.AddRange(found.Select(violation =>
                $"{name}: {violation.Id}, {violation.Help}: {string.Join(" | ", violation.Nodes.Take(3).Select(node => node.Html))}"));
            await TakeAsync(page, name, theme);
        }

        Assert.True(complaints.Count == 0, string.Join("\n", complaints));
    }

    /// <summary>Pictures where SCREENSHOTS names a folder ("make screenshots").</summary>
    private static async Task TakeAsync(IPage page, string name, ColorScheme theme)
    {
        if (Environment.GetEnvironmentVariable("SCREENSHOTS") is not { Length: > 0 } folder)
        {
            return;
        }

        foreach (var (device, width) in ((string, int)[])[("phone", 390), ("desktop", 1280)])
        {
            await page.SetViewportSizeAsync(width, 900);
            await page.ScreenshotAsync(new()
            {
                Path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{name}-{theme.ToString().ToLowerInvariant()}-{device}.png")), FullPage = true,
            });
        }
    }

    /// <summary>A role, an endpoint with an attempt: so that no page is empty.</summary>
    private async Task<string> PrepareAsync(IPage page)
    {
        await page.GotoAsync("/console/webhooks");
        var known = page.GetByRole(AriaRole.Link, new() { Name = console.Application.Url });
        if (await known.CountAsync() == 0)
        {
            await page.GotoAsync("/console/roles/new");
            await page.GetByLabel("Slug").FillAsync("member");
            await page.GetByLabel("Name").FillAsync("Member");
            await page.GetByRole(AriaRole.Button, new() { Name = "Add role" }).ClickAsync();
            await page.GotoAsync("/console/webhooks/new");
            await page.GetByLabel("Address").FillAsync(console.Application.Url);
            await page.GetByRole(AriaRole.Button, new() { Name = "Add endpoint" }).ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "I have copied it" }).ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Send a test event" }).ClickAsync();
            await page.GotoAsync("/console/webhooks");
        }

        return (await page.GetByRole(AriaRole.Link, new() { Name = console.Application.Url }).First.GetAttributeAsync("href"))!.Split('/')[^1];
    }
}
