using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using DirectorySync.Kit;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>From Okta's requests to the application's webhook handler.</summary>
[Collection(SharedSystem.Name)]
public sealed class WebhookDeliveryTests(SharedSystem system)
{
    private const string Last = "last@example.com";

    [Fact]
    public async Task The_hosted_products_client_library_verifies_what_arrives()
    {
        await using var receiver = await Receiver.StartAsync();
        using var rest = Rest();
        var endpoint = await CreateEndpointAsync(rest, receiver);
        var directory = await system.CreateDirectoryAsync();
        var body = ScimBodies.User("odd@example.com", familyName: "Née \"<&>'\\ 😀\u2028").Replace(
            "\"active\"", "\"tag_Shoe_Size\":4.50,\"tag_7\":1e2,\"tag_Big\":12345678901234,\"active\"", StringComparison.Ordinal);
        (await directory.Scim().PostAsync("/Users", body)).Expect(201);
        var arrived = await Eventually.Get(
            () => Task.FromResult(Of(receiver.Accepted, directory)), list => list.Count == 3, what: "directory, token and user arrived");

        foreach (var received in arrived)
        {
            var told = await ClientLibrary.RunAsync(
                "verify.cjs", received.Body, endpoint.GetProperty("secret").GetString()!, received.Headers["workos-signature"]);
            Assert.Equal(received.Id, told.GetProperty("id").GetString());
        }

        Assert.Contains("\"Shoe Size\":4.5", arrived.Single(one => one.Body.Contains("dsync.user.created", StringComparison.Ordinal)).Body, StringComparison.Ordinal);
    }

