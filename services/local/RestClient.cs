using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace DirectorySync.Local;

/// <summary>A directory with a token, as the REST API answered it.</summary>
internal sealed record NewDirectory(string OrganizationId, string Id, string ScimBaseUrl, string Token);

/// <summary>Creates and removes directories through the gateway's REST API.</summary>
internal sealed class RestClient(string apiUrl, string apiKey) : IDisposable
{
    private readonly HttpClient http = new()
    {
        BaseAddress = new Uri(apiUrl.TrimEnd('/') + "/"),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", apiKey) },
        Timeout = TimeSpan.FromSeconds(30),
    };

    /// <summary>A new organization with one directory and one token.</summary>
    public async Task<NewDirectory> CreateDirectoryAsync(
        string organization, string directory, string type = "okta scim v2.0", CancellationToken ct = default)
    {
        var owner = Text(await PostAsync("organizations", new() { ["name"] = organization }, ct), "id");
        return await CreateDirectoryInAsync(owner, directory, type, ct);
    }

    /// <summary>A directory with one token in an organization.</summary>
    public async Task<NewDirectory> CreateDirectoryInAsync(
        string organizationId, string directory, string type = "okta scim v2.0", CancellationToken ct = default)
    {
        var created = await PostAsync("directories",
            new() { ["organization_id"] = organizationId, ["name"] = directory, ["type"] = type }, ct);
        var id = Text(created, "id");
        var token = await PostAsync($"directories/{id}/tokens", new() { ["name"] = "Okta" }, ct);
        return new(organizationId, id, Text(created, "scim_base_url"), Text(token, "token"));
    }

    public async Task DeleteDirectoryAsync(string id, CancellationToken ct = default)
    {
        using var answer = await http.DeleteAsync($"directories/{id}", ct);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Whether the API key still opens the API.</summary>
    public async Task<bool> IsAcceptedAsync(CancellationToken ct = default)
    {
        using var answer = await http.GetAsync("directories?limit=1", ct);
        return answer.IsSuccessStatusCode;
    }

    public async Task<JsonObject> PostAsync(string path, JsonObject body, CancellationToken ct = default)
    {
        using var answer = await http.PostAsJsonAsync(path, body, ct);
        var text = await answer.Content.ReadAsStringAsync(ct);
        return answer.IsSuccessStatusCode
            ? JsonNode.Parse(text)!.AsObject()
            : throw new CannotRunException($"POST {apiUrl}/{path} answered {(int)answer.StatusCode}: {text}");
    }

    public void Dispose() => http.Dispose();

    private static string Text(JsonObject body, string name) => body[name]?.GetValue<string>()
        ?? throw new CannotRunException($"The REST API answered without '{name}': {string.Join(", ", body.Select(member => member.Key))}");
}
