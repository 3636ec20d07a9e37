using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Hosting;

/// <summary>The address under which clients know this installation.</summary>
internal sealed class PublicAddress(IOptions<GatewayOptions> options)
{
    private readonly string? configured = options.Value.PublicUrl?.AbsoluteUri.TrimEnd('/');

    /// <summary>The SCIM base URL of an endpoint, as the client wrote the endpoint: Okta compares what it was given.</summary>
    public string ScimBaseUrl(HttpRequest request, string endpoint) =>
        $"{Of(request)}/scim/v2/{Uri.EscapeDataString(endpoint)}";

    /// <summary>Where an IT admin begins. The secret is in the query, which no log and no trace keeps.</summary>
    public string PortalLink(HttpRequest request, string id, string secret) => $"{Of(request)}/portal/start?token={Uri.EscapeDataString($"{id}.{secret}")}";

    private string Of(HttpRequest request) => configured ?? $"{request.Scheme}://{request.Host}";
}
