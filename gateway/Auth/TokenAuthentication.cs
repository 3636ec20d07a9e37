using DirectorySync.Gateway.Calls;
using DirectorySync.Identity.V1;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Auth;

/// <summary>Says which directory a SCIM token opens. identity decides; a good answer is remembered for at most a second.</summary>
internal sealed class TokenAuthentication(
    CredentialService.CredentialServiceClient credentials,
    ServiceCalls calls,
    KnownProviders providers,
    IOptions<GatewayOptions> options,
    TimeProvider time)
{
    private readonly AnswerMemory<(string Endpoint, SecretHash Token), ResolveTokenResponse> memory =
        new(options.Value.CredentialMemory, capacity: 20_000, time);

    /// <summary>The directory, and which token it was. RpcException UNAUTHENTICATED, whether the token is wrong or the endpoint does not exist.</summary>
    public async Task<ResolveTokenResponse> AuthenticateAsync(HttpContext http, string endpoint, string token)
    {
        var hash = SecretHash.Of(token);
        var request = new ResolveTokenRequest { Endpoint = endpoint, SecretHash = hash.ToByteString() };
        var requestId = http.TraceIdentifier;
        var answer = await memory.GetAsync(
            (endpoint, hash),
            () => calls.SendAsync(requestId, call => credentials.ResolveTokenAsync(request, call).ResponseAsync),
            http.RequestAborted);
        if (answer.ExpireTime is { } expiry && expiry.ToDateTimeOffset() <= time.GetUtcNow())
        {
            throw InvalidCredentials.Error();
        }

        providers.Remember(endpoint, answer.Directory.Provider);
        return answer;
    }
}
