using System.Text.Json;
using DirectorySync.Gateway.Rest;

namespace DirectorySync.Gateway.Tests.Rest;

public sealed class RestBodyTests
{
    [Fact]
    public void A_field_that_does_not_exist_is_refused_with_those_that_do()
    {
        var body = Parse("""{"nam": "Acme"}""", "name", "type");

        var error = Assert.Single(Errors(body));
        Assert.Equal(("nam", "unknown_field"), (error.Field, error.Code));
        Assert.Contains("name, type", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_errors_are_told_at_once()
    {
        var body = Parse("""{"name": 1, "flag": "yes", "number": 1.5, "time": "tomorrow", "texts": ["a", 1], "map": {"a": 1}}""",
            "name", "flag", "number", "time", "texts", "map", "needed");
        _ = body.FindText("name");
        _ = body.FindFlag("flag");
        _ = body.FindNumber("number");
        _ = body.FindTime("time");
        _ = body.FindTexts("texts");
        _ = body.FindMap("map");
        _ = body.RequireText("needed");

        Assert.Equal(["name", "flag", "number", "time", "texts", "map.a", "needed"], Errors(body).Select(error => error.Field));
    }

    [Theory]
    [InlineData("""{"a\ud800": 1}""")]
    [InlineData("""{"map": {"a\ud800": "x"}}""")]
    public void A_name_that_is_no_text_makes_the_body_malformed(string json) => Assert.Equal("invalid_json", Assert.Throws<RestFailure>(() =>
    {
        var body = Parse(json, "map");
        _ = body.FindMap("map");
    }).Error.Code);

    [Fact]
    public void A_key_that_no_store_takes_is_refused()
    {
        var body = Parse("""{"map": {"a\u0000": "x"}}""", "map");
        _ = body.FindMap("map");

        Assert.Equal("map", Assert.Single(Errors(body)).Field);
    }

    [Theory]
    [InlineData("""{"name": "\u0000"}""")]
    [InlineData("""{"name": "\ud800"}""")]
    public void Text_that_no_store_takes_is_refused(string json)
    {
        var body = Parse(json, "name");
        _ = body.FindText("name");

        Assert.Equal("invalid_value", Assert.Single(Errors(body)).Code);
    }

    [Fact]
    public void Null_is_refused_where_it_says_nothing()
    {
        var body = Parse("""{"name": null, "label": null}""", "name", "label");

        Assert.Null(body.FindText("label", nullable: true));
        _ = body.FindText("name");

        Assert.True(body.Has("label"));
        Assert.Equal("name", Assert.Single(Errors(body)).Field);
    }

    [Fact]
    public void A_nested_field_is_named_by_its_path()
    {
        var body = Parse("""{"policies": {"rate": 1, "limit": true}, "domain_data": [{"domain": "a.com"}, {"state": 1}]}""", "policies", "domain_data");
        _ = body.FindObject("policies", "limit")!.FindNumber("limit");
        _ = body.FindObjects("domain_data", "domain", "state")!.Select(item => item.RequireText("domain")).ToList();

        Assert.Equal(["policies.rate", "policies.limit", "domain_data[1].domain"], Errors(body).Select(error => error.Field));
    }

    [Theory]
    [InlineData("2027-01-15T12:00:00.000Z", "2027-01-15T12:00:00Z")]
    [InlineData("2027-01-15T12:00:00+02:00", "2027-01-15T10:00:00Z")]
    [InlineData("2027-01-15T12:00:00", "2027-01-15T12:00:00Z")]
    public void A_time_is_read_in_its_zone(string text, string expected)
    {
        var body = Parse($$"""{"at": "{{text}}"}""", "at");

        Assert.Equal(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), body.FindTime("at")!.ToDateTimeOffset());
        body.Check();
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("1")]
    public void A_body_is_an_object(string json) =>
        Assert.Equal((400, "invalid_json"), Status(Assert.Throws<RestFailure>(() => Parse(json))));

    private static (int, string) Status(RestFailure failure) => (failure.Error.Status, failure.Error.Code);

    private static RestBody Parse(string json, params string[] known) => RestBody.Parse(JsonDocument.Parse(json).RootElement, known);

    private static IReadOnlyList<FieldError> Errors(RestBody body)
    {
        var failure = Assert.Throws<RestFailure>(body.Check);
        Assert.Equal((422, "invalid_request"), Status(failure));
        Assert.All(failure.Error.Errors!, error => Assert.StartsWith(error.Field, error.Message, StringComparison.Ordinal));
        return failure.Error.Errors!;
    }
}
