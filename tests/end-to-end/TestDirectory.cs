using DirectorySync.Identity.V1;
using DirectorySync.Kit;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>A directory made for one test.</summary>
internal sealed class TestDirectory(Stack stack, Directory directory, CreateScimTokenResponse token)
{
    public string Id => directory.Id;

    public DirectoryPolicies Policies => directory.Policies;

    public string OrganizationId => directory.OrganizationId;

    public string EndpointKey => directory.EndpointKey;

    public string Token => token.Secret;

    public string TokenId => token.ScimToken.Id;

    public string ScimBaseUrl => $"{stack.GatewayUrl()}/scim/v2/{EndpointKey}";

    /// <summary>A client at one of the gateways.</summary>
    public DirectoryClient Scim(int gateway = 0) => Scim(Token, gateway);

    public DirectoryClient Scim(string otherToken, int gateway = 0) => new($"{stack.GatewayUrl(gateway)}/scim/v2/{EndpointKey}", otherToken);
}
