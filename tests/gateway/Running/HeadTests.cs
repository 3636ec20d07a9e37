namespace DirectorySync.Gateway.Tests.Running;

/// <summary>RFC 9110 §9.3.2: what can be read by GET is answered to HEAD without a body.</summary>
[Collection(RunningGateway.Name)]
public sealed class HeadTests(RunningGateway running)
{
    [Fact]
    public async Task Head_is_answered_as_get_without_a_body()
    {
        var directory = await running.Stack.CreateDirectoryAsync();
        using var scim = new Api(directory.ScimBaseUrl, $"Bearer {directory.Token}");
        var user = (await scim.PostAsync("/Users", """{"userName":"head@example.com"}""")).Text("id");
        var group = (await scim.PostAsync("/Groups", $$"""{"displayName":"Head","members":[{"value":"{{user}}"}]}""")).Text("id");

        foreach (var path in (string[])["/Users", $"/Users/{user}", "/Groups", $"/Groups/{group}", "/ServiceProviderConfig", "/Schemas"])
        {
            var (get, head) = (await scim.GetAsync(path), await scim.SendAsync("HEAD", path, null));
            Assert.Equal((200, null, get.MediaType, get.Headers.ETag), (head.Status, head.Body, head.MediaType, head.Headers.ETag));
            Assert.True(Length(head) is null || Length(head) == Length(get), $"HEAD {path} tells a length of {Length(head)}, GET of {Length(get)}.");
        }

        Assert.Equal(404, (await scim.SendAsync("HEAD", "/Users/unknown", null)).Status);
    }

    private static string? Length(ApiAnswer answer) =>
        answer.ContentHeaders.NonValidated.TryGetValues("Content-Length", out var length) ? length.ToString() : null;

    [Fact]
    public async Task Head_asks_of_an_api_key_what_get_asks()
    {
        var key = await running.CreateKeyAsync("read");

        foreach (var path in (string[])["/organizations", "/directories", "/health/live", "/health/ready"])
        {
            var head = await running.SendAsync("HEAD", path, key: key);
            Assert.Equal((200, ""), ((int)head.Status, head.Body));
        }

        Assert.Equal(401, (int)(await running.SendAsync("HEAD", "/directories", key: "")).Status);
    }
}
