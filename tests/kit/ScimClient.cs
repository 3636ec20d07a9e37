using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace DirectorySync.Kit;

/// <summary>An answer of the SCIM endpoint: its status and headers, and its body if it has one.</summary>
public sealed record ScimAnswer(HttpStatusCode Status, JsonNode? Body, HttpResponseHeaders Headers, MediaTypeHeaderValue? ContentType)
{
    public int Code => (int)Status;

    /// <summary>The id in the body.</summary>
    public string Id => Body!["id"]!.GetValue<string>();
}

/// <summary>A SCIM client that sends the headers Okta sends.</summary>
public sealed class ScimClient : IDisposable
{
    private readonly HttpClient http;
    private readonly string baseUrl;

    /// <param name="baseUrl">The directory's, with or without a slash at the end.</param>
    /// <param name="token">Its bearer token.</param>
    /// <param name="handler">A handler of the caller's, or null.</param>
    public ScimClient(string baseUrl, string token, HttpMessageHandler? handler = null)
    {
        this.baseUrl = baseUrl.TrimEnd('/');
        http = new HttpClient(handler ?? new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.GZip | DecompressionMethods.Deflate })
        {
            Timeout = TimeSpan.FromSeconds(60),
        };
        foreach (var (name, value) in new[]
        {
            ("Accept", "application/scim+json"), ("Accept-Charset", "utf-8"), ("User-Agent", "Okta SCIM Client 1.0.0"),
            ("Authorization", $"Bearer {token}"), ("Accept-Encoding", "gzip,deflate"),
        })
        {
            http.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
        }
    }

    public Task<ScimAnswer> GetAsync(string path, CancellationToken ct = default) => SendAsync(HttpMethod.Get, path, null, ct);

    public Task<ScimAnswer> PostAsync(string path, string body, CancellationToken ct = default) => SendAsync(HttpMethod.Post, path, body, ct);

    public Task<ScimAnswer> PutAsync(string path, string body, CancellationToken ct = default) => SendAsync(HttpMethod.Put, path, body, ct);

    public Task<ScimAnswer> PatchAsync(string path, string body, CancellationToken ct = default) => SendAsync(HttpMethod.Patch, path, body, ct);

    public Task<ScimAnswer> DeleteAsync(string path, CancellationToken ct = default) => SendAsync(HttpMethod.Delete, path, null, ct);

    /// <summary>Creates a user as Okta does.</summary>
    public Task<ScimAnswer> CreateUserAsync(string userName, bool active = true, CancellationToken ct = default) => PostAsync("Users", new JsonObject
    {
        ["schemas"] = new JsonArray("urn:ietf:params:scim:schemas:core:2.0:User"),
        ["userName"] = userName,
        ["name"] = new JsonObject { ["givenName"] = "Test", ["familyName"] = "User" },
        ["emails"] = new JsonArray(new JsonObject { ["primary"] = true, ["value"] = userName, ["type"] = "work" }),
        ["displayName"] = "Test User",
        ["groups"] = new JsonArray(),
        ["active"] = active,
    }.ToJsonString(), ct);

    /// <summary>Creates a group as Okta does.</summary>
    public Task<ScimAnswer> CreateGroupAsync(string displayName, params string[] members) => PostAsync("Groups", new JsonObject
    {
        ["schemas"] = new JsonArray("urn:ietf:params:scim:schemas:core:2.0:Group"),
        ["displayName"] = displayName,
        ["members"] = new JsonArray([.. members.Select(member => new JsonObject { ["value"] = member })]),
    }.ToJsonString());

    /// <summary>One PATCH with these operations, each a JSON object.</summary>
    public Task<ScimAnswer> PatchOperationsAsync(string path, params string[] operations) => PatchAsync(path, $$"""
        {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{string.Join(',', operations)}}]}
        """);

    public async Task<ScimAnswer> SendAsync(HttpMethod method, string path, string? body, CancellationToken ct = default)
    {
        using var request = new HttpRequestMessage(method, $"{baseUrl}/{path.TrimStart('/')}");
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/scim+json; charset=utf-8");
        }

        using var answer = await http.SendAsync(request, ct);
        var text = await answer.Content.ReadAsStringAsync(ct);
        return new(answer.StatusCode, text.Length > 0 ? JsonNode.Parse(text) : null, answer.Headers, answer.Content.Headers.ContentType);
    }

    public void Dispose() => http.Dispose();
}
