namespace DirectorySync.Gateway.Tests.Hosting;

public sealed class GatewayOptionsTests
{
    [Fact]
    public void The_defaults_need_only_the_services() => Assert.True(Validate(Valid()).Succeeded);

    [Fact]
    public void What_cannot_work_is_named()
    {
        var result = Validate(new GatewayOptions
        {
            PublicUrl = new Uri("ftp://example.com"), CredentialMemory = TimeSpan.FromSeconds(2), RetryAfterSeconds = 0,
        });

        Assert.True(result.Failed);
        foreach (var name in new[]
        {
            "AttributeMappingUrl", "IdentityUrl", "GroupMembershipUrl", "RolesUrl", "EventsUrl", "PUBLIC_URL", "CredentialMemory", "RetryAfterSeconds",
        })
        {
            Assert.Contains(result.Failures!, failure => failure.Contains(name, StringComparison.Ordinal));
        }
    }

    private static GatewayOptions Valid() =>
        new()
        {
            AttributeMappingUrl = new("http://127.0.0.1:3"), IdentityUrl = new("http://127.0.0.1:1"),
            GroupMembershipUrl = new("dns:///group-membership:8080"), RolesUrl = new("http://127.0.0.1:2"), EventsUrl = new("http://127.0.0.1:3"),
        };

    private static Microsoft.Extensions.Options.ValidateOptionsResult Validate(GatewayOptions options) =>
        new GatewayOptionsValidator().Validate(null, options);
}
