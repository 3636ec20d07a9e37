using DirectorySync.Kit;
using DirectorySync.Scim;

namespace DirectorySync.Gateway.Tests.Running;

/// <summary>okta-wire §1: every error body is a SCIM error, or Okta hides the cause behind a parse error of its own.</summary>
[Collection(RunningGateway.Name)]
public sealed class ScimErrorAnswerTests(RunningGateway running) : IAsyncLifetime, IDisposable
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

    [Theory]
    [InlineData("/Nothing")]
    [InlineData("/Users/a/b")]
    public async Task An_unknown_address_is_404(string path) => (await scim.GetAsync(path)).ScimError(404);

    [Fact]
    public async Task An_address_outside_of_any_directory_is_404()
    {
        using var outside = new Api(running.Stack.GatewayUrl(), null);
        (await outside.GetAsync("/scim")).ScimError(404);
        (await outside.GetAsync("/scim/v1/x/Users")).ScimError(404);
    }

    [Fact]
    public async Task A_wrong_method_is_405_and_says_which_are_right()
    {
        var answer = await scim.DeleteAsync("/Users");

        answer.ScimError(405);
        Assert.Equal(["GET", "HEAD", "POST"], answer.ContentHeaders.Allow.Order());
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    public async Task Me_is_501(string method) =>
        (await scim.SendAsync(method, "/Me", method is "GET" or "DELETE" ? null : "{}")).ScimError(501);

    [Fact]
    public async Task Malformed_json_is_told_with_its_place() =>
        Assert.Contains("line 2", (await scim.PostAsync("/Users", "{\n\"userName\": }")).ScimError(400, "invalidSyntax"), StringComparison.Ordinal);

    [Fact]
    public async Task Too_deep_and_too_large_bodies_are_refused()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 40)) + "1" + new string('}', 40);
        (await scim.PostAsync("/Users", deep)).ScimError(400, "invalidSyntax");
        (await scim.PostAsync("/Users", $$"""{"userName":"{{new string('x', 1024 * 1024)}}"}""")).ScimError(413);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/xml")]
    [InlineData("application/json; charset=iso-8859-1")]
    public async Task Another_media_type_is_415(string type) =>
        (await scim.SendAsync("POST", "/Users", """{"userName":"a"}""", ("Content-Type", type))).ScimError(415);

    // okta-wire §1: Okta sends the first, its SPEC test the second.
    [Theory]
    [InlineData("application/scim+json; charset=utf-8")]
    [InlineData("application/json")]
    [InlineData("application/json; charset=\"UTF-8\"")]
    [InlineData("")]
    public async Task Both_media_types_are_accepted(string type) => Assert.Equal(201, (await scim.SendAsync(
        "POST", "/Users", $$"""{"userName":"{{Guid.NewGuid()}}"}""", ("Content-Type", type))).Status);

    [Theory]
    [InlineData("/Users?filter=userName%20eq", "invalidFilter")]
    [InlineData("/Users?filter=userName%20xx%20%22a%22", "invalidFilter")]
    [InlineData("/Groups?filter=(displayName%20pr", "invalidFilter")]
    [InlineData("/Users?count=many", "invalidValue")]
    [InlineData("/Users?sortBy=..", "invalidPath")]
    public async Task What_cannot_be_asked_is_told(string path, string scimType) => (await scim.GetAsync(path)).ScimError(400, scimType);

    // okta-wire §13, 11.
    [Fact]
    public async Task A_wrong_token_and_an_unknown_endpoint_are_told_alike()
    {
        using var wrong = new Api(directory.ScimBaseUrl, "non-token");
        using var unknown = new Api($"{running.Stack.GatewayUrl()}/scim/v2/unknownEndpoint", $"Bearer {directory.Token}");
        using var basic = new Api(directory.ScimBaseUrl, "Basic dXNlcjpwdw==");
        using var none = new Api(directory.ScimBaseUrl, null);

        var answers = new[] { await wrong.GetAsync("/Users"), await unknown.GetAsync("/Users"), await basic.GetAsync("/Users"), await none.GetAsync("/x") };

        Assert.All(answers, answer => Assert.Contains("Authorization: Bearer <token>", answer.ScimError(401), StringComparison.Ordinal));
        Assert.All(answers, answer => Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.Single().Scheme));
        Assert.Equal(
            [true, true, false, false],
            answers.Select(answer => answer.Headers.WwwAuthenticate.Single().Parameter!.Contains("error=\"invalid_token\"", StringComparison.Ordinal)));
        Assert.Single(answers.Select(answer => answer.Body!.ToJsonString()).Distinct());
    }

    [Theory]
    [InlineData("GET", "/Users")]
    [InlineData("POST", "/Users")]
    [InlineData("POST", "/Groups")]
    [InlineData("GET", "/ServiceProviderConfig")]
    public async Task An_endpoint_too_long_to_exist_is_an_unknown_one(string method, string path)
    {
        using var unknown = new Api($"{running.Stack.GatewayUrl()}/scim/v2/{new string('a', 300)}", $"Bearer {directory.Token}");

        (await unknown.SendAsync(method, path, method == "GET" ? null : "{}")).ScimError(401);
    }

    [Fact]
    public async Task A_base_url_with_a_slash_at_its_end_is_the_same()
    {
        using var client = new Api($"{running.Stack.GatewayUrl()}", $"Bearer {directory.Token}");

        Assert.Equal(200, (await client.GetAsync($"{new Uri(directory.ScimBaseUrl).AbsolutePath}//Users")).Status);
    }

    // okta-wire §0: with and without Bearer, in any case.
    [Theory]
    [InlineData("Bearer ")]
    [InlineData("bearer ")]
    [InlineData("")]
    public async Task A_token_is_accepted_in_its_forms(string prefix)
    {
        using var client = new Api(directory.ScimBaseUrl, prefix + directory.Token);

        Assert.Equal(200, (await client.GetAsync("/Users")).Status);
    }

    [Fact]
    public async Task A_token_of_another_directory_does_not_open_this_one()
    {
        var other = await running.Stack.CreateDirectoryAsync("Other");
        using var client = new Api(directory.ScimBaseUrl, $"Bearer {other.Token}");

        (await client.GetAsync("/Users")).ScimError(401);
    }

    [Fact]
    public async Task A_revoked_token_is_refused_within_a_second()
    {
        using var rest = new Api(running.Stack.GatewayUrl(), running.Stack.ApiKey);
        var token = await rest.PostAsync($"/directories/{directory.Id}/tokens", """{"name":"second"}""");
        using var client = new Api(directory.ScimBaseUrl, $"Bearer {token.Text("token")}");
        Assert.Equal(200, (await client.GetAsync("/Users")).Status);

        Assert.Equal(200, (await rest.DeleteAsync($"/directories/{directory.Id}/tokens/{token.Text("id")}")).Status);

        await Eventually.True(async () => (await client.GetAsync("/Users")).Status == 401, TimeSpan.FromSeconds(1.5), "the token is refused");
        Assert.Equal(200, (await scim.GetAsync("/Users")).Status);
    }

    [Fact]
    public async Task A_disabled_directory_says_so()
    {
        using var rest = new Api(running.Stack.GatewayUrl(), running.Stack.ApiKey);
        await rest.PatchAsync($"/directories/{directory.Id}", """{"delivery":"disabled"}""");

        await Eventually.True(async () => (await scim.GetAsync("/Users")).Status == 403, TimeSpan.FromSeconds(2));
        Assert.Contains("disabled", (await scim.GetAsync("/Users")).ScimError(403), StringComparison.Ordinal);

        await rest.PatchAsync($"/directories/{directory.Id}", """{"delivery":"active"}""");
        await Eventually.True(async () => (await scim.GetAsync("/Users")).Status == 200, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task A_directorys_rate_ends_in_429_with_whole_seconds()
    {
        using var rest = new Api(running.Stack.GatewayUrl(), running.Stack.ApiKey);
        await rest.PatchAsync($"/directories/{directory.Id}", """{"policies":{"rate_limit":1,"rate_limit_burst":2}}""");

        var limited = await Eventually.Get(() => scim.GetAsync("/Users"), answer => answer.Status == 429, TimeSpan.FromSeconds(5));

        limited.ScimError(429);
        Assert.InRange(int.Parse(limited.Headers.NonValidated["Retry-After"].ToString(), System.Globalization.CultureInfo.InvariantCulture), 1, 2);
    }

    [Fact]
    public async Task A_request_keeps_its_id()
    {
        var given = await scim.GetAsync("/Users", ("X-Request-Id", "ticket-4711"));
        var made = await scim.GetAsync("/Users");

        Assert.Equal("ticket-4711", given.Headers.GetValues("X-Request-Id").Single());
        Assert.True(Guid.TryParse(made.Headers.GetValues("X-Request-Id").Single(), out _));
    }

    [Fact]
    public async Task Discovery_tells_the_truth()
    {
        var config = (await scim.GetAsync("/ServiceProviderConfig")).Body!;
        Assert.True(config["patch"]!["supported"]!.GetValue<bool>());
        Assert.Equal("""{"supported":true,"maxOperations":1000,"maxPayloadSize":1048576}""", config["bulk"]!.ToJsonString());
        Assert.Equal("""{"supported":true,"maxResults":1000}""", config["filter"]!.ToJsonString());
        Assert.Equal("""{"supported":false}""", config["changePassword"]!.ToJsonString());
        Assert.Equal("""{"supported":true}""", config["sort"]!.ToJsonString());
        Assert.Equal("""{"supported":true}""", config["etag"]!.ToJsonString());
        Assert.Equal(
            """{"cursor":true,"index":true,"defaultPaginationMethod":"index","defaultPageSize":100,"maxPageSize":1000}""",
            config["pagination"]!.ToJsonString());
        Assert.Equal("oauthbearertoken", Assert.Single(config["authenticationSchemes"]!.AsArray())!["type"]!.GetValue<string>());
        Assert.Equal($"{directory.ScimBaseUrl}/ServiceProviderConfig", config["meta"]!["location"]!.GetValue<string>());

        var types = (await scim.GetAsync("/ResourceTypes")).Body!["Resources"]!.AsArray();
        // What is offered to assign, if another test has made roles, has tests of its own.
        Assert.Equal(["User", "Group"], types.Select(type => type!["name"]!.GetValue<string>()).Except(["Role", "Entitlement"]));
        Assert.Equal("/Users", (await scim.GetAsync("/ResourceTypes/user")).Text("endpoint"));

        var schemas = (await scim.GetAsync("/Schemas")).Body!["Resources"]!.AsArray();
        var own = schemas.Select(schema => schema!["id"]!.GetValue<string>()).Where(id => !id.StartsWith("urn:okta:", StringComparison.Ordinal));
        // Custom attributes, if another test has defined some, have tests of their own too.
        Assert.Equal(6, own.Count(id => id != SchemaUrns.CustomUser));
        foreach (var schema in schemas)
        {
            var location = schema!["meta"]!["location"]!.GetValue<string>();
            Assert.Equal(schema.ToJsonString(), (await scim.GetAsync(location[directory.ScimBaseUrl.Length..])).Body!.ToJsonString());
        }

        (await scim.GetAsync("/Schemas/urn:unknown")).ScimError(404);
        (await scim.GetAsync("/ResourceTypes/Device")).ScimError(404);
        (await scim.GetAsync("/Schemas?filter=id%20pr")).ScimError(403);
        (await scim.GetAsync("/ResourceTypes?filter=id%20pr")).ScimError(403);
        (await scim.GetAsync("/ResourceTypes/User?filter=id%20pr")).ScimError(403);
        (await scim.GetAsync("/ServiceProviderConfig?filter=patch%20pr")).ScimError(403);
    }
}
