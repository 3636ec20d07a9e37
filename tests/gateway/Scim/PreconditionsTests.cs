using DirectorySync.Gateway.Scim.Messages;
using Microsoft.AspNetCore.Http;

namespace DirectorySync.Gateway.Tests.Scim;

/// <summary>RFC 7644 §3.14.</summary>
public sealed class PreconditionsTests
{
    private const long Present = 7;

    [Theory]
    [InlineData(null, null, 0)]
    [InlineData("*", null, 0)]
    [InlineData("W/\"7\"", null, 7)]
    [InlineData("\"7\"", null, 7)]
    [InlineData("W/\"6\"", null, 6)]
    [InlineData("W/\"6\", W/\"7\"", null, 7)]
    [InlineData(null, "W/\"6\"", 7)]
    public async Task A_write_demands_the_version_that_the_client_named(string? ifMatch, string? ifNoneMatch, long expected) =>
        Assert.Equal(expected, await ExpectedAsync(ifMatch, ifNoneMatch));

    [Theory]
    [InlineData("nonsense", null)]
    [InlineData("W/\"0\"", null)]
    [InlineData("W/\"5\", W/\"6\"", null)]
    [InlineData(null, "W/\"7\"")]
    [InlineData(null, "*")]
    public async Task A_version_that_cannot_be_is_412(string? ifMatch, string? ifNoneMatch) =>
        Assert.Equal(412, (await Assert.ThrowsAsync<ScimFailure>(() => ExpectedAsync(ifMatch, ifNoneMatch))).Error.Status);

    [Theory]
    [InlineData("W/\"7\"", true)]
    [InlineData("W/\"1\", W/\"7\"", true)]
    [InlineData("*", true)]
    [InlineData("W/\"8\"", false)]
    [InlineData(null, false)]
    public void A_client_that_has_the_version_is_told_so(string? tags, bool isNotModified) =>
        Assert.Equal(isNotModified, Preconditions.IsNotModified(Request(null, tags), Present));

    private static Task<long> ExpectedAsync(string? ifMatch, string? ifNoneMatch) =>
        Preconditions.Of(Request(ifMatch, ifNoneMatch)).ExpectedVersionAsync(() => Task.FromResult(Present)).AsTask();

    private static HttpRequest Request(string? ifMatch, string? ifNoneMatch)
    {
        var request = new DefaultHttpContext().Request;
        request.Headers.IfMatch = ifMatch;
        request.Headers.IfNoneMatch = ifNoneMatch;
        return request;
    }
}
