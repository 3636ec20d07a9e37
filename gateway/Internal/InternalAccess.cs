using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Gateway.Auth;
using DirectorySync.Identity.V1;
using Grpc.Core;

namespace DirectorySync.Gateway.Internal;

/// <summary>Lets a call through if its API key may make it. Requests are not looked into, so keys of one organization may make none.</summary>
internal sealed class InternalAccess(RequestDelegate next, KeyAuthentication keys, GuessingBrake brake)
{
    public async Task InvokeAsync(HttpContext http)
    {
        Check(http, await AuthenticateAsync(http));
        await next(http);
    }

    private static void Check(HttpContext http, ApiKey key)
    {
        var path = http.Request.Path.Value ?? "";
        if (!InternalMethods.TryFind(path, out var scope))
        {
            throw new RpcException(new Status(StatusCode.Unimplemented, "There is no such method. Check the version of the contracts."));
        }

        if (scope is not { } required)
        {
            throw ErrorReason.ScopeMissing.ToRpc("Only the gateway itself calls this method.");
        }

        if (key.OrganizationId.Length > 0)
        {
            throw ErrorReason.ScopeMissing.ToRpc(
                "This API key is limited to one organization, which holds for the REST API only. Use a key of the whole deployment.");
        }

        if (!KeyAuthentication.Covers(key, required))
        {
            var name = required.ToString().ToLowerInvariant();
            throw ErrorReason.ScopeMissing.ToRpc($"This API key lacks the scope {name}. Use a key that has it.", ("value", name));
        }

        var service = http.Request.Headers[InternalRoutes.ServiceHeader].ToString();
        if (path.StartsWith($"/{InternalMethods.Feed.FullName}/", StringComparison.Ordinal) && !InternalRoutes.Services.Contains(service))
        {
            var remedy = $"Send the metadata {InternalRoutes.ServiceHeader} with one of: {string.Join(", ", InternalRoutes.Services)}.";
            throw ErrorReason.InvalidValue.ToRpc(
                $"Every service has a change feed; the call does not say whose is meant. {remedy}",
                ("attribute", InternalRoutes.ServiceHeader),
                ("remedy", remedy));
        }
    }

    private async Task<ApiKey> AuthenticateAsync(HttpContext http)
    {
        try
        {
            return await keys.AuthenticateAsync(http);
        }
        catch (RpcException e) when (e.Reason() == ErrorReason.InvalidCredentials)
        {
            if (!await brake.WaitAsync("grpc", http.Connection.RemoteIpAddress, http.RequestAborted))
            {
                throw ErrorReason.LimitExceeded.ToRpc("Too many calls with wrong API keys. Correct the key, then try again.");
            }

            throw;
        }
    }
}
