using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Hosting;

/// <summary>The address under which clients know this installation.</summary>
internal sealed class PublicAddress(IOptions<GatewayOptions> options)
{
    private readonly string? configured = options.Value.PublicUrl?.AbsoluteUri.TrimEnd('/');

    /// <summary>The SCIM base URL of an endpoint, as the client wrote the endpoint: Okta compares what it was given.</summary>
    public string ScimBaseUrl(HttpRequest request, string endpoint) =>
        $"{configured ?? $"{request.Scheme}://{request.Host}"}/scim/v2/{Uri.EscapeDataString(endpoint)}";
}
