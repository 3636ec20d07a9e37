using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using DirectorySync.Kit;

namespace DirectorySync.Browser.Tests;

/// <summary>What the vendor's program does for the portal.</summary>
internal sealed class PortalRest : IDisposable
{
    private readonly HttpClient http;

    public PortalRest(Stack stack)
    {
        http = new() { BaseAddress = new Uri(stack.GatewayUrl()) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", stack.ApiKey);
    }

    /// <summary>The application reads an attribute.</summary>
    public async Task EnableAsync(string attribute)
    {
        using var answer = await http.PatchAsJsonAsync($"/attribute_definitions/{attribute}", new { enabled = true });
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>A link to the portal for one directory.</summary>
    public async Task<string> LinkAsync(StackDirectory directory)
    {
        using var answer = await http.PostAsJsonAsync("/portal/generate_link", new
        {
            organization = directory.OrganizationId, directory = directory.Id, intent = "dsync", return_url = "https://app.example.com/settings",
        });
        return (string)JsonNode.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!["link"]!;
    }

    public void Dispose() => http.Dispose();
}
