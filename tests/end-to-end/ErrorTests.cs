using System.Net.Http.Headers;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>Whatever goes wrong, Okta reads a SCIM error: it shows anything else as "Invalid JSON" and hides the cause.</summary>
[Collection(SharedSystem.Name)]
public sealed class ErrorTests(SharedSystem system) : IAsyncLifetime
{
    private TestDirectory directory = null!;

    public async Task InitializeAsync() => directory = await system.CreateDirectoryAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("GET", "/Nothing", 404)]
    [InlineData("GET", "/Users/a/b/c", 404)]
    [InlineData("GET", "/Users/does-not-exist", 404)]
    [InlineData("DELETE", "/Users", 405)]
    [InlineData("PUT", "/Groups", 405)]
    [InlineData("POST", "/Users/some-id", 405)]
    [InlineData("DELETE", "/ServiceProviderConfig", 405)]
    [InlineData("GET", "/Users?filter=userName%20eq", 400)]
    [InlineData("GET", "/Users?startIndex=first", 400)]
    [InlineData("GET", "/Users?filter=userName%20eq%20%22%00%22", 400)]
    public async Task A_request_that_leads_nowhere_is_a_SCIM_error(string method, string path, int status) =>
        (await directory.Scim().SendAsync(new HttpMethod(method), path)).ExpectError(status);

    [Theory]
    [InlineData("", 400)]
    [InlineData("{", 400)]
    [InlineData("null", 400)]
    [InlineData("[]", 400)]
    [InlineData("{}", 400)]
    [InlineData("""{"userName":{"a":1}}""", 400)]
    [InlineData("""{"userName":"a\u0000b@example.com"}""", 400)]
    [InlineData("""{"userName":"twice@example.com","userName":"twice@example.com"}{}""", 400)]
    [InlineData("error code: 502", 400)]
    public async Task A_body_that_is_no_user_is_a_SCIM_error(string body, int status) =>
        (await directory.Scim().PostAsync("/Users", body)).ExpectError(status);

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("nonsense")]
    public async Task A_body_of_another_media_type_is_a_SCIM_error(string contentType) =>
        (await directory.Scim().SendAsync(HttpMethod.Post, "/Users", ScimBodies.User("media@example.com"), contentType)).ExpectError(415);

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/scim+json")]
    [InlineData("application/scim+json;charset=UTF-8")]
    public async Task Both_media_types_are_accepted_with_and_without_a_charset(string contentType)
    {
        var answer = await directory.Scim().SendAsync(HttpMethod.Post, "/Users", ScimBodies.User("media@example.com"), contentType);

        Assert.StartsWith("application/scim+json", answer.Expect(201).Header("Content-Type"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_a_SCIM_error_whether_its_length_is_announced_or_not()
    {
        var large = System.Text.Encoding.UTF8.GetBytes(ScimBodies.User("large@example.com", title: new string('x', 2 * 1024 * 1024)));
        using var announced = new ByteArrayContent(large);
        using var streamed = new StreamContent(new UnknownLength(large));
        foreach (HttpContent content in new[] { announced, (HttpContent)streamed })
        {
            content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/scim+json");
            (await directory.Scim().SendAsync(HttpMethod.Post, "/Users", content)).ExpectError(413);
        }

        Assert.Equal(0, (await directory.Scim().GetAsync("/Users")).Expect(200).TotalResults);
    }

    [Fact]
    public async Task JSON_of_any_depth_is_answered_with_a_SCIM_error()
    {
        var deep = string.Concat(Enumerable.Repeat("[", 50_000)) + string.Concat(Enumerable.Repeat("]", 50_000));

        (await directory.Scim().PostAsync("/Users", $$"""{"userName":"deep@example.com","x":{{deep}}}""")).ExpectError(400);
        (await directory.Scim().PostAsync("/Groups", $$"""{"displayName":"Deep","members":{{deep}}}""")).ExpectError(400);
        (await directory.Scim().PatchAsync("/Users/any", $$"""{"op":"replace","value":{{deep}}}""")).ExpectError(400);
    }

    [Fact]
    public async Task A_filter_of_any_length_and_depth_is_answered_with_a_SCIM_error()
    {
        var clause = "userName eq \"a\"";
        (await directory.Scim().FilterAsync("Users", string.Join(" or ", Enumerable.Repeat(clause, 450)))).ExpectError(400, "invalidFilter");
        (await directory.Scim().FilterAsync("Users", new string('(', 1000) + clause + new string(')', 1000))).ExpectError(400, "invalidFilter");
    }

    [Fact]
    public async Task A_401_says_how_the_header_should_look()
    {
        var answer = (await directory.Scim("no-token").GetAsync("/Users")).ExpectError(401);

        Assert.Contains("Authorization: Bearer", (string?)answer.Body["detail"], StringComparison.Ordinal);
        Assert.NotNull(answer.Header("WWW-Authenticate"));
    }

    /// <summary>A stream that does not say how long it is, so that the request is sent in chunks.</summary>
    private sealed class UnknownLength(byte[] content) : MemoryStream(content, writable: false)
    {
        public override bool CanSeek => false;
    }
}
