using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using DirectorySync.Kit;
using Grpc.Core;
using Grpc.Net.Client;

namespace DirectorySync.Gateway.Tests;

/// <summary>
/// A gateway over real services, as a program of the vendor reaches it. TEST_LOGS names a folder in which the logs of its processes are kept.
/// </summary>
public class RunningGateway : IAsyncLifetime, IDisposable
{
    internal const string Name = "Running gateway";

    private readonly StackOptions options;
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false });

    /// <summary>With everything. Tests send many wrong keys: they are not slowed for it.</summary>
    public RunningGateway()
        : this(new() { Environment = new Dictionary<string, string> { ["Gateway__FailedCredentialsBurst"] = "10000" } })
    {
    }

    protected RunningGateway(StackOptions options) => this.options = options;

    internal Stack Stack { get; private set; } = null!;

    /// <summary>The listener for internal callers.</summary>
    internal GrpcChannel Channel { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Stack = await Stack.StartAsync(options);
        http.BaseAddress = new Uri(Stack.GatewayUrl());
        Channel = GrpcChannel.ForAddress(Stack.GatewayGrpcUrl());
    }

    public async Task DisposeAsync()
    {
        if (Environment.GetEnvironmentVariable("TEST_LOGS") is { Length: > 0 } folder)
        {
            foreach (var (file, log) in Stack.Logs())
            {
                await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(Path.Combine(folder, GetType().Name)).FullName, file), log);
            }
        }

        await Stack.DisposeAsync();
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            http.Dispose();
            Channel.Dispose();
        }
    }

    internal static Metadata Headers(string key) => new() { { "authorization", $"Bearer {key}" } };

    /// <summary>Sends with the key of the whole deployment unless another is given; "" is none.</summary>
    internal async Task<RestAnswer> SendAsync(
        string method, string path, string? body = null, string? key = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = key == "" ? null : new AuthenticationHeaderValue("Bearer", key ?? Stack.ApiKey);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content!.Headers.Remove(name);
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        using var response = await http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        if (method != "HEAD" && !path.StartsWith("/scim/", StringComparison.Ordinal))
        {
            Assert.Empty(ApiDescription.Check(method, path, (int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, text));
        }

        return new(response.StatusCode, response.Headers, text);
    }

    internal Task<RestAnswer> GetAsync(string path, string? key = null) => SendAsync("GET", path, key: key);

    internal Task<RestAnswer> PostAsync(string path, string body, string? key = null) => SendAsync("POST", path, body, key);

    internal async Task<string> CreateOrganizationAsync(string name = "Acme", string more = "") =>
        (await PostAsync("/organizations", $$"""{"name": "{{name}}"{{more}}}""")).Expect(201).Text("id");

    internal async Task<string> CreateDirectoryAsync(string organizationId, string name = "Okta") => (await PostAsync("/directories",
        $$"""{"organization_id": "{{organizationId}}", "name": "{{name}}", "type": "okta scim v2.0"}""")).Expect(201).Text("id");

    internal async Task<string> CreateKeyAsync(string scope, string? organizationId = null) => (await PostAsync("/api_keys",
        JsonSerializer.Serialize(new { name = scope, scopes = new[] { scope }, organization_id = organizationId }))).Expect(201).Text("key");
}

/// <summary>What the REST API answered.</summary>
internal sealed record RestAnswer(HttpStatusCode Status, HttpResponseHeaders Headers, string Body)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>This answer, if it has the status and, for errors, the error's shape and the code.</summary>
    public RestAnswer Expect(int status, string? code = null)
    {
        Assert.True(status == (int)Status, $"{status} expected, {(int)Status} came: {Body}");
        if (status >= 400)
        {
            Assert.NotEmpty(Json.GetProperty("message").GetString()!);
            Assert.Matches("^[a-z_]+$", Json.GetProperty("code").GetString()!);
        }

        Assert.True(code is null || code == Text("code"), $"{code} expected: {Body}");
        return this;
    }

    public string Text(string field) => Json.GetProperty(field).GetString()!;

    public IEnumerable<JsonElement> Data => Json.GetProperty("data").EnumerateArray();

    public string[] Ids => [.. Data.Select(item => item.GetProperty("id").GetString()!)];

    public string? Cursor(string neighbour) => Json.GetProperty("list_metadata").GetProperty(neighbour).GetString();

    /// <summary>The fields that are not acceptable.</summary>
    public string[] Fields => [.. Json.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("field").GetString()!)];
}

/// <summary>All tests of one running system, one after the other.</summary>
[CollectionDefinition(RunningGateway.Name)]
public sealed class RunningGatewayCollection : ICollectionFixture<RunningGateway>;
