using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DirectorySync.Kit;
using Microsoft.Playwright;

namespace DirectorySync.Browser.Tests;

/// <summary>What the vendor's program does for the portal.</summary>
internal sealed class PortalRest : IDisposable
{
    private readonly HttpClient http;

    public PortalRest(OpenConsole console)
    {
        http = new() { BaseAddress = new Uri(console.Front.Url) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", console.Stack.ApiKey);
    }

    /// <summary>The application reads an attribute.</summary>
    public Task EnableAsync(string attribute) => SendAsync(HttpMethod.Patch, $"/attribute_definitions/{attribute}", new { enabled = true });

    /// <summary>A link to the portal for one directory.</summary>
    public async Task<string> LinkAsync(StackDirectory directory) => InFront((string)(await SendAsync(HttpMethod.Post, "/portal/generate_link", new
    {
        organization = directory.OrganizationId, directory = directory.Id, intent = "dsync", return_url = "https://app.example.com/settings",
    }))["link"]!);

    /// <summary>The link without its host, which is one replica's: the browser is to ask both in turn.</summary>
    public static string InFront(string link) => new Uri(link).PathAndQuery;

    /// <summary>The IT admin presses the button, and is in.</summary>
    public static async Task StartAsync(IPage page)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "Start the setup" }).ClickAsync();
        // A click does not wait for what it leads to.
        await Assertions.Expect(page.Locator(".kinds")).ToBeVisibleAsync(new() { Timeout = 20_000 });
    }

    public void Dispose() => http.Dispose();

    private async Task<JsonNode> SendAsync(HttpMethod method, string path, object body)
    {
        using var content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using var answer = await http.SendAsync(request);
        return JsonNode.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!;
    }
}
