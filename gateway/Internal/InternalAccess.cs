using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Gateway.Auth;
using DirectorySync.Identity.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Internal;

/// <summary>Lets a call through if its API key may make it.</summary>
internal sealed class InternalAccess(
    RequestDelegate next, KeyAuthentication keys, GuessingBrake brake, CallRates rates, OrganizationLimit limit, IOptions<GatewayOptions> options)
{
    private const string Reflection = "/grpc.reflection.v1alpha.ServerReflection/";

    public async Task InvokeAsync(HttpContext http)
    {
        var path = http.Request.Path.Value ?? "";
        var key = await AuthenticateAsync(http);
        var method = InternalMethods.All.GetValueOrDefault(path);
        if (method is not null)
        {
            Check(method, key);
            CheckServer(http, path);
        }
        else if (!options.Value.Reflection || !path.StartsWith(Reflection, StringComparison.Ordinal))
        {
            throw new RpcException(new Status(StatusCode.Unimplemented, "There is no such method. Check the version of the contracts."));
        }

        if (!rates.TryTake(key.Id))
        {
            throw ErrorReason.LimitExceeded.ToRpc(
                $"This API key makes more than {options.Value.CallRate} calls a second. Try again in a second.", ("remedy", "Call less often, or batch."));
        }

        http.Features.Set(Actors.Of(key, http));
        if (key.OrganizationId.Length > 0 && method is not null)
        {
            await limit.CheckAsync(http, key, method.Contract);
        }

        await next(http);
    }

    private static void Check(InternalMethod method, ApiKey key)
    {
        if (method.Scope is not { } required)
        {
            throw ErrorReason.ScopeMissing.ToRpc("Only the gateway itself calls this method.");
        }

        if (!KeyAuthentication.Covers(key, required))
        {
            var name = required.ToString().ToLowerInvariant();
            throw ErrorReason.ScopeMissing.ToRpc($"This API key lacks the scope {name}. Use a key that has it.", ("value", name));
        }
    }

    private static void CheckServer(HttpContext http, string path)
    {
        var service = http.Request.Headers[InternalRoutes.ServiceHeader].ToString();
        if (InternalRoutes.FindServers(path) is { } servers && !servers.Contains(service))
        {
            var remedy = $"Send the metadata {InternalRoutes.ServiceHeader} with one of: {string.Join(", ", servers)}.";
            throw ErrorReason.InvalidValue.ToRpc(
                $"Several services serve this method; the call does not say whose is meant. {remedy}",
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
