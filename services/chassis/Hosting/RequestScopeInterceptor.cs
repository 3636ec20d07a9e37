using System.Diagnostics;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;

namespace DirectorySync.Chassis.Hosting;

/// <summary>Puts the caller's request id into every log line of the call.</summary>
internal sealed class RequestScopeInterceptor(ILogger<RequestScopeInterceptor> logger) : Interceptor
{
    /// <summary>Metadata key (and HTTP header) of the request id.</summary>
    public const string Header = "x-request-id";

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        using var scope = Begin(context);
        return await continuation(request, context);
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        using var scope = Begin(context);
        return await continuation(requestStream, context);
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        using var scope = Begin(context);
        await continuation(request, responseStream, context);
    }

    private IDisposable? Begin(ServerCallContext context)
    {
        if (context.RequestHeaders.GetValue(Header) is not { } id)
        {
            return null;
        }

        Activity.Current?.SetTag("request.id", id);
        return logger.BeginScope(new KeyValuePair<string, object>[] { new("request_id", id) });
    }
}
