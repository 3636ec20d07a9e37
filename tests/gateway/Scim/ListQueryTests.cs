using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.Scim;
using Microsoft.AspNetCore.Http;

namespace DirectorySync.Gateway.Tests.Scim;

/// <summary>RFC 7644 §3.4.2, RFC 9865, and what okta-wire §§2 to 4 send.</summary>
public sealed class ListQueryTests
{
    [Fact]
    public void Nothing_asked_is_the_first_hundred()
    {
        var query = Read("");

        Assert.Equal((1L, 100, null, null), (query.StartIndex, query.Count, query.Cursor, query.Filter));
    }

    [Theory]
    [InlineData("?startIndex=0&count=-5", 1, 0)]
    [InlineData("?startIndex=-3&count=0", 1, 0)]
    [InlineData("?startIndex=101&count=100", 101, 100)]
    [InlineData("?startIndex=1&count=5000", 1, 1000)]
    [InlineData("?startindex=2&COUNT=3", 2, 3)]
    [InlineData("?startIndex=&count=", 1, 100)]
    [InlineData("?startIndex=1&count=99999999999999999999", 1, 1000)]
    public void Numbers_out_of_range_are_moved_into_it(string text, long startIndex, int count)
    {
        var query = Read(text);

        Assert.Equal((startIndex, count), (query.StartIndex, query.Count));
    }

    [Theory]
    [InlineData("?count=ten", "count")]
    [InlineData("?startIndex=1.5", "startIndex")]
    [InlineData("?sortOrder=up", "sortOrder")]
    [InlineData("?startIndex=1&cursor=x", "cursor")]
    public void What_is_no_number_or_no_order_is_an_invalid_value(string text, string attribute)
    {
        var error = Assert.Throws<ScimException>(() => Read(text));

        Assert.Equal(("invalidValue", attribute), (error.ScimType, error.Attribute));
    }

    // okta-wire §4: %20 now, "+" from older clients.
    [Theory]
    [InlineData("?filter=userName%20eq%20%22test.user%40okta.local%22&startIndex=1&count=100", "test.user@okta.local")]
    [InlineData("?filter=userName+eq+%22test.user%40okta.local%22&startIndex=1&count=100", "test.user@okta.local")]
    [InlineData("?filter=userName%20eq%20%22test+user@okta.local%22", "test+user@okta.local")]
    [InlineData("?filter=userName+eq+%22test%2Buser@okta.local%22", "test+user@okta.local")]
    public void Spaces_of_a_filter_come_in_two_encodings(string text, string value) =>
        Assert.Equal(value, Read(text).Filter!.Comparison.Value.StringValue);

    [Fact]
    public void A_malformed_filter_is_an_invalid_filter() =>
        Assert.Equal("invalidFilter", Assert.Throws<ScimException>(() => Read("?filter=userName%20eq")).ScimType);

    [Fact]
    public void Too_long_a_filter_is_an_invalid_filter() => Assert.Equal("invalidFilter", Assert.Throws<ScimException>(
        () => Read($"?filter=userName%20eq%20%22{new string('a', 8000)}%22")).ScimType);

    [Fact]
    public void A_cursor_may_be_empty_or_bare()
    {
        Assert.Equal("", Read("?cursor").Cursor);
        Assert.Equal("", Read("?cursor=").Cursor);
        Assert.Equal("abc", Read("?cursor=abc").Cursor);
        Assert.Null(Read("").Cursor);
    }

    // RFC 9865 §2.1.
    [Theory]
    [InlineData("?cursor&count=0")]
    [InlineData("?cursor=abc&count=-1")]
    [InlineData("?cursor&count=many")]
    public void A_page_by_cursor_has_at_least_one(string text)
    {
        var error = Assert.Throws<ScimFailure>(() => Read(text)).Error;
        Assert.Equal((400, "invalidCount"), (error.Status, error.ScimType));
    }

    [Theory]
    [InlineData("?cursor", 100)]
    [InlineData("?cursor&count=", 100)]
    [InlineData("?cursor&count=1", 1)]
    [InlineData("?cursor&count=99999999999999999999", 1000)]
    public void A_page_by_cursor_has_no_more_than_the_maximum(string text, int count) => Assert.Equal(count, Read(text).Count);

    [Fact]
    public void Members_that_are_excluded_are_not_wanted()
    {
        Assert.False(Read("?excludedAttributes=members", ResourceType.Group).Wanted.Includes("members"));
        Assert.False(Read("?attributes=displayName", ResourceType.Group).Wanted.Includes("members"));
        Assert.True(Read("?attributes=members.value", ResourceType.Group).Wanted.Includes("members"));
    }

    [Theory]
    [InlineData("?attributes=displayName&attributes=members")]
    [InlineData("?attributes=displayName&startIndex=1&Attributes=externalId,members")]
    public void Attributes_that_are_given_repeatedly_are_one_list(string text) =>
        Assert.True(Read(text, ResourceType.Group).Wanted.Includes("members"));

    [Fact]
    public void Excluded_attributes_that_are_given_repeatedly_are_one_list() => Assert.False(
        Read("?excludedAttributes=externalId&excludedAttributes=members", ResourceType.Group).Wanted.Includes("members"));

    [Theory]
    [InlineData("filter", "?filter=userName%20eq%20%22a%22&filter=userName%20eq%20%22b%22")]
    [InlineData("count", "?count=10&count=20")]
    [InlineData("startIndex", "?startIndex=1&startindex=2")]
    public void Which_of_two_values_counts_is_not_guessed(string name, string text)
    {
        var error = Assert.Throws<ScimException>(() => Read(text));

        Assert.Equal(("invalidValue", name), (error.ScimType, error.Attribute));
    }

    private static ListQuery Read(string query, ResourceType? type = null)
    {
        var http = new DefaultHttpContext();
        http.Request.QueryString = new QueryString(query);
        return ListQuery.Read(http.Request, type ?? ResourceType.User, new GatewayOptions().FilterLengthLimit);
    }
}
