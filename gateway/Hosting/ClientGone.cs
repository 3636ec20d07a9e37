using Microsoft.AspNetCore.Connections;

namespace DirectorySync.Gateway.Hosting;

/// <summary>Tells a client that has closed its connection from a fault of ours: there is nobody to answer, and nothing to log.</summary>
internal static class ClientGone
{
    public static bool IsReason(Exception exception, HttpContext http) => exception is ConnectionResetException
        || (exception is OperationCanceledException && http.RequestAborted.IsCancellationRequested);
}
