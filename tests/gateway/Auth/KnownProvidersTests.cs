using DirectorySync.Gateway.Auth;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Tests.Auth;

public sealed class KnownProvidersTests
{
    private readonly KnownProviders providers = new();

    [Fact]
    public void What_was_seen_counts_more_than_what_the_client_says()
    {
        providers.Remember("acme", Provider.Entra);

        Assert.Equal(Provider.Entra, providers.Guess("ACME", "Okta SCIM Client 1.0.0"));
    }

    [Theory]
    [InlineData("Okta SCIM Client 1.0.0", Provider.Okta)]
    [InlineData("OKTA SCIM Integration", Provider.Okta)]
    [InlineData("curl/8", Provider.Generic)]
    [InlineData(null, Provider.Generic)]
    public void A_stranger_is_taken_for_what_it_says(string? userAgent, Provider provider) =>
        Assert.Equal(provider, providers.Guess("unknown", userAgent));
}
