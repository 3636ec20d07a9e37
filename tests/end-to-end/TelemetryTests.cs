using System.Net.Http.Json;
using System.Text.Json;
using DirectorySync.Kit;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>What an operator sees of the running system: metrics by name, and one trace from Okta's request to the application's webhook.</summary>
[Collection(SharedSystem.Name)]
public sealed class TelemetryTests(SharedSystem system)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_traced_request_is_one_trace_through_all_services_to_the_webhook_and_its_log_entry()
    {
        await using var receiver = await Receiver.StartAsync();
        using var rest = Rest();
        using var created = await rest.PostAsJsonAsync("/webhook_endpoints", new { endpoint_url = receiver.Url, events = Array.Empty<string>() });
        var endpoint = (await created.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
        var directory = await system.CreateDirectoryAsync();
        var scim = directory.Scim();
        var (userTrace, groupTrace, deletionTrace) = (NewTrace(), NewTrace(), NewTrace());
        var user = await SendAsync(directory, HttpMethod.Post, "/Users", ScimBodies.User("traced@example.com"), userTrace);
        await scim.CreateUserAsync("untraced@example.com");
        await SendAsync(directory, HttpMethod.Post, "/Groups", $$"""
            {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Traced","members":[{"value":"{{user}}"}]}
            """, groupTrace);
        await Eventually.True(() => Traces(receiver, directory, "dsync.group.user_added").Count == 1, Patience, "the membership is told");
        await SendAsync(directory, HttpMethod.Delete, "/Users/" + user, null, deletionTrace);
        await Eventually.True(() => Traces(receiver, directory, "dsync.user.deleted").Count == 1, Patience, "the deletion is told");

        Assert.Equal(userTrace, Assert.Single(Traces(receiver, directory, "dsync.user.created"), trace => trace == userTrace));
        Assert.Equal(2, Traces(receiver, directory, "dsync.user.created").Distinct().Count());
        Assert.Equal([groupTrace], Traces(receiver, directory, "dsync.group.created"));
        Assert.Equal([groupTrace], Traces(receiver, directory, "dsync.group.user_added"));
        Assert.Equal([deletionTrace], Traces(receiver, directory, "dsync.group.user_removed"));
        Assert.Equal([deletionTrace], Traces(receiver, directory, "dsync.user.deleted"));
        foreach (var service in new[] { "gateway", "identity", "attribute-mapping", "roles", "events" })
        {
            await Eventually.True(() => system.Telemetry.HasSpan(service, userTrace), Patience, $"{service} has a span of the trace");
        }

        await Eventually.True(() => system.Telemetry.HasSpan("group-membership", groupTrace), Patience, "group-membership has a span of the trace");
        var logged = await Eventually.Get(
            async () => (await rest.GetFromJsonAsync<JsonElement>($"/directories/{directory.Id}/requests?method=DELETE")).GetProperty("data").EnumerateArray().ToList(),
            list => list.Count == 1, what: "the deletion is logged");
        Assert.Equal(deletionTrace, logged[0].GetProperty("trace_id").GetString());
        (await rest.DeleteAsync($"/webhook_endpoints/{endpoint}")).EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task Every_metric_that_the_documentation_names_is_exported()
    {
        var directory = await system.CreateDirectoryAsync();
        var scim = directory.Scim();
        var user = await scim.CreateUserAsync("measured@example.com");
        (await scim.GetAsync("/Users/none")).ExpectError(404);
        string[] services = ["identity", "group-membership", "attribute-mapping", "roles", "events"];
        await MeasuredAsync("gateway", "directorysync.scim.duration", "POST /Users", "GET /Users/{id}", "refused");
        await MeasuredAsync("gateway", "directorysync.scim.requests", directory.Id, "ok", "refused");
        await MeasuredAsync("gateway", "directorysync.scim.time", directory.Id);
        await MeasuredAsync("identity", "directorysync.rpc.duration", "UserService/CreateUser", "NotFound");
        await MeasuredAsync("identity", "directorysync.rpc.requests", directory.Id, "ok");
        await MeasuredAsync("identity", "directorysync.cache.reads", "miss");
        await MeasuredAsync("events", "directorysync.events.untold_age");
        await MeasuredAsync("events", "directorysync.webhooks.lag");
        await MeasuredAsync("events", "directorysync.webhooks.lanes");
        await MeasuredAsync("events", "directorysync.webhooks.dead_letters");
        foreach (var service in services)
        {
            await MeasuredAsync(service, "db.client.connection.count");
            await MeasuredAsync(service, "db.client.connection.max");
        }

        foreach (var service in services.Except(["identity"]))
        {
            await MeasuredAsync(service, "directorysync.feed.lag", "identity");
            await MeasuredAsync(service, "directorysync.feed.delay", "identity");
            await MeasuredAsync(service, "directorysync.feed.changes", "identity");
        }

        async Task MeasuredAsync(string service, string name, params string[] words)
        {
            // A read makes the cache count.
            (await scim.GetAsync("/Users/" + user)).Expect(200);
            await Eventually.True(() => system.Telemetry.HasMetric(service, name, words), Patience, $"{service} exports {name} with {string.Join(", ", words)}");
        }
    }

    private static string NewTrace() => Guid.NewGuid().ToString("N");

    private HttpClient Rest() =>
        new() { BaseAddress = new(system.Stack.GatewayUrl()), DefaultRequestHeaders = { { "Authorization", $"Bearer {system.ApiKey}" } } };

    // As if whoever is in front of the gateway traced the request. Answers the id.
    private static async Task<string?> SendAsync(TestDirectory directory, HttpMethod method, string path, string? body, string trace)
    {
        // This process does not trace: its client leaves the header alone.
        using var http = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null });
        using var request = new HttpRequestMessage(method, directory.ScimBaseUrl + path);
        request.Headers.Add("Authorization", "Bearer " + directory.Token);
        request.Headers.Add("traceparent", $"00-{trace}-{Guid.NewGuid():N}"[..52] + "-01");
        request.Content = body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/scim+json");
        using var answer = await http.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        var text = await answer.Content.ReadAsStringAsync();
        return text.Length == 0 ? null : JsonDocument.Parse(text).RootElement.GetProperty("id").GetString();
    }

    private static List<string> Traces(Receiver receiver, TestDirectory directory, string type) =>
    [
        .. receiver.Accepted.Where(received => received.Json.GetProperty("event").GetString() == type
                && received.Json.GetProperty("directory_id").GetString() == directory.Id)
            .Select(received => received.Headers["traceparent"].Split('-')[1]),
    ];
}
