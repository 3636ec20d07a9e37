using System.Text.Json.Nodes;
using DirectorySync.Kit;

namespace DirectorySync.Gateway.Tests.Running;

/// <summary>RFC 7644 §3.7: every example of it, and what surrounds them.</summary>
[Collection(RunningGateway.Name)]
public sealed class ScimBulkTests(RunningGateway running) : IAsyncLifetime, IDisposable
{
    private StackDirectory directory = null!;
    private Api scim = null!;

    public async Task InitializeAsync()
    {
        directory = await running.Stack.CreateDirectoryAsync();
        scim = new Api(directory.ScimBaseUrl, $"Bearer {directory.Token}");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => scim.Dispose();

    [Fact]
    public async Task Section_3_7_1_a_circle_is_409_and_nothing_is_done()
    {
        var answer = await BulkAsync(
            """{"method":"POST","path":"/Users","bulkId":"alone","data":{"userName":"alone"}}""",
            """
            {"method":"POST","path":"/Groups","bulkId":"qwerty","data":{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],
             "displayName":"Group A","members":[{"type":"Group","value":"bulkId:ytrewq"}]}}
            """,
            """
            {"method":"POST","path":"/Groups","bulkId":"ytrewq","data":{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],
             "displayName":"Group B","members":[{"type":"Group","value":"bulkId:qwerty"}]}}
            """);

        Assert.Contains("'qwerty' → 'ytrewq' → 'qwerty'", answer.ScimError(409), StringComparison.Ordinal);
        Assert.Equal(0, (await scim.GetAsync("/Users")).Body!["totalResults"]!.GetValue<int>());
        Assert.Equal(0, (await scim.GetAsync("/Groups")).Body!["totalResults"]!.GetValue<int>());
    }

    [Fact]
    public async Task Section_3_7_2_a_new_user_is_a_member_of_a_new_group()
    {
        // The group first: order does not matter.
        var results = await DoneAsync(
            """
            {"method":"POST","path":"/Groups","bulkId":"ytrewq","data":{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],
             "displayName":"Tour Guides","members":[{"type":"User","value":"bulkId:qwerty"}]}}
            """,
            """
            {"method":"POST","path":"/Users","bulkId":"qwerty","data":{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"Alice"}}
            """);

        Assert.Equal(["POST ytrewq 201", "POST qwerty 201"], results.Select(Line));
        var group = await ReadAsync(results[0]);
        Assert.Equal(Id(results[1]), Assert.Single(group["members"]!.AsArray())!["value"]!.GetValue<string>());
        Assert.Equal(group["meta"]!["version"]!.GetValue<string>(), Text(results[0], "version"));
        Assert.Equal("Alice", (await ReadAsync(results[1]))["userName"]!.GetValue<string>());
    }

    [Fact]
    public async Task Section_3_7_2_a_manager_is_referred_to_in_the_enterprise_extension()
    {
        var results = await DoneAsync(
            """
            {"method":"POST","path":"/Users","bulkId":"qwerty","data":{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"Alice"}}
            """,
            """
            {"method":"POST","path":"/Users","bulkId":"ytrewq","data":{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",
             "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"userName":"Bob",
             "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"11250","manager":{"value":"bulkId:qwerty"}}}}
            """);

        var bob = await ReadAsync(results[1]);
        Assert.Equal(Id(results[0]),
            bob["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]!["manager"]!["value"]!.GetValue<string>());
    }

    // The RFC's PATCH has its list of operations in a way that is not JSON; here it has its name.
    [Fact]
    public async Task Section_3_7_3_users_are_added_updated_and_removed()
    {
        var (bob, dave, eve) = (await UserAsync("b"), await UserAsync("d"), await UserAsync("e"));

        var results = (await scim.PostAsync("/Bulk", $$"""
            {"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"failOnErrors":1,"Operations":[
             {"method":"POST","path":"/Users","bulkId":"qwerty",
              "data":{"schemas":["urn:ietf:params:scim:api:messages:2.0:User"],"userName":"Alice"} },
             {"method":"PUT","path":"/Users/{{bob}}","version":"W\/\"1\"",
              "data":{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"{{bob}}","userName":"Bob"} },
             {"method":"PATCH","path":"/Users/{{dave}}","version":"W/\"1\"","data":{"Operations":[
              {"op":"remove","path":"nickName"},{"op":"add","path":"userName","value":"Dave"}]} },
             {"method":"DELETE","path":"/Users/{{eve}}","version":"W\/\"1\""}]}
            """)).Body!;

        Assert.Equal("urn:ietf:params:scim:api:messages:2.0:BulkResponse", results["schemas"]!.AsArray().Single()!.GetValue<string>());
        var operations = results["Operations"]!.AsArray();
        Assert.Equal(["POST qwerty 201", "PUT  200", "PATCH  200", "DELETE  204"], operations.Select(Line));
        Assert.Equal($"{directory.ScimBaseUrl}/Users/{bob}", Text(operations[1], "location"));
        Assert.Equal(["W/\"1\"", "W/\"2\"", "W/\"2\"", null], operations.Select(operation => Text(operation, "version")));
        Assert.Equal("Dave", (await scim.GetAsync($"/Users/{dave}")).Text("userName"));
        (await scim.GetAsync($"/Users/{eve}")).ScimError(404);
    }

    [Fact]
    public async Task Section_3_7_3_failOnErrors_ends_the_work_and_what_was_not_tried_is_not_answered()
    {
        var bob = await UserAsync("b");

        var answer = await scim.PostAsync("/Bulk", $$"""
            {"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"failOnErrors":1,"Operations":[
             {"method":"POST","path":"/Users","bulkId":"qwerty","data":{"displayName":"Alice"} },
             {"method":"DELETE","path":"/Users/{{bob}}"}]}
            """);

        Assert.Equal(200, answer.Status);
        var result = Assert.Single(answer.Body!["Operations"]!.AsArray());
        Assert.Equal(("POST qwerty 400", null), (Line(result), Text(result, "location")));
        Assert.Equal(("urn:ietf:params:scim:api:messages:2.0:Error", "400"),
            (result!["response"]!["schemas"]![0]!.GetValue<string>(), Text(result["response"], "status")));
        Assert.Equal(200, (await scim.GetAsync($"/Users/{bob}")).Status);
    }

    [Fact]
    public async Task Section_3_7_3_without_failOnErrors_all_are_tried()
    {
        var (bob, dave) = (await UserAsync("b"), await UserAsync("d"));

        var results = await DoneAsync(
            """{"method":"POST","path":"/Users","bulkId":"qwerty","data":{}}""",
            $$$"""{"method":"PUT","path":"/Users/{{{bob}}}","version":"W\/\"3694e05e9dff591\"","data":{"userName":"Bob"}}""",
            $$$"""{"method":"PATCH","path":"/Users/{{{dave}}}","version":"W/\"9\"","data":{"Operations":[{"op":"remove","path":"nickName"}]}}""",
            """{"method":"DELETE","path":"/Users/e9025315-6bea-44e1-899c-1e07454e468b"}""",
            """{"method":"PUT","path":"/Groups/unknown","data":{"displayName":"x"}}""",
            """{"method":"FETCH","path":"/Users/1"}""",
            """{"method":"POST","path":"/Users","bulkId":"last","data":{"userName":"twice","userName":"twice"}}""");

        Assert.Equal(
            ["POST qwerty 400", "PUT  412", "PATCH  412", "DELETE  404", "PUT  404", "FETCH  400", "POST last 400"], results.Select(Line));
        Assert.All(results, result => Assert.NotEmpty(result!["response"]!["detail"]!.GetValue<string>()));
        Assert.Equal($"{directory.ScimBaseUrl}/Users/{bob}", Text(results[1], "location"));
        Assert.Equal("invalidSyntax", Text(results[6]!["response"], "scimType"));
    }

    [Fact]
    public async Task Section_3_7_4_limits_are_413_and_say_which()
    {
        var large = await scim.PostAsync("/Bulk", $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[],"x":"{{new string('x', 1024 * 1024)}}"}""");
        var many = await BulkAsync([.. Enumerable.Repeat("""{"method":"DELETE","path":"/Users/1"}""", 1001)]);

        Assert.Contains("maxPayloadSize (1048576)", large.ScimError(413), StringComparison.Ordinal);
        Assert.Contains("maxOperations (1000)", many.ScimError(413), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_thousand_operations_pass_at_the_rate_of_a_new_directory()
    {
        var posts = Enumerable.Range(0, 998).Select(i =>
            $$$"""{"method":"POST","path":"/Users","bulkId":"{{{i}}}","data":{"userName":"user{{{i}}}@example.com"}}""");
        var members = string.Join(',', Enumerable.Range(0, 998).Select(i => $$"""{"value":"bulkId:{{i}}"}"""));

        var results = await DoneAsync([
            $$$"""{"method":"PATCH","path":"/Groups/bulkId:all","data":{"Operations":[{"op":"add","path":"members","value":[{{{members}}}]}]}}""",
            .. posts,
            """{"method":"POST","path":"/Groups","bulkId":"all","data":{"displayName":"All"}}"""]);

        Assert.Equal("PATCH  204", Line(results[0]));
        Assert.All(results.Skip(1), result => Assert.Equal("201", Text(result, "status")));
        Assert.Equal(Enumerable.Range(0, 998).Select(i => $"{i}"), results.Skip(1).SkipLast(1).Select(result => Text(result, "bulkId")));
        Assert.Equal(998, (await scim.GetAsync(Text(results[0], "location")![directory.ScimBaseUrl.Length..])).Body!["members"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_reference_to_what_was_not_created_is_refused_and_told_why()
    {
        var results = await DoneAsync(
            """{"method":"POST","path":"/Users","bulkId":"bad","data":{"displayName":"no user name"}}""",
            """{"method":"POST","path":"/Groups","bulkId":"g","data":{"displayName":"G","members":[{"value":"bulkId:bad"}]}}""",
            """{"method":"POST","path":"/Groups","bulkId":"h","data":{"displayName":"H","members":[{"value":"bulkId:nobody"}]}}""",
            """{"method":"DELETE","path":"/Users/bulkId:nobody"}""");

        Assert.Equal(["POST bad 400", "POST g 400", "POST h 400", "DELETE  400"], results.Select(Line));
        Assert.Contains("'bulkId:bad'", results[1]!["response"]!["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Contains("'bulkId:nobody'", results[2]!["response"]!["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(0, (await scim.GetAsync("/Groups")).Body!["totalResults"]!.GetValue<int>());
    }

    [Fact]
    public async Task Operations_on_one_resource_and_one_name_are_done_in_order()
    {
        var ada = await UserAsync("ada@example.com");

        var results = await DoneAsync(
            $$$"""{"method":"PATCH","path":"/Users/{{{ada}}}","data":{"Operations":[{"op":"replace","path":"title","value":"1"}]}}""",
            $$$"""{"method":"PATCH","path":"/Users/{{{ada}}}","data":{"Operations":[{"op":"replace","path":"title","value":"2"}]}}""",
            $$$"""{"method":"DELETE","path":"/Users/{{{ada}}}"}""",
            """{"method":"POST","path":"/Users","bulkId":"again","data":{"userName":"ADA@example.com","title":"3"}}""",
            """{"method":"POST","path":"/Users","bulkId":"twice","data":{"userName":"ada@example.com"}}""");

        Assert.Equal(["PATCH  200", "PATCH  200", "DELETE  204", "POST again 201", "POST twice 409"], results.Select(Line));
        Assert.Equal("uniqueness", Text(results[4]!["response"], "scimType"));
        Assert.Equal("3", (await ReadAsync(results[3]))["title"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("", "invalidSyntax")]
    [InlineData("[]", "invalidSyntax")]
    [InlineData("{}", "invalidSyntax")]
    [InlineData("""{"Operations":[]}""", "invalidSyntax")]
    [InlineData("""{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[],"failOnErrors":-1}""", "invalidValue")]
    public async Task A_message_that_is_none_is_400(string body, string scimType) =>
        (await scim.PostAsync("/Bulk", body)).ScimError(400, scimType);

    [Fact]
    public async Task Nothing_to_do_is_done() => Assert.Empty(await DoneAsync());

    private async Task<JsonArray> DoneAsync(params string[] operations)
    {
        var answer = await BulkAsync(operations);
        Assert.True(answer.Status == 200, answer.Body?.ToJsonString());
        return answer.Body!["Operations"]!.AsArray();
    }

    private Task<ApiAnswer> BulkAsync(params string[] operations) => scim.PostAsync("/Bulk",
        $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{{string.Join(',', operations)}}]}""");

    private async Task<string> UserAsync(string userName) =>
        (await scim.PostAsync("/Users", $$"""{"userName":"{{userName}}","nickName":"{{userName}}"}""")).Text("id");

    private async Task<JsonNode> ReadAsync(JsonNode? result) =>
        (await scim.GetAsync(Text(result, "location")![directory.ScimBaseUrl.Length..])).Body!;

    private static string Line(JsonNode? result) => $"{Text(result, "method")} {Text(result, "bulkId")} {Text(result, "status")}";

    private static string Id(JsonNode? result) => Text(result, "location")!.Split('/')[^1];

    private static string? Text(JsonNode? node, string name) => node![name]?.GetValue<string>();
}
