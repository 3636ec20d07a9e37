using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Gateway.Calls;
using Grpc.Core;

namespace DirectorySync.Gateway.Console;

/// <summary>Calls for parts of a page that may be missing.</summary>
internal static class ConsoleCalls
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Null: the service is away, and the page is shown without its part.</summary>
    public static async Task<T?> OrAwayAsync<T>(this ServiceCalls calls, HttpContext http, Func<CallOptions, Task<T>> call)
        where T : class
    {
        try
        {
            return await calls.TryAsync(http, call, Patience);
        }
        catch (RpcException e) when (ServiceCalls.IsAway(e) && !http.RequestAborted.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Null: there is none, or the service is away.</summary>
    public static async Task<T?> OrMissingAsync<T>(this ServiceCalls calls, HttpContext http, Func<CallOptions, Task<T>> call)
        where T : class
    {
        try
        {
            return await calls.OrAwayAsync(http, call);
        }
        catch (RpcException e) when (e.Reason() == ErrorReason.ResourceNotFound)
        {
            return null;
        }
    }
}
