using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace DirectorySync.Gateway.Tests.Running;

/// <summary>An answer with all that a client can see of it.</summary>
public sealed record ApiAnswer(int Status, JsonNode? Body, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders)
{
    public string Text(string name) => Body![name]!.GetValue<string>();

    public string? MediaType => ContentHeaders.ContentType?.MediaType;

    /// <summary>Checks that the answer is a SCIM error of RFC 7644 §3.12 and returns its detail.</summary>
    public string ScimError(int status, string? scimType = null)
    {
        Assert.Equal(status, Status);
        Assert.Equal("application/scim+json", MediaType);
        Assert.Equal("urn:ietf:params:scim:api:messages:2.0:Error", Body!["schemas"]!.AsArray().Single()!.GetValue<string>());
        Assert.Equal(status.ToString(System.Globalization.CultureInfo.InvariantCulture), Text("status"));
        Assert.Equal(scimType, Body["scimType"]?.GetValue<string>());
        Assert.NotEmpty(Text("detail"));
        return Text("detail");
    }
}

/// <summary>Sends requests in exactly the form that a test gives them.</summary>
public sealed class Api(string baseUrl, string? authorization) : IDisposable
{
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(100) };

    public Task<ApiAnswer> GetAsync(string path, params (string, string)[] headers) => SendAsync("GET", path, null, headers);

    public Task<ApiAnswer> DeleteAsync(string path) => SendAsync("DELETE", path, null);

    public Task<ApiAnswer> PostAsync(string path, string body) => SendAsync("POST", path, body);

    public Task<ApiAnswer> PatchAsync(string path, string body) => SendAsync("PATCH", path, body);

    public Task<ApiAnswer> PutAsync(string path, string body) => SendAsync("PUT", path, body);

    /// <summary>"Content-Type" among the headers replaces application/json; empty leaves it out.</summary>
    public async Task<ApiAnswer> SendAsync(string method, string path, string? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), baseUrl.TrimEnd('/') + path);
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization.StartsWith("sk_", StringComparison.Ordinal)
                ? $"Bearer {authorization}" : authorization);
        }

        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        }

        foreach (var (name, value) in headers)
        {
            if (name != "Content-Type")
            {
                request.Headers.TryAddWithoutValidation(name, value);
                continue;
            }

            request.Content!.Headers.Remove(name);
            if (value.Length > 0)
            {
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        using var answer = await http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return new((int)answer.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text), answer.Headers, answer.Content.Headers);
    }

    public void Dispose() => http.Dispose();
}
