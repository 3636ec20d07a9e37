using System.Globalization;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace DirectorySync.Browser.Tests;

/// <summary>What the browser and the rules of WCAG 2.2 AA have to say about pages.</summary>
internal sealed class Complaints
{
    private static readonly AxeRunOptions Rules = new()
    {
        RunOnly = new() { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] },
    };

    public List<string> All { get; } = [];

    /// <summary>Of a window, from now on; that a page is refused is no complaint.</summary>
    public static Complaints Of(IPage page)
    {
        var complaints = new Complaints();
        page.Console += (_, message) =>
        {
            if (message.Type == "error" && !message.Text.Contains("the server responded with a status of 4", StringComparison.Ordinal))
            {
                complaints.All.Add($"{page.Url}: {message.Text}");
            }
        };
        page.PageError += (_, error) => complaints.All.Add($"{page.Url}: {error}");
        return complaints;
    }

    /// <summary>Checks the page, and takes pictures of it where SCREENSHOTS names a folder ("make screenshots").</summary>
    public async Task LookAsync(IPage page, string name, ColorScheme theme)
    {
        All.AddRange((await page.RunAxe(Rules)).Violations.Select(violation =>
            $"{name}: {violation.Id}, {violation.Help}: {string.Join(" | ", violation.Nodes.Take(3).Select(node => node.Html))}"));
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
}
