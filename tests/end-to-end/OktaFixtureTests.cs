using System.Text.Json.Nodes;
using DirectorySync.Local.Okta;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>The fixtures of Okta's requests, and the reader that must not misunderstand one in silence.</summary>
public sealed class OktaFixtureTests
{
    private const string Sample = """
        # What the step is about,
        # in two lines.

        ### Okta creates the user
        # a remark
        # @expect 200 201
        # @expect-header Location starts {{baseUrl}}/Users/
        # @expect-body $.active = true
        # @expect-body $['urn:x:2.0:User'].department contains "Sales"
        # @capture userId = $.id
        # @set $.name.givenName = "Jane"
        # @within 600 ms
        # @repeat 3
        POST {{baseUrl}}/Users?a=b
        Authorization: Bearer {{token}}
        Accept: text/plain, */*

        {"name": {},

         "n": {{n}}}

        ### Then reads it
        # @expect 200
        GET {{baseUrl}}/Users/{{userId}}
        """;

    [Fact]
    public void A_fixture_is_read_whole()
    {
        var fixture = HttpFixtureParser.Parse("sample.http", Sample);

        Assert.Equal("What the step is about, in two lines.", fixture.About);
        Assert.Equal(["Okta creates the user", "Then reads it"], fixture.Requests.Select(request => request.Title));
        var first = fixture.Requests[0];
        Assert.Equal(("POST", "{{baseUrl}}/Users?a=b", 3), (first.Method, first.Url, first.Repeat));
        Assert.Equal([200, 201], first.Statuses);
        Assert.Equal([("Authorization", "Bearer {{token}}"), ("Accept", "text/plain, */*")], first.Headers);
        Assert.Equal("{\"name\": {},\n\n \"n\": {{n}}}", first.Body);
        Assert.Equal([BodyOperator.Equal, BodyOperator.Contains], first.BodyExpectations.Select(expectation => expectation.Operator));
        Assert.Equal(("Location", "{{baseUrl}}/Users/"), Assert.Single(first.HeaderExpectations));
        Assert.Equal("userId", Assert.Single(first.Captures).Variable);
        Assert.Equal("\"Jane\"", Assert.Single(first.Changes).Value);
        Assert.Equal(TimeSpan.FromMilliseconds(600), first.Within);
        Assert.Null(fixture.Requests[1].Body);
    }

    [Theory]
    [InlineData("GET {{baseUrl}}/Users", "line 1", "### title")]
    [InlineData("### a\nGET {{baseUrl}}/Users", "line 2", "expects nothing")]
    [InlineData("### a\n# @expect 200\n", "line 3", "request line")]
    [InlineData("### a\n# @expect 200\nFETCH x", "line 3", "request line")]
    [InlineData("### a\n# @expects 200\nGET x", "line 2", "not understood")]
    [InlineData("### a\n# @expect-body $.a ~ 1\nGET x", "line 2", "none of")]
    [InlineData("### a\n# @expect-body a = 1\nGET x", "line 2", "is not a path")]
    [InlineData("### a\n# @capture $.id\nGET x", "line 2", "not understood")]
    [InlineData("### a\n# @expect 200\nGET x\nno header", "line 4", "Header: value")]
    [InlineData("# nothing", "line 1", "no request")]
    public void What_cannot_be_understood_is_refused_with_its_line(string text, string line, string reason)
    {
        var refused = Assert.Throws<FormatException>(() => HttpFixtureParser.Parse("bad.http", text));

        Assert.StartsWith("bad.http, " + line, refused.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("$.a = 1", true)]
    [InlineData("$.a = 2", false)]
    [InlineData("$.a = \"1\"", false)]
    [InlineData("$.a != 2", true)]
    [InlineData("$.missing != 2", true)]
    [InlineData("$.list contains \"x\"", true)]
    [InlineData("$.list contains \"z\"", false)]
    [InlineData("$.list lacks \"z\"", true)]
    [InlineData("$.list lacks \"x\"", false)]
    [InlineData("$.list length 2", true)]
    [InlineData("$.list length 1", false)]
    [InlineData("$.members[*].value contains \"u2\"", true)]
    [InlineData("$.members[*].value lacks \"u2\"", false)]
    [InlineData("$.members[1].value = \"u2\"", true)]
    [InlineData("$.members[2].value absent", true)]
    [InlineData("$.nothing absent", true)]
    [InlineData("$.list absent", false)]
    [InlineData("$['urn:x:2.0:User'].department = \"Sales\"", true)]
    [InlineData("$.a is number", true)]
    [InlineData("$.fraction is number", false)]
    [InlineData("$.list is array", true)]
    [InlineData("$.empty is not-empty", false)]
    [InlineData("$.missing is string", false)]
    public void An_expectation_holds_or_fails(string expectation, bool holds)
    {
        var body = JsonNode.Parse("""
            {"a": 1, "fraction": 1.5, "list": ["x", "y"], "empty": "", "nothing": null,
             "members": [{"value": "u1"}, {"value": "u2"}], "urn:x:2.0:User": {"department": "Sales"}}
            """);
        var request = HttpFixtureParser.Parse("x.http", $"### x\n# @expect 200\n# @expect-body {expectation}\nGET x").Requests[0];

        Assert.Equal(holds, request.BodyExpectations[0].Holds(body));
    }

    [Fact]
    public void A_change_of_the_body_needs_a_place()
    {
        var body = JsonNode.Parse("""{"name": {"givenName": "Ada"}, "emails": [{"value": "a"}]}""")!;

        JsonPath.Parse("$.name.familyName").Set(body, "Lovelace");
        JsonPath.Parse("$.emails[0].value").Set(body, "b");

        Assert.Equal("""{"name":{"givenName":"Ada","familyName":"Lovelace"},"emails":[{"value":"b"}]}""", body.ToJsonString());
        Assert.Throws<FormatException>(() => JsonPath.Parse("$.missing.name").Set(body, "x"));
    }

    [Theory]
    [InlineData("patch")]
    [InlineData("put")]
    public void Every_step_of_a_dialect_is_there(string dialect)
    {
        string[] steps =
        [
            "test-connector", "import-empty-directory", "import-full-directory", "assign-new", "assign-existing", "profile-update",
            "deactivate", "reactivate", "unassign", "password-sync", "group-push-create", "group-push-rename", "group-push-add",
            "group-push-remove", "group-push-replace", "group-push-empty", "group-push-link-existing", "group-push-unlink-and-delete",
        ];

        var found = OktaPlayer.Load(PlayOkta.Fixtures, dialect);

        Assert.Equal(steps.Select((step, i) => $"{dialect}/{i + 1:00}-{step}.http"), found.Select(fixture => fixture.Name));
        if (dialect == "put")
        {
            // "Every write is a PUT. There is no PATCH from Okta anywhere."
            Assert.DoesNotContain(found.SelectMany(fixture => fixture.Requests), request => request.Method == "PATCH");
        }
    }

    [Fact]
    public void The_specification_test_has_its_twelve_requests() =>
        Assert.Equal(12, OktaPlayer.Load(PlayOkta.Fixtures, "spec").SelectMany(fixture => fixture.Requests)
            .Count(request => !request.Title.StartsWith("0.", StringComparison.Ordinal)));
}
