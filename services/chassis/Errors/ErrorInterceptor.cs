using System.Net.Sockets;
using DirectorySync.Errors.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DirectorySync.Chassis.Errors;

/// <summary>Says what an exception of a service's own means to callers. Null: not mine.</summary>
public delegate RpcException? ExceptionTranslation(Exception exception);

/// <summary>
/// The last line: store failures become UNAVAILABLE, everything unforeseen INTERNAL without text; both are logged whole.
/// </summary>
internal sealed class ErrorInterceptor(IEnumerable<ExceptionTranslation> translations, ILogger<ErrorInterceptor> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception e) when (Translate(e, context) is { } error)
        {
            throw error;
        }
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(requestStream, context);
        }
        catch (Exception e) when (Translate(e, context) is { } error)
        {
            throw error;
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception e) when (Translate(e, context) is { } error)
        {
            throw error;
        }
    }

    /// <summary>Null leaves the exception as it is: an error that already says what it means, or a call that its caller ended.</summary>
    private RpcException? Translate(Exception exception, ServerCallContext context)
    {
        if (exception is RpcException || context.CancellationToken.IsCancellationRequested)
        {
            return null;
        }

        foreach (var translation in translations)
        {
            if (translation(exception) is { } translated)
            {
                return translated;
            }
        }

        if (IsStoreFailure(exception))
        {
            logger.StoreUnavailable(context.Method, exception);
            return ErrorReason.StoreUnavailable.ToRpc("The service's store cannot be reached. Try again.");
        }

        logger.Unforeseen(context.Method, exception);
        return ErrorReason.Internal.ToRpc("The request could not be completed.");
    }

    // idle_in_transaction_session_timeout; Npgsql has no name for it.
    private const string IdleInTransaction = "25P03";

    /// <summary>True for what passes by itself: a server that is away, restarting, full, or a pool that is exhausted.</summary>
    internal static bool IsStoreFailure(Exception? exception) => exception switch
    {
        PostgresException e => e.IsTransient || e.SqlState.StartsWith("57P", StringComparison.Ordinal)
            || e.SqlState.StartsWith("53", StringComparison.Ordinal) || e.SqlState is PostgresErrorCodes.QueryCanceled
            or PostgresErrorCodes.ReadOnlySqlTransaction or IdleInTransaction,
        NpgsqlException or SocketException or TimeoutException => true,
        _ => exception?.InnerException is { } inner && IsStoreFailure(inner),
    };
}
