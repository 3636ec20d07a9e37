using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using DirectorySync.Identity.V1;
using DirectorySync.Kit;
using Grpc.Net.Client;

namespace DirectorySync.Load;

/// <summary>How many SCIM requests a second one gateway over one process of each service answers, and how fast.</summary>
internal sealed class GatewayBench : IDisposable
{
    private const int GroupSize = 10_000;
    private const int PageSize = 100;

    private static readonly int[] Connections = [1, 16];
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(5);

    private readonly HttpClient http;
    private readonly string baseUrl;
    private readonly List<(string Id, string UserName)> users = [];
    private readonly ConcurrentDictionary<string, bool> inactive = new();
    private string group = "";
    private int created;
    private int added = GroupSize;

    private GatewayBench(string baseUrl, string token)
    {
        this.baseUrl = baseUrl;
        http = new(new SocketsHttpHandler { MaxConnectionsPerServer = Connections.Max() });
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <param name="seed">Users that exist before anything is measured.</param>
    public static async Task RunAsync(int seed)
    {
        await using var stack = await Stack.StartAsync();
        var (endpoint, token) = await CreateDirectoryAsync(stack);
        using var bench = new GatewayBench($"{stack.GatewayUrl()}/scim/v2/{endpoint}", token);
        Console.WriteLine($"{Environment.ProcessorCount} processors; one gateway, one process of each service, PostgreSQL (fsync off) and Redis.");
        await bench.SeedAsync(Math.Max(seed, GroupSize));
        Console.WriteLine("                             connections    requests/s     p50 ms     p99 ms");
        foreach (var connections in Connections)
        {
            await MeasureAsync("GET by id", connections, bench.GetAsync);
            await MeasureAsync("filter by userName", connections, bench.FilterAsync);
            await MeasureAsync($"list of {PageSize}", connections, bench.ListAsync);
            await MeasureAsync("POST", connections, bench.PostAsync);
            await MeasureAsync("PATCH active", connections, bench.PatchActiveAsync);
            await MeasureAsync("PATCH add member", connections, bench.AddMemberAsync);
        }
    }

    public void Dispose() => http.Dispose();

    private static async Task<(string Endpoint, string Token)> CreateDirectoryAsync(Stack stack)
    {
        using var channel = GrpcChannel.ForAddress(stack.ServiceUrl("identity"));
        var organization = await new OrganizationService.OrganizationServiceClient(channel)
            .CreateOrganizationAsync(new() { Organization = new() { Name = "Bench" } });
        var directory = await new DirectoryService.DirectoryServiceClient(channel).CreateDirectoryAsync(new()
        {
            Directory = new()
            {
                OrganizationId = organization.Organization.Id,
                Name = "Bench",
                Provider = Provider.Okta,
                Policies = new() { RateLimit = 1_000_000, RateLimitBurst = 1_000_000 },
            },
        });
        var token = await new CredentialService.CredentialServiceClient(channel)
            .CreateScimTokenAsync(new() { DirectoryId = directory.Directory.Id });
        return (directory.Directory.EndpointKey, token.Secret);
    }

    private async Task SeedAsync(int count)
    {
        var started = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = Connections.Max() },
            async (_, _) => await PostAsync());
        var members = new JsonArray([.. users.Take(GroupSize).Select(user => new JsonObject { ["value"] = user.Id, ["display"] = user.UserName })]);
        var body = new JsonObject { ["displayName"] = "Everybody", ["members"] = members };
        group = (string)JsonNode.Parse(await SendAsync(HttpMethod.Post, "/Groups", body.ToJsonString()))!["id"]!;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Seeded {count} users and a group of {GroupSize} in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s."));
    }

    private static async Task MeasureAsync(string what, int connections, Func<Task> request)
    {
        var times = new ConcurrentBag<List<double>>();
        var begin = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, connections).Select(async _ =>
        {
            var mine = new List<double>();
            for (var elapsed = Stopwatch.GetElapsedTime(begin); elapsed < WarmUp + Measured; elapsed = Stopwatch.GetElapsedTime(begin))
            {
                var started = Stopwatch.GetTimestamp();
                await request();
                if (elapsed >= WarmUp)
                {
                    mine.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                }
            }

            times.Add(mine);
        }));
        var sorted = times.SelectMany(mine => mine).Order().ToList();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{what,-28} {connections,11} {sorted.Count / Measured.TotalSeconds,13:0} {At(0.5),10:0.00} {At(0.99),10:0.00}"));

        double At(double share) => sorted[(int)((sorted.Count - 1) * share)];
    }

    private async Task PostAsync()
    {
        var name = $"bench.user{Interlocked.Increment(ref created).ToString(CultureInfo.InvariantCulture)}@example.com";
        var answer = await SendAsync(HttpMethod.Post, "/Users", $$"""
            {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{{name}}","name":{"givenName":"Bench","familyName":"User"},
             "emails":[{"primary":true,"value":"{{name}}","type":"work"}],"displayName":"Bench User","locale":"en-US",
             "externalId":"00u{{created}}","groups":[],"active":true}
            """);
        var id = (string)JsonNode.Parse(answer)!["id"]!;
        lock (users)
        {
            users.Add((id, name));
        }
    }

    private Task GetAsync() => SendAsync(HttpMethod.Get, "/Users/" + AnyUser().Id);

    private Task FilterAsync() =>
        SendAsync(HttpMethod.Get, $"/Users?filter={Uri.EscapeDataString($"userName eq \"{AnyUser().UserName}\"")}&startIndex=1&count=100");

    private Task ListAsync() =>
        SendAsync(HttpMethod.Get, $"/Users?startIndex={Random.Shared.Next(1, GroupSize).ToString(CultureInfo.InvariantCulture)}&count={PageSize}");

    private Task PatchActiveAsync()
    {
        // Always a change: one that changes nothing writes nothing.
        var id = AnyUser().Id;
        var active = inactive.TryRemove(id, out _) || !inactive.TryAdd(id, true);
        return SendAsync(HttpMethod.Patch, "/Users/" + id, Patch($$$"""{"op":"replace","value":{"active":{{{(active ? "true" : "false")}}}}}"""));
    }

    private Task AddMemberAsync()
    {
        // Someone who is not in the group yet; should they run out, those who are in it again.
        var index = Interlocked.Increment(ref added);
        (string Id, string UserName) user;
        lock (users)
        {
            user = users[index % users.Count];
        }

        return SendAsync(HttpMethod.Patch, "/Groups/" + group,
            Patch($$"""{"op":"add","path":"members","value":[{"value":"{{user.Id}}","display":"{{user.UserName}}"}]}"""));
    }

    private (string Id, string UserName) AnyUser()
    {
        lock (users)
        {
            return users[Random.Shared.Next(users.Count)];
        }
    }

    private static string Patch(string operation) =>
        $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{operation}}]}""";

    private async Task<string> SendAsync(HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, baseUrl + path)
        {
            Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/scim+json"),
        };
        using var answer = await http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode
            ? text
            : throw new InvalidOperationException($"{method} {path} was answered {(int)answer.StatusCode}: {text}");
    }
}
