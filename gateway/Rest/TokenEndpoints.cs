using System.Text.Json.Nodes;
using DirectorySync.Gateway.Calls;
using DirectorySync.Identity.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace DirectorySync.Gateway.Rest;

/// <summary>/directories/{id}/tokens: what the customer's administrator pastes into the identity provider.</summary>
internal sealed class TokenEndpoints(CredentialService.CredentialServiceClient credentials, DirectoryLookup lookup, ServiceCalls calls)
{
    public async Task ListAsync(HttpContext http, string id)
    {
        var (page, isReversed) = RestList.ReadPage(http.Request);
        var directory = await lookup.GetAsync(http, id);
        var request = new ListScimTokensRequest { DirectoryId = id, Page = page };
        var found = await calls.SendAsync(http, call => credentials.ListScimTokensAsync(request, call).ResponseAsync);
        await RestResponse.OkAsync(http, RestList.Write(
            found.ScimTokens.Select(token => Write(token, directory.OrganizationId)), found.Page, isReversed));
    }

    public async Task CreateAsync(HttpContext http, string id)
    {
        var body = await RestBody.ReadAsync(http);
        var request = new CreateScimTokenRequest
        {
            DirectoryId = id,
            Name = body.Text("name") ?? "",
            ExpireTime = body.Time("expires_at") is { } expiry ? Timestamp.FromDateTimeOffset(expiry) : null,
            RequestId = Guid.CreateVersion7().ToString(),
        };
        body.Check();
        var directory = await lookup.GetAsync(http, id);
        try
        {
            var created = await calls.SendAsync(http, call => credentials.CreateScimTokenAsync(request, call).ResponseAsync);
            var json = Write(created.ScimToken, directory.OrganizationId);
            json["token"] = created.Secret;
            await RestResponse.CreatedAsync(http, json);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.AlreadyExists)
        {
            // The service kept only the hash of a token whose answer was lost on the way.
            throw new RestFailure(409, "token_lost", "A token was issued, but its answer was lost. Revoke the newest token and issue another.");
        }
    }

    public async Task RevokeAsync(HttpContext http, string id, string tokenId)
    {
        var directory = await lookup.GetAsync(http, id);
        var request = new RevokeScimTokenRequest { DirectoryId = id, Id = tokenId };
        var revoked = await calls.SendAsync(http, call => credentials.RevokeScimTokenAsync(request, call).ResponseAsync);
        await RestResponse.OkAsync(http, Write(revoked.ScimToken, directory.OrganizationId));
    }

    private static JsonObject Write(ScimToken token, string organizationId) => new()
    {
        ["object"] = "directory_token",
        ["id"] = token.Id,
        ["directory_id"] = token.DirectoryId,
        ["organization_id"] = organizationId,
        ["name"] = token.Name,
        ["token_suffix"] = token.Suffix,
        ["created_at"] = RestResponse.Time(token.CreateTime),
        ["expires_at"] = RestResponse.Time(token.ExpireTime),
        ["last_used_at"] = RestResponse.Time(token.LastUseTime),
        ["revoked_at"] = RestResponse.Time(token.RevokeTime),
    };
}
