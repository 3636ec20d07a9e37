using System.Net.Http.Headers;
using System.Text;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>Talks to one SCIM base URL with one token, as identity providers do.</summary>
internal sealed class DirectoryClient(string baseUrl, string token)
{
    // Connections are shared by all clients; okta-wire.md: Okta closes the socket after 60 seconds.
    private static readonly HttpClient Http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 256 })
    {
        Timeout = TimeSpan.FromSeconds(60),
    };

    public string BaseUrl => baseUrl;

    public Task<GatewayAnswer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<GatewayAnswer> PostAsync(string path, string body) => SendAsync(HttpMethod.Post, path, body);

    public Task<GatewayAnswer> PutAsync(string path, string body) => SendAsync(HttpMethod.Put, path, body);

    public Task<GatewayAnswer> PatchAsync(string path, params string[] operations) =>
        SendAsync(HttpMethod.Patch, path, ScimBodies.Patch(operations));

    public Task<GatewayAnswer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path);

    public Task<GatewayAnswer> FilterAsync(string type, string filter) =>
        GetAsync($"/{type}?filter={Uri.EscapeDataString(filter)}&startIndex=1&count=100");

    public async Task<string> CreateUserAsync(string userName) =>
        (await PostAsync("/Users", ScimBodies.User(userName))).Expect(201).Id;

    public async Task<string> CreateGroupAsync(string displayName, params string[] members) =>
        (await PostAsync("/Groups", ScimBodies.Group(displayName, members))).Expect(201).Id;

    public async Task<GatewayAnswer> SendAsync(
        HttpMethod method, string path, string? body = null, string contentType = "application/scim+json; charset=utf-8")
    {
        using var content = body is null ? null : new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content?.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return await SendAsync(method, path, content);
    }

    public async Task<GatewayAnswer> SendAsync(HttpMethod method, string path, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, baseUrl + path) { Content = content };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/scim+json"));
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        using var answer = await Http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return new((int)answer.StatusCode,
            [.. answer.Headers.Concat(answer.Content.Headers).SelectMany(header => header.Value.Select(value => (header.Key, value)))], text);
    }
}
