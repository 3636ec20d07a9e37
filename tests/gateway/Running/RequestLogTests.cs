using System.Text.Json;
using DirectorySync.Kit;

namespace DirectorySync.Gateway.Tests.Running;

/// <summary>Each directory's log of what its identity provider asked.</summary>
[Collection(RunningGateway.Name)]
public sealed class RequestLogTests(RunningGateway gateway)
{
    [Fact]
    public async Task Every_request_is_in_its_directorys_log_with_its_answer_and_without_secrets()
    {
        var (scim, directory, token) = await CreateAsync();
        const string person = """{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"log@example.com","password":"pw-Kx81","active":true}""";
        var created = await scim.PostAsync("/Users", person);
        Assert.Equal(409, (await scim.PostAsync("/Users", person)).Status);
        await scim.GetAsync("/Users?filter=userName%20eq%20%22log%40example.com%22&access_token=pw-Kx81", ("User-Agent", "Okta SCIM Client 1.0.0"));
        await scim.PostAsync("/Groups", """{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Logged"}""");
        await scim.GetAsync("/Nothing");
        using (var stranger = new Api(directory.Url, "wrong"))
        {
            Assert.Equal(401, (await stranger.GetAsync("/Users")).Status);
        }

        var log = await ListAsync(directory.Id, 6);

        Assert.Equal(
            ["GET /Users 401", "GET /Nothing 404", "POST /Groups 201", "GET /Users 200", "POST /Users 409", "POST /Users 201"],
            log.Select(entry => $"{Text(entry, "method")} {Text(entry, "path")} {entry.GetProperty("status").GetInt32()}"));
        Assert.Equal("""{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"log@example.com","password":"[redacted]","active":true}""",
            log[5].GetProperty("request_body").GetProperty("text").GetString());
        Assert.Equal(created.Body!.ToJsonString(), JsonSerializer.Serialize(JsonDocument.Parse(log[5].GetProperty("response_body").GetProperty("text").GetString()!)));
        Assert.Equal(created.Headers.GetValues("X-Request-Id").Single(), Text(log[5], "request_id"));
        Assert.Equal(("uniqueness", true), (Text(log[4], "scim_type"), Text(log[4], "detail")!.Contains("log@example.com", StringComparison.Ordinal)));
        Assert.Equal(("filter=userName eq \"log@example.com\"&access_token=[redacted]", "Okta SCIM Client 1.0.0"), (Text(log[3], "query"), Text(log[3], "user_agent")));
        Assert.Contains("Logged", log[2].GetProperty("request_body").GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Null(Text(log[0], "token_id"));
        Assert.All(log.Skip(1), entry => Assert.NotNull(Text(entry, "token_id")));
        Assert.All(log, entry => Assert.InRange(entry.GetProperty("duration_ms").GetDouble(), 0.01, 60_000));
        Assert.All(log, entry => Assert.Matches("^[0-9a-f]{32}$", Text(entry, "trace_id")));
        Assert.DoesNotContain("pw-Kx81", string.Join("", log.Select(entry => entry.GetRawText())), StringComparison.Ordinal);
        Assert.DoesNotContain(token, string.Join("", log.Select(entry => entry.GetRawText())), StringComparison.Ordinal);
        scim.Dispose();
    }

    [Fact]
    public async Task The_log_is_read_in_pages_and_by_status_method_and_path_and_by_nobody_elses_key()
    {
        var (scim, directory, _) = await CreateAsync();
        for (var i = 0; i < 3; i++)
        {
            await scim.GetAsync($"/Users/none-{i}");
            await scim.GetAsync("/Groups");
        }

        await ListAsync(directory.Id, 6);
        var address = $"/directories/{directory.Id}/requests";
        Assert.Equal(3, (await gateway.GetAsync($"{address}?status=404")).Expect(200).Data.Count());
        Assert.Equal(3, (await gateway.GetAsync($"{address}?status=refused")).Expect(200).Data.Count());
        Assert.Equal(3, (await gateway.GetAsync($"{address}?status=2xx&method=get")).Expect(200).Data.Count());
        Assert.Equal(["/Users/none-1"], (await gateway.GetAsync($"{address}?path=/Users/none-1")).Expect(200).Data.Select(entry => Text(entry, "path")));
        Assert.Empty((await gateway.GetAsync($"{address}?method=POST")).Expect(200).Data);
        Assert.Equal(["status"], (await gateway.GetAsync($"{address}?status=good")).Expect(422).Fields);

        var (paged, after) = (new List<string>(), "");
        do
        {
            var page = (await gateway.GetAsync($"{address}?limit=4{(after.Length > 0 ? "&after=" + after : "")}")).Expect(200);
            paged.AddRange(page.Ids);
            after = page.Cursor("after") ?? "";
        }
        while (after.Length > 0);

        Assert.Equal((await gateway.GetAsync($"{address}?limit=100")).Expect(200).Ids, paged);
        (await gateway.GetAsync(address, await gateway.CreateKeyAsync("read", await gateway.CreateOrganizationAsync("Other")))).Expect(404);
        scim.Dispose();
    }

    [Fact]
    public async Task Of_a_large_body_the_beginning_is_kept()
    {
        var (scim, directory, _) = await CreateAsync();
        var members = string.Join(',', Enumerable.Range(0, 2000).Select(i => $$"""{"value":"unknown-{{i}}"}"""));
        var body = $$"""{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Large","members":[{{members}}]}""";
        await scim.PostAsync("/Groups", body);

        var kept = Assert.Single(await ListAsync(directory.Id, 1)).GetProperty("request_body");

        Assert.Equal((body.Length, true), (kept.GetProperty("size").GetInt32(), kept.GetProperty("cut").GetBoolean()));
        Assert.InRange(kept.GetProperty("text").GetString()!.Length, 8000, 8192);
        Assert.StartsWith(kept.GetProperty("text").GetString()!, body, StringComparison.Ordinal);
        scim.Dispose();
    }

    private async Task<(Api Scim, (string Id, string Url) Directory, string Token)> CreateAsync()
    {
        var directory = await gateway.Stack.CreateDirectoryAsync();
        return (new Api(directory.ScimBaseUrl, directory.Token), (directory.Id, directory.ScimBaseUrl), directory.Token);
    }

    private Task<List<JsonElement>> ListAsync(string directoryId, int count) => Eventually.Get(
        async () => (await gateway.GetAsync($"/directories/{directoryId}/requests?limit=100")).Expect(200).Data.ToList(), log => log.Count >= count, what: "the log is written");

    private static string? Text(JsonElement entry, string name) => entry.GetProperty(name).GetString();
}
