using System.Text.Json;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.Scim;

namespace DirectorySync.Gateway.Tests.Scim;

/// <summary>RFC 7644 §3.4.3.</summary>
public sealed class SearchRequestTests
{
    [Fact]
    public void The_rfcs_example_is_read()
    {
        var query = Read("""
            {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "attributes": ["displayName", "userName"],
             "filter": "displayName sw \"smith\"", "startIndex": 1, "count": 10}
            """);

        Assert.Equal((1L, 10), (query.StartIndex, query.Count));
        Assert.Equal("displayName", query.Filter!.Comparison.Path.Attribute);
        Assert.True(query.Wanted.Includes("userName"));
        Assert.False(query.Wanted.Includes("groups"));
        Assert.True(query.Wanted.IsExplicit);
    }

    [Theory]
    [InlineData("""{"attributes": 7}""")]
    [InlineData("""{"count": "many"}""")]
    [InlineData("""{"filter": ["x"]}""")]
    [InlineData("""{"filter": "\ud800"}""")]
    [InlineData("""{"attributes": "\ud800"}""")]
    [InlineData("""{"attributes": ["userName", "\ud800"]}""")]
    public void What_has_the_wrong_type_is_an_invalid_value(string body) =>
        Assert.Equal("invalidValue", Assert.Throws<ScimException>(() => Read(body)).ScimType);

    private static ListQuery Read(string body)
    {
        using var document = JsonDocument.Parse(body);
        return SearchRequest.Read(document.RootElement, ResourceType.User, 8000);
    }
}
