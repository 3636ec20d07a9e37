using DirectorySync.Chassis.Tls;
using Microsoft.Extensions.Configuration;

namespace DirectorySync.Chassis.Tests;

/// <summary>What is plaintext, and what a certificate allows; tests of a running system show the rest.</summary>
public sealed class TlsTests
{
    [Theory]
    [InlineData("http://identity:8080", false)]
    [InlineData("http://10.0.0.7:8080", false)]
    [InlineData("dns:///identity:8080", false)]
    [InlineData("http://127.0.0.1:5101", true)]
    [InlineData("http://localhost:5101", true)]
    [InlineData("https://identity:8080", true)]
    public void Plaintext_to_another_machine_has_to_be_asked_for(string address, bool allowed)
    {
        var plain = Read();
        if (allowed)
        {
            Assert.Equal(new(address), plain.Check(new(address), "x"));
        }
        else
        {
            Assert.Contains("Tls:Plaintext", Assert.Throws<InvalidOperationException>(() => plain.Check(new(address), "x")).Message, StringComparison.Ordinal);
        }

        Assert.Equal(new(address), Read(("Tls:Plaintext", "true")).Check(new(address), "x"));
    }

    [Fact]
    public void A_certificate_needs_a_key_and_an_authority() => Assert.Throws<InvalidOperationException>(() => Read(("Tls:Certificate", "a.crt")));

    [Theory]
    [InlineData("gateway", "/directorysync.identity.v1.CredentialService/CreateApiKey", true)]
    [InlineData("roles", "/directorysync.feed.v1.ChangeFeedService/WatchChanges", true)]
    [InlineData("roles", "/directorysync.identity.v1.UserService/DeleteUser", false)]
    [InlineData("roles", "/directorysync.identity.v1.CredentialService/ListApiKeys", false)]
    [InlineData("reader", "/directorysync.identity.v1.UserService/ListUsers", true)]
    [InlineData("reader", "/directorysync.identity.v1.UserService/PatchUser", false)]
    [InlineData("reader", "/directorysync.identity.v1.CredentialService/ListApiKeys", false)]
    [InlineData("reader", "/directorysync.keys.v1.KeyRingService/ListKeys", false)]
    [InlineData("reader", "/directorysync.events.v1.WebhookService/ListWebhookEndpoints", false)]
    [InlineData("one", "/directorysync.roles.v1.UserRolesService/CheckRole", true)]
    [InlineData("one", "/directorysync.roles.v1.UserRolesService/CheckRoleX", false)]
    [InlineData("all", "/directorysync.roles.v1.RoleService/DeleteRole", true)]
    [InlineData("all", "/directorysync.roles.v1.RoleRulesService/UpdateRoleRules", false)]
    [InlineData("stranger", "/directorysync.identity.v1.UserService/GetUser", false)]
    [InlineData(null, "/directorysync.identity.v1.UserService/GetUser", false)]
    [InlineData(null, "/grpc.health.v1.Health/Check", true)]
    public void The_name_in_the_certificate_decides_which_methods(string? name, string path, bool allowed) => Assert.Equal(
        allowed,
        new CallerRules(new Dictionary<string, string>
        {
            ["reader"] = "read", ["one"] = "directorysync.roles.v1.UserRolesService/CheckRole", ["all"] = "directorysync.roles.v1.RoleService/*",
        }).Allow(name, path));

    private static TlsOptions Read(params (string Key, string Value)[] settings) => TlsOptions.Read(new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build());
}