    // The README's walk.
    [Fact]
    public async Task A_receiver_of_twenty_lines_verifies_applies_and_prints()
    {
        using var rest = Rest();
        var port = DirectorySync.Local.Ports.Free();
        using var created = await rest.PostAsJsonAsync(
            "/webhook_endpoints", new { endpoint_url = $"http://127.0.0.1:{port}/", events = new[] { "dsync.user.created", "dsync.user.deleted" } });
        var endpoint = await created.Content.ReadFromJsonAsync<JsonElement>();
        using var application = ClientLibrary.Start("receiver.cjs", $"{port}", endpoint.GetProperty("secret").GetString()!);
        try
        {
            var scim = (await system.CreateDirectoryAsync()).Scim();
            var user = await scim.CreateUserAsync("walk@example.com");
            Assert.Equal("3 dsync.user.created walk@example.com", await LineAsync("dsync.user.created walk"));
            await scim.DeleteAsync("/Users/" + user);
            Assert.StartsWith("4 dsync.user.deleted", await LineAsync("dsync.user.deleted"), StringComparison.Ordinal);
        }
        finally
        {
            application.Kill();
            using var deleted = await rest.DeleteAsync($"/webhook_endpoints/{Id(endpoint)}");
        }

        async Task<string> LineAsync(string what)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (await application.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                if (line.Contains(what, StringComparison.Ordinal))
                {
                    return line;
                }
            }

            return "it ended";
        }
    }

    [Fact]
    public async Task Nothing_is_lost_and_nothing_out_of_order_while_services_are_killed_and_the_receiver_fails()
    {
        await using var receiver = await Receiver.StartAsync();
        var tries = new ConcurrentDictionary<string, int>();
        receiver.Answer = received => Task.FromResult(tries.AddOrUpdate(received.Id, 1, (_, count) => count + 1) == 1 && received.Id[^1] > '8' ? 500 : 200);
        using var rest = Rest();
        await CreateEndpointAsync(rest, receiver);
        var directories = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => system.CreateDirectoryAsync()));
        var killing = KillAsync();

        await Task.WhenAll(directories.Select(ChangeAsync));
        await killing;

        foreach (var directory in directories)
        {
            await CompareAsync(rest, receiver, directory);
        }
    }

    private async Task KillAsync()
    {
        foreach (var service in (string[])["events", "roles", "events"])
        {
            await system.Stack.KillAsync(service, 0);
            await system.Stack.StartAgainAsync(service, 0);
        }
    }

    private static async Task ChangeAsync(TestDirectory directory)
    {
        var scim = directory.Scim();
        for (var round = 0; round < 6; round++)
        {
            var user = await scim.CreateUserAsync($"user-{round}@example.com");
            var group = await scim.CreateGroupAsync($"Group {round}", user);
            (await scim.PatchAsync("/Users/" + user, ScimBodies.Replace(new() { ["displayName"] = $"User {round}" }))).Expect(200);
            if (round % 2 == 1)
            {
                (await scim.PatchAsync("/Users/" + user, ScimBodies.Active(false))).Expect(200);
            }

            if (round % 3 == 2)
            {
                (await scim.DeleteAsync("/Groups/" + group)).Expect(204);
            }
        }

        await scim.CreateUserAsync(Last);
    }

    // What the application made of what it got, each event once, is what the API says: users, groups and memberships.
    private static async Task CompareAsync(HttpClient rest, Receiver receiver, TestDirectory directory)
    {
        await Eventually.Get(
            async () => (Read: await ReadAsync(rest, directory), Fold: Fold(receiver.Accepted, directory)),
            both => both.Read is { Users: 4, Groups: 4, HasLast: true } && both.Read.State == both.Fold,
            TimeSpan.FromSeconds(60),
            "the application knows what the API says");
        var sequences = Of(receiver.Accepted, directory).Select(received => received.Json.GetProperty("sequence").GetInt64()).ToList();
        var once = sequences.Distinct().ToList();
        Assert.Equal(Enumerable.Range(1, once.Count).Select(number => (long)number), once);
    }

    private static async Task<(string State, int Users, int Groups, bool HasLast)> ReadAsync(HttpClient rest, TestDirectory directory)
    {
        var users = (await rest.GetFromJsonAsync<JsonElement>($"/directory_users?directory={directory.Id}&limit=100")).GetProperty("data").EnumerateArray().ToList();
        var groups = (await rest.GetFromJsonAsync<JsonElement>($"/directory_groups?directory={directory.Id}&limit=100")).GetProperty("data").EnumerateArray().ToList();
        return (
            string.Join(' ', users.Select(Id).Concat(groups.Select(Id)).Concat(users.SelectMany(user => user.GetProperty("groups").EnumerateArray()
                .Select(group => $"{Id(user)}/{Id(group)}"))).Order()),
            users.Count, groups.Count, users.Exists(user => user.GetProperty("email").GetString() == Last));
    }

    private static string Fold(List<Received> received, TestDirectory directory)
    {
        var state = new HashSet<string>();
        foreach (var json in Of(received, directory).DistinctBy(one => one.Id).Select(one => one.Json))
        {
            var data = json.GetProperty("data");
            switch (json.GetProperty("event").GetString())
            {
                case "dsync.user.created" or "dsync.group.created":
                    state.Add(Id(data));
                    break;
                case "dsync.user.deleted" or "dsync.group.deleted":
                    state.RemoveWhere(entry => entry.Split('/').Contains(Id(data)));
                    break;
                case "dsync.group.user_added":
                    Assert.True(state.Contains(Id(data.GetProperty("user"))) && state.Contains(Id(data.GetProperty("group"))));
                    state.Add($"{Id(data.GetProperty("user"))}/{Id(data.GetProperty("group"))}");
                    break;
                case "dsync.group.user_removed":
                    Assert.True(state.Remove($"{Id(data.GetProperty("user"))}/{Id(data.GetProperty("group"))}"));
                    break;
            }
        }

        return string.Join(' ', state.Order());
    }

    private HttpClient Rest()
    {
        var rest = new HttpClient { BaseAddress = new(system.Stack.GatewayUrl(1)) };
        rest.DefaultRequestHeaders.Authorization = new("Bearer", system.ApiKey);
        return rest;
    }

    private static async Task<JsonElement> CreateEndpointAsync(HttpClient rest, Receiver receiver)
    {
        using var created = await rest.PostAsJsonAsync("/webhook_endpoints", new { endpoint_url = receiver.Url, events = Array.Empty<string>() });
        Assert.Equal(201, (int)created.StatusCode);
        return await created.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static List<Received> Of(List<Received> received, TestDirectory directory) =>
        [.. received.Where(one => one.Json.GetProperty("directory_id").GetString() == directory.Id)];

    private static string Id(JsonElement json) => json.GetProperty("id").GetString()!;
}
