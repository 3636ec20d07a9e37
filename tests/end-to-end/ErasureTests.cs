using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using DirectorySync.Kit;
using DirectorySync.Local;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>What was known of a person who is erased, and of a directory that is gone, is found in no database afterwards.</summary>
[Collection(SharedSystem.Name)]
public sealed class ErasureTests(SharedSystem system)
{
    private const string Person = "Zwetschgenkuchen";
    private const string Gone = "Marillenknoedel";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task No_database_holds_a_word_of_an_erased_person_or_of_a_deleted_directory()
    {
        using var rest = new HttpClient { BaseAddress = new(system.Stack.GatewayUrl()), DefaultRequestHeaders = { { "Authorization", $"Bearer {system.ApiKey}" } } };
        await RemoveEndpointsAsync(rest);
        await using var receiver = await Receiver.StartAsync();
        (await rest.PostAsJsonAsync("/webhook_endpoints", new { endpoint_url = receiver.Url, events = Array.Empty<string>() })).EnsureSuccessStatusCode();
        var kept = await system.CreateDirectoryAsync();
        var gone = await system.CreateDirectoryAsync();
        var person = await FillAsync(kept, Person);
        await FillAsync(gone, Gone);
        await Eventually.True(() => Told(receiver, kept) >= 5 && Told(receiver, gone) >= 5, Patience, "everything arrived");
        Assert.NotEmpty(await FindAsync(Person));
        Assert.NotEmpty(await FindAsync(Gone));

        Assert.Equal(HttpStatusCode.Accepted, (await rest.DeleteAsync($"/directories/{kept.Id}/users/{person}")).StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, (await rest.DeleteAsync($"/directories/{gone.Id}")).StatusCode);
        await system.Stack.KillAsync("events");
        await system.Stack.StartAgainAsync("events");

        Assert.Empty(await Eventually.Get(async () => await FindAsync(Person, Gone), found => found.Count == 0, Patience, "no database has a word of them"));
        (await kept.Scim().GetAsync("/Users/" + person)).ExpectError(404);
        var events = await ListAsync(rest, $"/events?directory={kept.Id}&limit=100");
        Assert.Equal(Enumerable.Range(1, events.Count), events.Select(told => told.GetProperty("sequence").GetInt32()));
        Assert.Equal(["dsync.group.user_removed", "dsync.user.deleted"], events.TakeLast(2).Select(told => told.GetProperty("event").GetString()));
        Assert.Equal("dsync.deleted", (await ListAsync(rest, $"/events?directory={gone.Id}&limit=100"))[^1].GetProperty("event").GetString());
        await RemoveEndpointsAsync(rest);
    }

    private static async Task<string> FillAsync(TestDirectory directory, string word)
    {
        var scim = directory.Scim();
        var body = ScimBodies.User($"{word}@example.com", $"{word}.mail@example.com", familyName: word).Replace(
            "\"active\"", $"\"externalId\":\"{word}\",\"tag_Word\":\"{word}\",\"start_date\":\"{word}\",\"active\"", StringComparison.Ordinal);
        var id = (await scim.PostAsync("/Users", body)).Expect(201).Id!;
        (await scim.PostAsync("/Users", body)).ExpectError(409);
        (await scim.FilterAsync("Users", $"userName eq \"{word}@example.com\"")).Expect(200);
        (await scim.PutAsync("/Users/" + id, body.Replace("\"active\"", $"\"nickName\":\"{word}\",\"active\"", StringComparison.Ordinal))).Expect(200);
        var other = await scim.CreateUserAsync($"other-{directory.Id[^6..]}@example.com");
        var group = await scim.CreateGroupAsync("Group", other);
        var added = await scim.PatchAsync("/Groups/" + group, $$"""{"op":"add","path":"members","value":[{"value":"{{id}}","display":"{{word}}"}]}""");
        Assert.True(added.Succeeded, added.Text);
        return id;
    }

    private static int Told(Receiver receiver, TestDirectory directory) =>
        receiver.Accepted.Where(received => received.Json.GetProperty("directory_id").GetString() == directory.Id).Select(received => received.Id).Distinct().Count();

    private async Task<List<string>> FindAsync(params string[] words)
    {
        var found = await Task.WhenAll(Service.All.Select(async service =>
            (await DatabaseSearch.FindAsync(system.Stack.AdminConnectionString(service.Name), words)).ConvertAll(column => $"{service.Name}: {column}")));
        return [.. found.SelectMany(columns => columns)];
    }

    // Tests before this one have left some whose receivers are gone: what they wait for is kept for a while.
    private static async Task RemoveEndpointsAsync(HttpClient rest)
    {
        foreach (var endpoint in await ListAsync(rest, "/webhook_endpoints?limit=100"))
        {
            (await rest.DeleteAsync($"/webhook_endpoints/{endpoint.GetProperty("id").GetString()}")).EnsureSuccessStatusCode();
        }
    }

    private static async Task<List<JsonElement>> ListAsync(HttpClient rest, string path) =>
        [.. (await rest.GetFromJsonAsync<JsonElement>(path)).GetProperty("data").EnumerateArray()];
}
