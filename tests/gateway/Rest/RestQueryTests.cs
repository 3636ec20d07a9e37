using DirectorySync.Gateway.Rest;
using DirectorySync.Identity.V1;
using Microsoft.AspNetCore.Http;

namespace DirectorySync.Gateway.Tests.Rest;

public sealed class RestQueryTests
{
    [Fact]
    public void A_list_is_newest_first_and_ten_long() =>
        Assert.Equal(new Page { Limit = 10 }, RestQuery.OfPages(Request("")).Page());

    [Fact]
    public void Cursors_order_and_limit_are_passed_on() => Assert.Equal(
        new Page { Limit = 100, After = "a", Before = "b", Ascending = true },
        RestQuery.OfPages(Request("?limit=100&after=a&before=b&order=asc")).Page());

    [Fact]
    public void In_normal_order_before_leads_to_what_is_older()
    {
        var query = RestQuery.OfPages(Request("?order=normal&before=x"));

        Assert.Equal(new Page { Limit = 10, After = "x" }, query.Page());
        Assert.Equal(("older", "newer"), query.Neighbours(new() { Before = "newer", After = "older" }));
    }

    [Theory]
    [InlineData("?limit=0", "limit")]
    [InlineData("?limit=101", "limit")]
    [InlineData("?limit=-1", "limit")]
    [InlineData("?limit=ten", "limit")]
    [InlineData("?limit=1&limit=2", "limit")]
    [InlineData("?order=up", "order")]
    [InlineData("?organisation_id=1", "organisation_id")]
    public void A_parameter_that_cannot_be_followed_is_an_error(string query, string field)
    {
        var failure = Assert.Throws<RestFailure>(() => RestQuery.OfPages(Request(query), "organization_id").Page());

        Assert.Equal(422, failure.Error.Status);
        Assert.Equal(field, Assert.Single(failure.Error.Errors!).Field);
    }

    [Theory]
    [InlineData("?domains=a.com,b.com")]
    [InlineData("?domains=a.com&domains=b.com")]
    [InlineData("?domains[]=a.com&domains[]=b.com")]
    public void A_list_may_be_written_in_each_of_the_usual_ways(string query) =>
        Assert.Equal(["a.com", "b.com"], RestQuery.OfPages(Request(query), "domains", "domains[]").FindTexts("domains"));

    private static DefaultHttpContext Request(string query) => new() { Request = { QueryString = new(query) } };
}
