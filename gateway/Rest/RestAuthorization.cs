using DirectorySync.Gateway.Auth;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Rest;

/// <summary>Lets a request in if its API key has the scope that the route requires.</summary>
internal sealed class RestAuthorization(RequestDelegate next, KeyAuthentication keys)
{
    public async Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<RequiredScope>() is { } required)
        {
            var key = await keys.AuthenticateAsync(http);
            if (!KeyAuthentication.Covers(key, required.Scope))
            {
                throw new RestFailure(
                    403, "forbidden", $"This needs an API key with the scope '{required.Scope.ToString().ToLowerInvariant()}'.");
            }

            http.Features.Set(new Caller(key));
        }

        await next(http);
    }
}

/// <summary>Marks routes with the scope that they require.</summary>
internal sealed record RequiredScope(ApiKeyScope Scope);
