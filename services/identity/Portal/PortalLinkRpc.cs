using DirectorySync.Identity.Credentials;
using Grpc.Core;

namespace DirectorySync.Identity.Portal;

/// <summary>Serves PortalLinkService.</summary>
internal sealed class PortalLinkRpc(PortalLinkStore links) : PortalLinkService.PortalLinkServiceBase
{
    public override async Task<CreatePortalLinkResponse> CreatePortalLink(CreatePortalLinkRequest request, ServerCallContext context)
    {
        Inputs.RequireId(request.OrganizationId, "organization");
        if (request.DirectoryId.Length > 0)
        {
            Inputs.RequireId(request.DirectoryId, "directory");
        }

        var (link, secret) = await links.CreateAsync(request, context.CancellationToken);
        return new() { PortalLink = link, Secret = secret.Text };
    }

    public override async Task<ResolvePortalLinkResponse> ResolvePortalLink(ResolvePortalLinkRequest request, ServerCallContext context)
    {
        Require(request.Id);
        return new() { PortalLink = await links.ResolveAsync(request.Id, request.SecretHash.ToByteArray(), context.CancellationToken) };
    }

    public override async Task<OpenPortalLinkResponse> OpenPortalLink(OpenPortalLinkRequest request, ServerCallContext context)
    {
        Require(request.Id);
        var requestId = Inputs.RequireText("request_id", request.RequestId);
        return new() { PortalLink = await links.OpenAsync(request.Id, request.SecretHash.ToByteArray(), requestId, context.CancellationToken) };
    }

    private static void Require(string id)
    {
        if (!Inputs.IsId(id))
        {
            throw CredentialRules.Refused();
        }
    }
}
