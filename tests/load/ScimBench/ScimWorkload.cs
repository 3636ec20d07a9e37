using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using DirectorySync.Scim;

namespace DirectorySync.Load.ScimBench;

/// <summary>The requests that identity providers send most, each with values that change from one to the next.</summary>
internal sealed class ScimWorkload : IDisposable
{
    public const int PageSize = 100;
    public const int GroupSize = 10_000;
    public const string Title = "Manager";
    private const string NamePrefix = "Name ";

    private readonly HttpClient http;
    private readonly string baseUrl;
    private readonly List<(string Id, string UserName)> users = [];
    private string group = "";
    private int created;
    private int toggled;
    private int titled;
    private int renamed;
    private int added;

    public ScimWorkload(string baseUrl, string token, int connections)
    {
        this.baseUrl = baseUrl;
        http = new(new SocketsHttpHandler { MaxConnectionsPerServer = connections });
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public string GroupId => group;

    /// <summary>Users, and a group of the first of them.</summary>
    public async Task SeedAsync(int count, int connections, int groupSize = GroupSize)
    {
        var started = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = connections },
            async (_, _) => await PostAsync());
        var members = new JsonArray([.. users.Take(groupSize).Select(user => new JsonObject { ["value"] = user.Id, ["display"] = user.UserName })]);
        var body = new JsonObject { ["displayName"] = "Everybody", ["members"] = members };
        group = (string)JsonNode.Parse(await SendAsync(HttpMethod.Post, "/Groups", body.ToJsonString()))!["id"]!;
        added = groupSize;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Seeded {count} users and a group of {groupSize} in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s."));
    }

    public Task<string> GetAsync() => SendAsync(HttpMethod.Get, "/Users/" + AnyUser().Id);

    public Task<string> FilterAsync() =>
        SendAsync(HttpMethod.Get, $"/Users?filter={Uri.EscapeDataString($"userName eq \"{AnyUser().UserName}\"")}&startIndex=1&count=100");

    public Task<string> ListAsync() =>
        SendAsync(HttpMethod.Get, $"/Users?startIndex={Random.Shared.Next(1, GroupSize).ToString(CultureInfo.InvariantCulture)}&count={PageSize}");

    public Task PostAsync() => CreateAsync();

    /// <summary>Answers the new user's id and version.</summary>
    public async Task<(string Id, long Version)> CreateAsync()
    {
        var number = Interlocked.Increment(ref created).ToString(CultureInfo.InvariantCulture);
        var name = $"bench.user{number}@example.com";
        var answer = await SendAsync(HttpMethod.Post, "/Users", $$"""
            {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{{name}}","name":{"givenName":"Bench","familyName":"User"},
             "emails":[{"primary":true,"value":"{{name}}","type":"work"}],"displayName":"Bench User","locale":"en-US",
             "externalId":"00u{{number}}","groups":[],"active":true}
            """);
        var user = Read(answer);
        lock (users)
        {
            users.Add((user.Id, name));
        }

        return user;
    }

    /// <summary>Gives one user after the other a title, and after the last another: each is a change.</summary>
    public async Task<(string Id, long Version)> PatchTitleAsync()
    {
        var turn = Interlocked.Increment(ref titled) - 1;
        string id;
        int round;
        lock (users)
        {
            (id, round) = (users[turn % users.Count].Id, turn / users.Count);
        }

        var title = (turn + round) % 2 == 0 ? Title : "Engineer";
        return Read(await SendAsync(
            HttpMethod.Patch, "/Users/" + id, Patch($$$"""{"op":"replace","value":{"title":"{{{title}}}","nickName":"Round {{{round}}}"}}""")));
    }

    /// <summary>Gives one user after the other a name that nobody had before, and answers whose it is and its number.</summary>
    public async Task<(string Id, int Name)> RenameAsync()
    {
        var name = Interlocked.Increment(ref renamed);
        string id;
        lock (users)
        {
            id = users[name % users.Count].Id;
        }

        await SendAsync(
            HttpMethod.Patch, "/Users/" + id, Patch($$$"""{"op":"replace","path":"name.familyName","value":"{{{NamePrefix}}}{{{name}}}"}"""));
        return (id, name);
    }

    /// <summary>The number of a name; 0: it is the one that the user came with.</summary>
    public static int NameOf(string? familyName) => familyName?.StartsWith(NamePrefix, StringComparison.Ordinal) is true
        ? int.Parse(familyName.AsSpan(NamePrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture)
        : 0;

    /// <summary>Deactivates one after the other, and after the last activates them again: each is a change.</summary>
    public Task PatchActiveAsync()
    {
        var turn = Interlocked.Increment(ref toggled) - 1;
        string id;
        bool active;
        lock (users)
        {
            (id, active) = (users[turn % users.Count].Id, turn / users.Count % 2 == 1);
        }

        return SendAsync(HttpMethod.Patch, "/Users/" + id, Patch($$$"""{"op":"replace","value":{"active":{{{(active ? "true" : "false")}}}}}"""));
    }

    /// <summary>Adds someone who is not in the group yet.</summary>
    public Task AddMemberAsync() => AddMembersAsync(1);

    /// <summary>Adds some who are not in the group yet.</summary>
    public Task AddMembersAsync(int count)
    {
        var last = Interlocked.Add(ref added, count);
        string[] members;
        lock (users)
        {
            members =
            [
                .. Enumerable.Range(last - count, count).Select(index => users[index % users.Count])
                    .Select(user => $$"""{"value":"{{user.Id}}","display":"{{user.UserName}}"}"""),
            ];
        }

        return SendAsync(
            HttpMethod.Patch, "/Groups/" + group, Patch($$"""{"op":"add","path":"members","value":[{{string.Join(',', members)}}]}"""));
    }

    /// <summary>A request to somewhere else, over connections of the same kind.</summary>
    public Task<string> SendToAsync(string url) => SendAsync(new HttpRequestMessage(HttpMethod.Get, url));

    public void Dispose() => http.Dispose();

    private (string Id, string UserName) AnyUser()
    {
        lock (users)
        {
            return users[Random.Shared.Next(users.Count)];
        }
    }

    private static (string Id, long Version) Read(string answer)
    {
        var user = JsonNode.Parse(answer)!;
        return ETag.TryParse((string)user["meta"]!["version"]!, out var version)
            ? ((string)user["id"]!, version)
            : throw new InvalidOperationException($"An answer has no version: {answer}");
    }

    private static string Patch(string operation) =>
        $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{operation}}]}""";

    private Task<string> SendAsync(HttpMethod method, string path, string? body = null) => SendAsync(new HttpRequestMessage(method, baseUrl + path)
    {
        Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/scim+json"),
    });

    private async Task<string> SendAsync(HttpRequestMessage request)
    {
        using (request)
        {
            using var answer = await http.SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();
            return answer.IsSuccessStatusCode
                ? text
                : throw new InvalidOperationException($"{request.Method} {request.RequestUri} was answered {(int)answer.StatusCode}: {text}");
        }
    }
}
