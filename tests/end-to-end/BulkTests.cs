using System.Text.Json.Nodes;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>Bulk and queries of the root through two gateways over two replicas of each service.</summary>
[Collection(SharedSystem.Name)]
public sealed class BulkTests(SharedSystem system)
{
    [Fact]
    public async Task What_a_bulk_did_at_one_gateway_is_seen_at_the_other()
    {
        var directory = await system.CreateDirectoryAsync();

        var answer = (await directory.Scim(0).PostAsync("/Bulk", $$$"""
            {"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[
             {"method":"PATCH","path":"/Groups/bulkId:team","data":{{{ScimBodies.Patch("""
                {"op":"add","path":"members","value":[{"value":"bulkId:bob"}]}
                """)}}}},
             {"method":"POST","path":"/Groups","bulkId":"team","data":{"displayName":"Team","members":[{"value":"bulkId:ada"}]}},
             {"method":"POST","path":"/Users","bulkId":"ada","data":{{{ScimBodies.User("ada@example.com")}}}},
             {"method":"POST","path":"/Users","bulkId":"bob","data":{{{ScimBodies.User("bob@example.com")}}}},
             {"method":"PATCH","path":"/Users/bulkId:bob","data":{{{ScimBodies.Patch(ScimBodies.Active(false))}}}}]}
            """)).Expect(200).Body["Operations"]!.AsArray();

        Assert.Equal(["204", "201", "201", "201", "200"], answer.Select(operation => (string?)operation!["status"]));
        string Id(int index) => ((string)answer[index]!["location"]!).Split('/')[^1];
        var other = directory.Scim(1);
        Assert.Equal(new[] { Id(2), Id(3) }.Order(), (await other.GetAsync($"/Groups/{Id(1)}")).Expect(200).Members.Order());
        Assert.False((bool)(await other.GetAsync($"/Users/{Id(3)}")).Expect(200).Body["active"]!);
        var all = (await other.PostAsync("/.search", """{"filter":"displayName eq \"team\" or userName ew \"@example.com\""}""")).Expect(200);
        Assert.Equal([.. new[] { Id(2), Id(3) }.Order(StringComparer.Ordinal), Id(1)], all.Ids);
        Assert.Equal(3, all.TotalResults);
    }

    [Fact]
    public async Task A_bulk_sent_twice_creates_nobody_twice()
    {
        var directory = await system.CreateDirectoryAsync();
        var operations = new JsonArray([.. Enumerable.Range(0, 50).Select(i => JsonNode.Parse(
            $$$"""{"method":"POST","path":"/Users","bulkId":"{{{i}}}","data":{{{ScimBodies.User($"user{i}@example.com")}}}}"""))]);
        var body = new JsonObject
        {
            ["schemas"] = new JsonArray("urn:ietf:params:scim:api:messages:2.0:BulkRequest"), ["Operations"] = operations,
        }.ToJsonString();

        var answers = await Task.WhenAll(directory.Scim(0).PostAsync("/Bulk", body), directory.Scim(1).PostAsync("/Bulk", body));

        var statuses = answers.SelectMany(answer => answer.Expect(200).Body["Operations"]!.AsArray()).Select(o => (string?)o!["status"]).ToList();
        Assert.Equal((50, 50), (statuses.Count(status => status == "201"), statuses.Count(status => status == "409")));
        Assert.Equal(50, (await directory.Scim().GetAsync("/Users")).Expect(200).TotalResults);
    }
}
