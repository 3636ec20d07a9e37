using System.Security.Cryptography;
using System.Text;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Rest;

/// <summary>Who calls, and what of the deployment it sees.</summary>
/// <param name="Id">The API key, or the person.</param>
/// <param name="OrganizationId">The only organization that the caller sees; null: all.</param>
internal sealed record RestCaller(string Id, string? OrganizationId)
{
    private const string IdempotencyKey = "Idempotency-Key";
    private const int LongestIdempotencyKey = 256;

    public RestCaller(ApiKey key)
        : this(key.Id, key.OrganizationId.Length > 0 ? key.OrganizationId : null)
    {
    }

    /// <summary>Set by the authentication for every request that reaches a route of the API.</summary>
    public static RestCaller Of(HttpContext http) =>
        http.Features.Get<RestCaller>() ?? throw new InvalidOperationException("The request is not authenticated.");

    public bool Sees(string organizationId) => OrganizationId is null || OrganizationId == organizationId;

    /// <summary>
    /// What makes a create safe to repeat: the caller's Idempotency-Key, which counts for its API key and route only, else an id of this
    /// request for our own retries.
    /// </summary>
    public string RequestId(HttpContext http)
    {
        if (http.Request.Headers[IdempotencyKey] is not [{ } wanted])
        {
            return Guid.CreateVersion7().ToString();
        }

        return wanted.Length is > 0 and <= LongestIdempotencyKey
            ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Id}\n{http.Request.Path}\n{wanted}")))
            : throw new RestFailure(RestErrors.Invalid(
                IdempotencyKey, "invalid_value", $"The header {IdempotencyKey} has 1 to {LongestIdempotencyKey} characters."));
    }
}
