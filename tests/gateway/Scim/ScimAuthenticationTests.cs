using DirectorySync.Gateway.Scim;

namespace DirectorySync.Gateway.Tests.Scim;

public sealed class ScimAuthenticationTests
{
    [Theory]
    [InlineData("/scim/v2/AbC/Users", "AbC")]
    [InlineData("/SCIM/v2/AbC", "AbC")]
    [InlineData("/scim/v2/AbC/", "AbC")]
    [InlineData("/scim/v2/", null)]
    [InlineData("/scim/v1/AbC/Users", null)]
    [InlineData("/scim", null)]
    [InlineData("/organizations", null)]
    public void The_endpoint_is_what_follows_the_version(string path, string? endpoint) =>
        Assert.Equal(endpoint, ScimAuthentication.FindEndpoint(path));

    [Fact]
    public void An_endpoint_of_any_length_is_one()
    {
        var endpoint = new string('a', 300);

        Assert.Equal(endpoint, ScimAuthentication.FindEndpoint($"/scim/v2/{endpoint}/Users"));
    }
}
