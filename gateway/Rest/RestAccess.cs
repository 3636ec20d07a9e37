using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Gateway.Auth;
using Grpc.Core;

namespace DirectorySync.Gateway.Rest;

/// <summary>Lets a request into a route of the REST API if its API key covers what the route asks for.</summary>
internal sealed class RestAccess(RequestDelegate next, KeyAuthentication keys, GuessingBrake brake)
{
    public async Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<RequiredScope>() is { } required)
        {
            await AuthorizeAsync(http, required);
        }

        await next(http);
    }

    private async Task AuthorizeAsync(HttpContext http, RequiredScope required)
    {
        try
        {
            var key = await keys.AuthenticateAsync(http);
            if (!KeyAuthentication.Covers(key, required.Scope) || (required.WholeDeployment && key.OrganizationId.Length > 0))
            {
                throw new RestFailure(RestErrors.ScopeMissing(required, key));
            }

            http.Features.Set(new RestCaller(key));
            http.Features.Set(Actors.Of(key, http));
        }
        catch (RpcException e) when (e.Reason() == ErrorReason.InvalidCredentials)
        {
            if (!await brake.WaitAsync("rest", http.Connection.RemoteIpAddress, http.RequestAborted))
            {
                throw new RestFailure(RestErrors.TooManyFailures);
            }

            throw;
        }
    }
}
