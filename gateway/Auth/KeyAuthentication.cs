using DirectorySync.Gateway.Calls;
using DirectorySync.Identity.V1;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Auth;

/// <summary>Says what an API key may do. identity decides; a good answer is remembered for at most a second.</summary>
internal sealed class KeyAuthentication(
    CredentialService.CredentialServiceClient credentials,
    ServiceCalls calls,
    IOptions<GatewayOptions> options,
    TimeProvider time)
{
    private readonly AnswerMemory<SecretHash, ResolveApiKeyResponse> memory =
        new(options.Value.CredentialMemory, capacity: 20_000, time);

    /// <summary>The key of the request's Authorization header. RpcException UNAUTHENTICATED if there is none that is valid.</summary>
    public async Task<ApiKey> AuthenticateAsync(HttpContext http)
    {
        if (AuthorizationHeader.FindToken(http.Request.Headers.Authorization) is not { } key)
        {
            throw InvalidCredentials.Error();
        }

        return await ResolveAsync(http, SecretHash.Of(key));
    }

    /// <summary>The key with this hash. RpcException UNAUTHENTICATED if there is none, or no longer.</summary>
    public async Task<ApiKey> ResolveAsync(HttpContext http, SecretHash hash)
    {
        var request = new ResolveApiKeyRequest { SecretHash = hash.ToByteString() };
        var requestId = http.TraceIdentifier;
        var answer = await memory.GetAsync(
            hash,
            () => calls.SendAsync(requestId, call => credentials.ResolveApiKeyAsync(request, call).ResponseAsync),
            http.RequestAborted);
        if (answer.ApiKey.ExpireTime is { } expiry && expiry.ToDateTimeOffset() <= time.GetUtcNow())
        {
            throw InvalidCredentials.Error();
        }

        return answer.ApiKey;
    }

    /// <summary>True if the key has the scope; each scope includes the ones before it.</summary>
    public static bool Covers(ApiKey key, ApiKeyScope wanted) => key.Scopes.Any(scope => scope >= wanted);
}
