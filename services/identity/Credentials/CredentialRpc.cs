using Google.Protobuf;
using Grpc.Core;

namespace DirectorySync.Identity.Credentials;

/// <summary>Serves CredentialService.</summary>
internal sealed class CredentialRpc(ScimTokenStore tokens, ApiKeyStore keys, CredentialUse use, TimeProvider time)
    : CredentialService.CredentialServiceBase
{
    // What no endpoint and no secret can be: the same look-up is made for it.
    private const string NoEndpoint = "";
    private static readonly byte[] NoHash = new byte[Secret.HashLength];

    public override async Task<CreateScimTokenResponse> CreateScimToken(CreateScimTokenRequest request, ServerCallContext context)
    {
        Inputs.RequireId(request.DirectoryId, "directory");
        var (token, secret) = await tokens.CreateAsync(request, Inputs.RequestId(request.RequestId), context.CancellationToken);
        return new() { ScimToken = token, Secret = secret.Text };
    }

    public override async Task<ListScimTokensResponse> ListScimTokens(ListScimTokensRequest request, ServerCallContext context)
    {
        Inputs.RequireId(request.DirectoryId, "directory");
        var page = ListPage.Of(request.Page);
        var rows = await tokens.ListAsync(request.DirectoryId, page, context.CancellationToken);
        var (listed, metadata) = page.Cut(rows, token => token.Id);
        return new() { ScimTokens = { listed }, Page = metadata };
    }

    public override async Task<RevokeScimTokenResponse> RevokeScimToken(RevokeScimTokenRequest request, ServerCallContext context)
    {
        Inputs.RequireId(request.DirectoryId, "token");
        Inputs.RequireId(request.Id, "token");
        return new() { ScimToken = await tokens.RevokeAsync(request.DirectoryId, request.Id, context.CancellationToken) };
    }

    public override async Task<ResolveTokenResponse> ResolveToken(ResolveTokenRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var endpoint = Inputs.IsId(request.Endpoint) ? request.Endpoint.ToLowerInvariant() : NoEndpoint;
        var found = await tokens.LookUpAsync(endpoint, Hash(request.SecretHash), ct);
        if (found is { Directory: { State: not DirectoryState.Deleting } directory, Token: { } token }
            && found.TokenDirectory == directory.Id
            && CredentialRules.Opens(token.ExpireTime, token.RevokeTime, time.GetUtcNow()))
        {
            await use.TokenUsedAsync(token, found.FirstContact is null, ct);
            return new() { Directory = directory, TokenId = token.Id, ExpireTime = token.ExpireTime };
        }

        if (found.Directory is not null)
        {
            use.TokenFailed(found.Directory.Id);
        }

        throw CredentialRules.Refused();
    }

    public override async Task<CreateApiKeyResponse> CreateApiKey(CreateApiKeyRequest request, ServerCallContext context)
    {
        if (request.OrganizationId.Length > 0)
        {
            Inputs.RequireId(request.OrganizationId, "organization");
        }

        var (key, secret) = await keys.CreateAsync(request, context.CancellationToken);
        return new() { ApiKey = key, Secret = secret.Text };
    }

    public override async Task<ListApiKeysResponse> ListApiKeys(ListApiKeysRequest request, ServerCallContext context)
    {
        var page = ListPage.Of(request.Page);
        var (listed, metadata) = page.Cut(await keys.ListAsync(page, context.CancellationToken), key => key.Id);
        return new() { ApiKeys = { listed }, Page = metadata };
    }

    public override async Task<RevokeApiKeyResponse> RevokeApiKey(RevokeApiKeyRequest request, ServerCallContext context)
    {
        Inputs.RequireId(request.Id, "API key");
        return new() { ApiKey = await keys.RevokeAsync(request.Id, context.CancellationToken) };
    }

    public override async Task<ResolveApiKeyResponse> ResolveApiKey(ResolveApiKeyRequest request, ServerCallContext context)
    {
        var key = await keys.FindAsync(Hash(request.SecretHash), context.CancellationToken);
        if (key is null || !CredentialRules.Opens(key.ExpireTime, key.RevokeTime, time.GetUtcNow()))
        {
            throw CredentialRules.Refused();
        }

        use.KeyUsed(key);
        return new() { ApiKey = key };
    }

    private static byte[] Hash(ByteString hash) => hash.Length == Secret.HashLength ? hash.ToByteArray() : NoHash;
}
