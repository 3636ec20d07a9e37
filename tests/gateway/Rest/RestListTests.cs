using DirectorySync.Gateway.Rest;
using DirectorySync.Identity.V1;
using Microsoft.AspNetCore.Http;

namespace DirectorySync.Gateway.Tests.Rest;

public sealed class RestListTests
{
    [Fact]
    public void Normal_order_exchanges_the_cursors()
    {
        var (page, isReversed) = RestList.ReadPage(Request("?order=normal&after=x&limit=5"));
        var list = RestList.Write([], new PageMetadata { Before = "newer", After = "older" }, isReversed);

        Assert.Equal(("x", "", false, 5), (page.Before, page.After, page.Ascending, page.Limit));
        Assert.Equal("older", (string?)list["list_metadata"]!["before"]);
        Assert.Equal("newer", (string?)list["list_metadata"]!["after"]);
    }

    [Fact]
    public void A_list_without_neighbours_says_null()
    {
        var list = RestList.Write([], new PageMetadata());

        Assert.Equal("""{"object":"list","data":[],"list_metadata":{"before":null,"after":null}}""", list.ToJsonString());
    }

    [Theory]
    [InlineData("?limit=0", "limit")]
    [InlineData("?limit=101", "limit")]
    [InlineData("?limit=x", "limit")]
    [InlineData("?order=up", "order")]
    [InlineData("?before=a&after=b", "before")]
    public void What_cannot_be_paged_is_422(string query, string field)
    {
        var failure = Assert.Throws<RestFailure>(() => RestList.ReadPage(Request(query)));

        Assert.Equal((422, field), (failure.Status, failure.Errors.Single().Field));
    }

    private static HttpRequest Request(string query)
    {
        var request = new DefaultHttpContext().Request;
        request.QueryString = new QueryString(query);
        return request;
    }
}
