using System.Text.Json.Nodes;
using DirectorySync.Kit;

namespace DirectorySync.Gateway.Tests.Running;

/// <summary>RFC 7644 §3.7 when something goes wrong on the way: of each operation is told what became of it, and nothing goes on unseen.</summary>
[Collection(InterruptedGateway.Name)]
public sealed class BulkOutageTests(InterruptedGateway interrupted)
{
    private const int Many = 1000;

    private readonly Stack stack = interrupted.Stack;

    [Fact]
    public async Task A_client_that_leaves_and_services_that_are_killed()
    {
        var directory = await stack.CreateDirectoryAsync();
        using var scim = new Api(directory.ScimBaseUrl, directory.Token);
        var id = (await scim.PostAsync("/Users", """{"userName":"busy@example.com"}""")).Text("id");
        async Task<long> VersionAsync() =>
            long.Parse((await scim.GetAsync($"/Users/{id}")).Body!["meta"]!["version"]!.GetValue<string>()[3..^1], System.Globalization.CultureInfo.InvariantCulture);

        // The client leaves: what is under way ends, and no more is begun.
        using (var leaving = new HttpClient())
        {
            var sent = leaving.SendAsync(new(HttpMethod.Post, $"{directory.ScimBaseUrl}/Bulk")
            {
                Headers = { { "Authorization", $"Bearer {directory.Token}" } },
                Content = new StringContent(Patches(id, "left"), System.Text.Encoding.UTF8, "application/scim+json"),
            });
            await Eventually.True(async () => await VersionAsync() > 1);
            leaving.CancelPendingRequests();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sent);
        }

        var (version, same) = (0L, 0);
        await Eventually.True(async () =>
        {
            var now = await VersionAsync();
            (version, same) = (now, now == version ? same + 1 : 0);
            return same == 10;
        });
        Assert.InRange(version, 2, Many);
        Assert.DoesNotContain("\"LogLevel\":\"Error\"", stack.Log("gateway"), StringComparison.Ordinal);

        // A service is killed among the operations and comes back.
        var creating = scim.PostAsync("/Bulk", Body(Enumerable.Range(0, 300).Select(Post)));
        await Eventually.True(async () => await TotalAsync(scim) > 20);
        await stack.KillAsync("identity");
        await stack.StartAgainAsync("identity");
        var results = (await creating).Body!["Operations"]!.AsArray();
        Assert.Equal(300, results.Count);
        Assert.All(results, result => Assert.True(Status(result) is "201" or "429", result!.ToJsonString()));
        var created = results.Where(result => Status(result) == "201").ToList();
        Assert.Equal(created.Count, created.Select(result => (string)result!["location"]!).Distinct().Count());
        var again = (await scim.PostAsync("/Bulk", Body(Enumerable.Range(0, 300).Select(Post)))).Body!["Operations"]!.AsArray();
        Assert.All(results.Zip(again), pair => Assert.True(Status(pair.First) == "429" || Status(pair.Second) == "409"));
        Assert.Equal(301, await TotalAsync(scim));

        // While a service stays away, the others' operations are done, and one window is waited for, not one for each operation.
        await stack.KillAsync("group-membership");
        var mixed = (await scim.PostAsync("/Bulk", Body(
            [.. Enumerable.Range(0, 40).Select(i => Operation("POST", "/Groups", $"g{i}", $$"""{"displayName":"Group {{i}}"}""")), Post(600)])))
            .Body!["Operations"]!.AsArray();
        Assert.Equal(Enumerable.Repeat("429", 40).Append("201"), mixed.Select(Status));
        await stack.StartAgainAsync("group-membership");
        await interrupted.BackAsync();
    }

    private static string Patches(string id, string title) => Body(Enumerable.Range(0, Many).Select(i => Operation(
        "PATCH", $"/Users/{id}", "", $$"""{"Operations":[{"op":"replace","path":"title","value":"{{title}} {{i}}"}]}""")));

    private static string Post(int number) =>
        Operation("POST", "/Users", $"u{number}", $$"""{"userName":"u{{number}}@example.com","externalId":"{{number}}"}""");

    private static string Operation(string method, string path, string bulkId, string data) =>
        $$"""{"method":"{{method}}","path":"{{path}}","bulkId":"{{bulkId}}","data":{{data}}}""";

    private static string Body(IEnumerable<string> operations) =>
        $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{{string.Join(',', operations)}}]}""";

    private static async Task<int> TotalAsync(Api scim) => (await scim.GetAsync("/Users?count=0")).Body!["totalResults"]!.GetValue<int>();

    private static string Status(JsonNode? result) => result!["status"]!.GetValue<string>();
}
