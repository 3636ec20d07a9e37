using System.Text.Json.Nodes;
using DirectorySync.Kit;

namespace DirectorySync.Gateway.Tests.Running;

/// <summary>RFC 7644 §3.4.3 and §3.4.2.1: queries across resource types.</summary>
[Collection(RunningGateway.Name)]
public sealed class ScimRootTests(RunningGateway running) : IAsyncLifetime, IDisposable
{
    private StackDirectory directory = null!;
    private Api scim = null!;

    public async Task InitializeAsync()
    {
        directory = await running.Stack.CreateDirectoryAsync();
        scim = new Api(directory.ScimBaseUrl, $"Bearer {directory.Token}");
        var operations = new[] { "c", "a", "b" }.SelectMany((name, i) => new[]
        {
            $$$"""{"method":"POST","path":"/Users","bulkId":"u{{{i}}}","data":{"userName":"{{{name}}}@x.org","displayName":"Smith {{{name}}}"}}""",
            $$$"""{"method":"POST","path":"/Groups","bulkId":"g{{{i}}}","data":{"displayName":"smiths {{{name}}}","members":[{"value":"bulkId:u{{{i}}}"}]}}""",
        });
        Assert.Equal(200, (await scim.PostAsync(
            "/Bulk",
            $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{{string.Join(',', operations)}}]}""")).Status);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => scim.Dispose();

    // Figure 4.
    [Fact]
    public async Task Section_3_4_3_the_rfcs_example_finds_both_types_with_the_attributes_asked_for()
    {
        var found = await SearchAsync("""
            {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "attributes": ["displayName", "userName"],
             "filter": "displayName sw \"smith\"", "startIndex": 1, "count": 10}
            """);

        Assert.Equal((6, 6, 1), (Number(found, "totalResults"), Number(found, "itemsPerPage"), Number(found, "startIndex")));
        var resources = found["Resources"]!.AsArray();
        Assert.Equal(["a@x.org", "b@x.org", "c@x.org"], resources.Take(3).Select(user => user!["userName"]!.GetValue<string>()).Order());
        Assert.All(resources, resource => Assert.Equal(
            ["displayName", "id", "schemas", .. resource!["userName"] is null ? Array.Empty<string>() : ["userName"]],
            resource.AsObject().Select(property => property.Key).Order()));
    }

    [Theory]
    [InlineData("meta.resourceType eq \\\"User\\\"", 3, 0)]
    [InlineData("meta.resourceType eq \\\"Group\\\"", 0, 3)]
    [InlineData("schemas eq \\\"urn:ietf:params:scim:schemas:core:2.0:Group\\\"", 0, 3)]
    [InlineData("userName pr", 3, 0)]
    [InlineData("userName eq \\\"A@x.org\\\"", 1, 0)]
    [InlineData("urn:ietf:params:scim:schemas:core:2.0:User:userName eq \\\"a@x.org\\\"", 1, 0)]
    [InlineData("not (userName pr)", 0, 3)]
    [InlineData("displayName ew \\\" b\\\" or userName sw \\\"a\\\"", 2, 1)]
    [InlineData("id eq \\\"unknown\\\"", 0, 0)]
    public async Task Section_3_4_2_1_an_attribute_that_a_type_does_not_have_has_no_value(string filter, int users, int groups)
    {
        var found = await SearchAsync($$"""{"filter": "{{filter}}"}""");

        Assert.Equal(users + groups, Number(found, "totalResults"));
        Assert.Equal([.. Enumerable.Repeat("User", users), .. Enumerable.Repeat("Group", groups)], Types(found));
    }

    [Fact]
    public async Task Pages_by_index_cross_from_users_to_groups_and_add_up()
    {
        var all = Names(await SearchAsync("""{"sortBy": "displayName"}"""));
        Assert.Equal(["Smith a", "Smith b", "Smith c", "smiths a", "smiths b", "smiths c"], all);

        for (var (start, size) = (1, 2); start <= 7; start++)
        {
            var page = await SearchAsync($$"""{"sortBy": "displayName", "startIndex": {{start}}, "count": {{size}}}""");
            Assert.Equal(all.Skip(start - 1).Take(size), Names(page));
            Assert.Equal(6, Number(page, "totalResults"));
        }

        var none = await SearchAsync("""{"count": 0}""");
        Assert.Equal((6, 0), (Number(none, "totalResults"), Number(none, "itemsPerPage")));
    }

    [Fact]
    public async Task A_descending_order_holds_within_each_type() => Assert.Equal(
        ["Smith c", "Smith b", "Smith a", "smiths c", "smiths b", "smiths a"],
        Names(await SearchAsync("""{"sortBy": "displayName", "sortOrder": "descending"}""")));

    // RFC 9865.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(100)]
    public async Task Pages_by_cursor_have_everything_once(int count)
    {
        var names = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await SearchAsync($$"""{"sortBy": "displayName", "cursor": "{{cursor}}", "count": {{count}}}""");
            Assert.NotEmpty(Names(page));
            Assert.Equal(6, Number(page, "totalResults"));
            names.AddRange(Names(page));
            cursor = page["nextCursor"]?.GetValue<string>();
        }

        Assert.Equal(["Smith a", "Smith b", "Smith c", "smiths a", "smiths b", "smiths c"], names);
    }

    [Fact]
    public async Task A_GET_of_the_root_asks_the_same()
    {
        var found = (await scim.GetAsync("/?filter=displayName%20co%20%22%20a%22&attributes=displayName")).Body!;

        Assert.Equal(["Smith a", "smiths a"], Names(found));
        Assert.Equal(6, Number((await scim.GetAsync("")).Body!, "totalResults"));
        var group = (await scim.GetAsync("/")).Body!["Resources"]!.AsArray()[5]!;
        Assert.Single(group["members"]!.AsArray());
    }

    [Theory]
    [InlineData("""{"filter": "userName eq"}""", "invalidFilter")]
    [InlineData("""{"filter": "active eq \"x\""}""", "invalidFilter")]
    [InlineData("""{"cursor": "nonsense"}""", "invalidCursor")]
    [InlineData("""{"cursor": "", "startIndex": 2}""", "invalidValue")]
    [InlineData("""{"count": "many"}""", "invalidValue")]
    [InlineData("[]", "invalidSyntax")]
    public async Task What_cannot_be_asked_is_told(string body, string scimType) =>
        (await scim.PostAsync("/.search", body)).ScimError(400, scimType);

    [Fact]
    public async Task A_cursor_of_another_question_is_not_taken()
    {
        var cursor = (await SearchAsync("""{"cursor": "", "count": 1}"""))["nextCursor"]!.GetValue<string>();

        (await scim.PostAsync("/.search", $$"""{"cursor": "{{cursor}}", "filter": "userName pr"}""")).ScimError(400, "invalidCursor");
        (await scim.GetAsync($"/Users?cursor={cursor}")).ScimError(400, "invalidCursor");
    }

    private async Task<JsonNode> SearchAsync(string body)
    {
        var answer = await scim.PostAsync("/.search", body);
        Assert.True(answer.Status == 200, answer.Body?.ToJsonString());
        return answer.Body!;
    }

    private static int Number(JsonNode list, string name) => list[name]!.GetValue<int>();

    private static IEnumerable<string> Names(JsonNode list) =>
        list["Resources"]!.AsArray().Select(resource => resource!["displayName"]!.GetValue<string>());

    private static IEnumerable<string> Types(JsonNode list) =>
        list["Resources"]!.AsArray().Select(resource => resource!["meta"]!["resourceType"]!.GetValue<string>());
}
