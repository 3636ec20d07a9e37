using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using Grpc.Core;

namespace DirectorySync.Gateway.Calls;

/// <summary>A deletion that is tried again: what an attempt without an answer has deleted is deleted, not missing.</summary>
internal static class Deletion
{
    public static async Task SendAsync<T>(ServiceCalls calls, HttpContext http, Func<CallOptions, Task<T>> call)
    {
        var attempts = 0;
        try
        {
            await calls.SendAsync(http, options =>
            {
                attempts++;
                return call(options);
            });
        }
        catch (RpcException e) when (attempts > 1 && e.Reason() == ErrorReason.ResourceNotFound)
        {
            // An attempt before this one did it.
        }
    }
}
