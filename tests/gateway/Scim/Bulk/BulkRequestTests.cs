using System.Text;
using System.Text.Json;
using DirectorySync.Gateway.Scim.Bulk;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.Gateway.Scim.Schemas;
using DirectorySync.Scim;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Tests.Scim.Bulk;

/// <summary>RFC 7644 §3.7: what is read of a bulk request, and how references in it become ids.</summary>
public sealed class BulkRequestTests
{
    [Fact]
    public void An_operation_is_read_with_names_and_methods_in_any_case()
    {
        var operation = One("""{"METHOD":"put","Path":"users/bulkId:a","version":"W/\"3\"","bulkId":"b","data":{"userName":"x"}}""");

        Assert.Equal(("PUT", "bulkId:a", "W/\"3\"", "b", "User", null),
            (operation.Method, operation.Target, operation.Version, operation.BulkId, operation.Type!.Name, operation.Fault));
        Assert.Equal(["a"], operation.References);
    }

    [Theory]
    [InlineData("""{"method":"GET","path":"/Users/1"}""", "invalidValue", "'method'")]
    [InlineData("""{"path":"/Users/1"}""", "invalidValue", "'method'")]
    [InlineData("""{"method":"POST","path":"/Users","data":{}}""", "invalidSyntax", "'bulkId'")]
    [InlineData("""{"method":"POST","path":"/Users/1","bulkId":"a","data":{}}""", "invalidValue", "path")]
    [InlineData("""{"method":"POST","path":"/Roles","bulkId":"a","data":{}}""", "invalidValue", "path")]
    [InlineData("""{"method":"POST","bulkId":"a","data":{}}""", "invalidValue", "path")]
    [InlineData("""{"method":"PUT","path":"/Users","data":{}}""", "invalidValue", "path")]
    [InlineData("""{"method":"DELETE","path":"/Users/1/x"}""", "invalidValue", "path")]
    [InlineData("""{"method":"DELETE","path":"/Users/1?attributes=id"}""", "invalidValue", "path")]
    [InlineData("""{"method":"PATCH","path":"/Users/1"}""", "invalidSyntax", "'data'")]
    [InlineData("""{"method":"PATCH","path":"/Users/1","data":[]}""", "invalidSyntax", "'data'")]
    [InlineData("""{"method":"DELETE","path":"/Users/1","path":"/Users/2"}""", "invalidSyntax", "twice")]
    [InlineData("""{"method":{},"path":"/Users/1"}""", "invalidSyntax", "'method'")]
    [InlineData("7", "invalidSyntax", "object")]
    public void What_is_wrong_with_an_operation_is_its_own_fault(string operation, string scimType, string named)
    {
        var fault = One(operation).Fault!;

        Assert.Equal(scimType, fault.ScimType);
        Assert.Contains(named, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "'Operations'")]
    [InlineData(""", "Operations":{}""", "'Operations'")]
    [InlineData(""", "Operations":[],"operations":[]""", "twice")]
    [InlineData(""", "Operations":[],"failOnErrors":0""", "'failOnErrors'")]
    [InlineData(""", "Operations":[],"failOnErrors":"some" """, "'failOnErrors'")]
    public void A_message_that_is_none_is_refused_as_a_whole(string body, string named) =>
        Assert.Contains(named, Assert.Throws<ScimException>(() => Read(body)).Message, StringComparison.Ordinal);

    // RFC 7643 §3: "schemas" says what a message is; what says of itself that it is another, or nothing, is not carried out a thousandfold.
    [Theory]
    [InlineData("""{"Operations":[]}""", false)]
    [InlineData("""{"schemas":[],"Operations":[]}""", false)]
    [InlineData("""{"schemas":[7],"Operations":[]}""", false)]
    [InlineData("""{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"Operations":[]}""", false)]
    [InlineData("""{"SCHEMAS":["URN:ietf:params:scim:api:messages:2.0:bulkrequest"],"Operations":[]}""", true)]
    [InlineData("""{"schemas":"urn:ietf:params:scim:api:messages:2.0:BulkRequest","Operations":[]}""", true)]
    public void A_bulk_request_names_its_schema(string body, bool isOne)
    {
        if (isOne)
        {
            Assert.Empty(ReadMessage(body).Operations);
            return;
        }

        Assert.Equal("invalidSyntax", Assert.Throws<ScimException>(() => ReadMessage(body)).ScimType);
    }

