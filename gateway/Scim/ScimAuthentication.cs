using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Gateway.Auth;
using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Hosting;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.Gateway.Scim.Requests;
using DirectorySync.Gateway.Scim.Schemas;
using DirectorySync.Identity.V1;
using Grpc.Core;

namespace DirectorySync.Gateway.Scim;

/// <summary>
/// Lets a request into /scim/v2/{endpoint} if its token opens that endpoint, within the directory's rate. An unknown endpoint and a
/// wrong token get the same answer after the same work.
/// </summary>
internal sealed class ScimAuthentication(
    RequestDelegate next, TokenAuthentication tokens, GuessingBrake brake, DirectoryRates rates, PublicAddress address,
    CustomAttributes custom)
{
    private const string Version = "/scim/v2/";
    private const int LongestEndpoint = 256;

    public async Task InvokeAsync(HttpContext http)
    {
        if (FindEndpoint(http.Request.Path) is not { } endpoint)
        {
            // Whatever a route matches that no endpoint was found in: nothing is served without a token.
            if (http.GetEndpoint() is not null && http.Request.Path.StartsWithSegments(ScimAnswers.Prefix))
            {
                throw InvalidCredentials.Error();
            }

            await next(http);
            return;
        }

        var directory = await AuthenticateAsync(http, endpoint);
        if (directory.State == DirectoryState.Disabled)
        {
            throw new ScimFailure(403, null, "This directory is disabled: nothing is accepted and nobody is changed. "
                + "Ask whoever runs the application to enable it, then push again from the identity provider (Okta: Push Now).");
        }

        if (rates.FindDelay(directory) is { } seconds)
        {
            throw new ScimFailure(new ScimError(429, null, "The directory receives more requests than it is set to accept. "
                + "Nothing needs to be done: the identity provider sends the request again.", seconds));
        }

        http.Features.Set(new ScimScope(directory, address.ScimBaseUrl(http.Request, endpoint), DirectorySchemas.Of(directory, custom.Schema)));
        await next(http);
    }

    /// <summary>The directory's key or label in a path below /scim/v2/; null for other paths.</summary>
    public static string? FindEndpoint(PathString path)
    {
        var value = path.Value;
        if (value is null || !value.StartsWith(Version, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var end = value.IndexOf('/', Version.Length);
        var endpoint = end < 0 ? value[Version.Length..] : value[Version.Length..end];
        return endpoint.Length > 0 ? endpoint : null;
    }

    private async Task<Identity.V1.Directory> AuthenticateAsync(HttpContext http, string endpoint)
    {
        var trail = RequestTrail.Find(http);
        try
        {
            var answer = endpoint.Length <= LongestEndpoint
                && AuthorizationHeader.FindToken(http.Request.Headers.Authorization) is { Length: <= 4096 } token
                ? await tokens.AuthenticateAsync(http, endpoint, token)
                : throw InvalidCredentials.Error();
            trail?.Belongs(answer.Directory.Id, answer.TokenId);
            return answer.Directory;
        }
        catch (RpcException e) when (e.Reason() == ErrorReason.InvalidCredentials)
        {
            var scope = endpoint[..Math.Min(endpoint.Length, LongestEndpoint)];
            if (!await brake.WaitAsync(scope, http.Connection.RemoteIpAddress, http.RequestAborted))
            {
                throw new ScimFailure(new ScimError(429, null,
                    "Too many requests with wrong credentials. " + ScimErrors.HeaderAdvice, RetryAfter: 30));
            }

            trail?.Addressed(scope);
            throw;
        }
        catch (RpcException e) when (ServiceCalls.IsAway(e))
        {
            trail?.Addressed(endpoint);
            throw;
        }
    }
}
