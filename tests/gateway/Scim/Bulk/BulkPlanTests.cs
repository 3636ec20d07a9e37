using System.Text.Json;
using CsCheck;
using DirectorySync.Gateway.Scim.Bulk;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.Gateway.Scim.Schemas;
using DirectorySync.Scim;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Tests.Scim.Bulk;

/// <summary>RFC 7644 §3.7: in which order operations are done, and which of them at once.</summary>
public sealed class BulkPlanTests
{
    [Fact]
    public void Without_references_the_requests_order_stays() =>
        Assert.Equal([0, 1, 2], Order(Post("a"), Patch("/Users/1"), """{"method":"DELETE","path":"/Users/2"}"""));

    [Fact]
    public void What_is_referred_to_comes_first_wherever_it_stands() => Assert.Equal(
        [2, 1, 0, 3], Order(Patch("/Groups/1", "bulkId:b"), Post("b", "bulkId:c"), Post("c"), Patch("/Users/1")));

    [Fact]
    public void A_path_may_be_a_reference() => Assert.Equal([1, 0], Order(Patch("/Users/bulkId:a"), Post("a")));

    [Fact]
    public void Operations_on_one_resource_stay_in_their_order() => Assert.Equal(
        [2, 0, 1], Order(Patch("/Groups/1", "bulkId:a"), Patch("/groups/1"), Post("a")));

    [Fact]
    public void A_chain_of_a_thousand_is_untied()
    {
        var operations = Enumerable.Range(0, 1000).Select(i => Post($"{i}", $"bulkId:{i + 1}")).SkipLast(1).Append(Post("999"));

        Assert.Equal(Enumerable.Range(0, 1000).Reverse(), Order([.. operations]));
    }

    [Theory]
    [InlineData("'a' → 'b' → 'a'", "bulkId:b", "bulkId:a", null)]
    [InlineData("'a' → 'a'", "bulkId:a", null, null)]
    [InlineData("'b' → 'c' → 'b'", "bulkId:b", "bulkId:c", "bulkId:b")]
    public void A_circle_is_told_by_its_bulkIds(string circle, string? a, string? b, string? c)
    {
        var error = Assert.Throws<ScimFailure>(() => Order(Post("a", a), Post("b", b), Post("c", c), Patch("/Users/1", "bulkId:a"))).Error;

        Assert.Equal(409, error.Status);
        Assert.Contains(circle, error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bulkId_given_to_two_POSTs_is_refused() => Assert.Contains(
        "'a'", Assert.Throws<ScimException>(() => Order(Post("a"), Post("a"))).Message, StringComparison.Ordinal);

    [Fact]
    public void POSTs_that_name_nothing_alike_are_done_at_once() => Assert.Equal(
        ["0 1", "2", "3"],
        Steps(User("a", "ada", "ada@x.org"), User("b", "bob", "bob@x.org"), User("c", "cyd", "BOB@x.org"), User("d", "CYD", "d@x.org")));

    [Fact]
    public void What_refers_to_another_waits_for_it() => Assert.Equal(["0", "1"], Steps(Post("a"), Post("b", "bulkId:a")));

    [Fact]
    public void DELETEs_of_different_resources_are_done_at_once() => Assert.Equal(["0 1", "2", "3"], Steps(
        """{"method":"DELETE","path":"/Users/1"}""", """{"method":"DELETE","path":"/Groups/1"}""",
        """{"method":"DELETE","path":"/Users/1"}""", User("a", "ada", "ada@x.org")));

    [Fact]
    public void Changes_are_done_one_by_one() => Assert.Equal(["0", "1"], Steps(Patch("/Users/1"), Patch("/Users/2")));

    [Fact]
    public void Every_order_puts_references_first() => Gen.Int[0, 11].Array[1, 12].Sample(references =>
    {
        // Each refers to one that comes later, or to none.
        var bulkIds = references.Select((to, i) => to > i && to < references.Length ? $"bulkId:{to}" : null);
        var order = Order([.. bulkIds.Select((bulkId, i) => Post($"{i}", bulkId))]).ToList();
        return order.Order().SequenceEqual(Enumerable.Range(0, references.Length))
            && references.Select((to, i) => to <= i || to >= references.Length || order.IndexOf(to) < order.IndexOf(i)).All(holds => holds);
    });

    private static IReadOnlyList<int> Order(params string[] operations) => BulkPlan.Of(Read(operations));

    private static IEnumerable<string> Steps(params string[] operations) =>
        BulkPlan.Steps(Read(operations)).Select(step => string.Join(' ', step));

    private static IReadOnlyList<BulkOperation> Read(string[] operations)
    {
        var body = JsonDocument.Parse(
            $$"""{"schemas":["{{BulkRequest.Schema}}"],"Operations":[{{string.Join(',', operations)}}]}""").RootElement;
        var read = BulkRequest.Read(body, DirectorySchemas.Of(new Directory())).Operations;
        Assert.All(read, operation => Assert.Null(operation.Fault));
        return read;
    }

    private static string Post(string bulkId, string? reference = null) =>
        $$"""{"method":"POST","path":"/Groups","bulkId":"{{bulkId}}","data":{"members":[{"value":"{{reference}}"}]} }""";

    private static string Patch(string path, string? reference = null) =>
        $$"""{"method":"PATCH","path":"{{path}}","data":{"Operations":[{"op":"add","path":"members","value":"{{reference}}"}]} }""";

    private static string User(string bulkId, string name, string email) => $$"""
        {"method":"POST","path":"/Users","bulkId":"{{bulkId}}","data":{"userName":"{{name}}","displayName":"{{bulkId}}",
         "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"displayName":"Grace"} },
         "emails":[{"value":"{{email}}","type":"work"}]} }
        """;
}
