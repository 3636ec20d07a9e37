using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Gateway.Auth;
using Grpc.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace DirectorySync.Gateway.Internal;

/// <summary>Lets an internal gRPC call through if its API key may make it.</summary>
internal static class GrpcAccess
{
    public static async Task CheckAsync(HttpContext http, Func<Task> next)
    {
        var path = http.Request.Path.Value!;
        if (GrpcScopes.Find(path) is not { } scope)
        {
            throw new RpcException(new Status(StatusCode.Unimplemented, "The gateway does not serve this method."));
        }

        var key = await http.RequestServices.GetRequiredService<KeyAuthentication>().AuthenticateAsync(http);
        if (key.OrganizationId.Length > 0)
        {
            throw ErrorReason.ScopeMissing.ToRpc("This API key is limited to one organization; gRPC needs a key without that limit.");
        }

        if (!KeyAuthentication.Covers(key, scope))
        {
            throw ErrorReason.ScopeMissing.ToRpc($"This call needs an API key with the scope '{scope.ToString().ToLowerInvariant()}'.");
        }

        // A stream may rest.
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        await next();
    }
}