    [Fact]
    public void More_operations_than_are_advertised_are_413_with_the_limit()
    {
        string Body(int count) => $$""", "Operations":[{{string.Join(',', Enumerable.Repeat("{}", count))}}]""";

        Assert.Equal(1000, Read(Body(1000)).Operations.Count);
        var error = Assert.Throws<ScimFailure>(() => Read(Body(1001))).Error;
        Assert.Equal(413, error.Status);
        Assert.Contains("maxOperations (1000)", error.Detail, StringComparison.Ordinal);
    }

    // §3.7.2: "Extensions that include references to other resources MUST be handled in the same way".
    [Fact]
    public void A_reference_becomes_an_id_wherever_it_stands_and_all_else_keeps_its_bytes()
    {
        const string Data = """
            {"userName": "Bob", "x": 1.50, "note": "see bulkId:a", "bulkId:a": "bulkId:",
             "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "bulkId:a"}},
             "urn:x:y": {"boss": {"value": "bulk\u0049d:a"}, "motto": "bulkId:c"}, "nickName": "bulkId:c",
             "members": ["bulkId:b", {"value": "x", "display": "bulkId:c"}], "broken": "\ud800"}
            """;
        using var document = JsonDocument.Parse(Data);

        Assert.Equal(["a", "b"], BulkReferences.Of(null, document.RootElement).Order());
        var resolved = BulkReferences.Resolve(document.RootElement, new Dictionary<string, string> { ["a"] = "1", ["b"] = "\"" });

        Assert.Equal(
            Data.Replace("\"value\": \"bulkId:a\"", "\"value\": \"1\"", StringComparison.Ordinal)
                .Replace("bulk\\u0049d:a", "1", StringComparison.Ordinal)
                .Replace("\"bulkId:b\"", "\"\\u0022\"", StringComparison.Ordinal),
            Encoding.UTF8.GetString(resolved.Span));
    }

    [Theory]
    [InlineData("""{"op":"remove","path":"members[value eq \"bulkId:a\"]"}""", """{"op":"remove","path":"members[value eq \u00221\u0022]"}""")]
    [InlineData(
        """{"value":[{"value":"bulkId:a"}],"op":"add","path":"members[value eq \"bulkId:a\" or value EQ \"bulkId:b\"]"}""",
        """{"value":[{"value":"1"}],"op":"add","path":"members[value eq \u00221\u0022 or value EQ \u00222\u0022]"}""")]
    [InlineData("""{"op":"add","path":"urn:x:2.0:User:manager","value":"bulkId:b"}""", """{"op":"add","path":"urn:x:2.0:User:manager","value":"2"}""")]
    [InlineData("""{"op":"add","value":{"urn:x:User:manager.value":"bulkId:b"} }""", """{"op":"add","value":{"urn:x:User:manager.value":"2"} }""")]
    [InlineData("""{"op":"add","path":"nickName","value":"bulkId:c"}""", """{"op":"add","path":"nickName","value":"bulkId:c"}""")]
    [InlineData("""{"op":"remove","path":"emails[value eq \"bulkId:c\"]"}""", """{"op":"remove","path":"emails[value eq \"bulkId:c\"]"}""")]
    public void Paths_and_values_of_a_patch_refer_too(string operation, string expected)
    {
        using var document = JsonDocument.Parse($$"""{"Operations":[{{operation}}]}""");
        var ids = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" };

        Assert.Subset(ids.Keys.ToHashSet(), BulkReferences.Of(null, document.RootElement));
        Assert.Equal(
            $$"""{"Operations":[{{expected}}]}""", Encoding.UTF8.GetString(BulkReferences.Resolve(document.RootElement, ids).Span));
    }

    private static BulkOperation One(string operation) => Assert.Single(Read($$""", "Operations":[{{operation}}]""").Operations);

    /// <param name="rest">What follows "schemas".</param>
    private static BulkRequest Read(string rest) => ReadMessage($$"""{"schemas":["{{BulkRequest.Schema}}"]{{rest}}}""");

    private static BulkRequest ReadMessage(string body) => BulkRequest.Read(
        ScimJson.ParseMessage(Encoding.UTF8.GetBytes(body)).RootElement, DirectorySchemas.Of(new Directory()));
}
