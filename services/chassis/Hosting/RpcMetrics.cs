using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace DirectorySync.Chassis.Hosting;

/// <summary>Rate, errors and duration of every RPC; and rate and errors of each directory, as far as requests name it.</summary>
internal sealed class RpcMetrics(BoundedLabels directories) : Interceptor
{
    private static readonly Histogram<double> Duration = Telemetry.Meter.CreateHistogram(
        "directorysync.rpc.duration", "s", "Duration of RPCs by method and status; streams that stay open are not measured.", advice: Telemetry.Seconds);

    private static readonly Counter<long> Requests = Telemetry.Meter.CreateCounter<long>(
        "directorysync.rpc.requests", "{request}", "RPCs by directory and outcome: ok, refused or failed.");

    private static readonly ConcurrentDictionary<MessageDescriptor, IFieldAccessor?> DirectoryIds = new();

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            var response = await continuation(request, context);
            Record(context, started, StatusCode.OK, DirectoryOf(request));
            return response;
        }
        catch (Exception e)
        {
            Record(context, started, StatusOf(e), DirectoryOf(request));
            throw;
        }
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        var started = Stopwatch.GetTimestamp();
        var named = new FirstMessage<TRequest>(requestStream);
        try
        {
            var response = await continuation(named, context);
            Record(context, started, StatusCode.OK, DirectoryOf(named.First));
            return response;
        }
        catch (Exception e)
        {
            Record(context, started, StatusOf(e), DirectoryOf(named.First));
            throw;
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            await continuation(request, responseStream, context);
            Record(context, started, StatusCode.OK, DirectoryOf(request));
        }
        catch (Exception e)
        {
            Record(context, started, StatusOf(e), DirectoryOf(request));
            throw;
        }
    }

    // An error of the caller's is an answer; an error of ours is a failure.
    private static string Outcome(StatusCode status) => status switch
    {
        StatusCode.OK => "ok",
        StatusCode.Unknown or StatusCode.Internal or StatusCode.Unavailable or StatusCode.DataLoss or StatusCode.DeadlineExceeded
            or StatusCode.Unimplemented => "failed",
        _ => "refused",
    };

    private static StatusCode StatusOf(Exception exception) => exception switch
    {
        RpcException e => e.StatusCode,
        OperationCanceledException => StatusCode.Cancelled,
        _ => StatusCode.Unknown,
    };

    private static string DirectoryOf(object? request)
    {
        if (request is not IMessage message)
        {
            return "";
        }

        var accessor = DirectoryIds.GetOrAdd(message.Descriptor, descriptor => descriptor.FindFieldByName("directory_id")?.Accessor);
        return accessor?.GetValue(message) as string ?? "";
    }

    private void Record(ServerCallContext context, long started, StatusCode status, string directoryId)
    {
        var method = context.Method[(context.Method.LastIndexOf('.') + 1)..];
        if (!method.Contains("/Watch", StringComparison.Ordinal))
        {
            Duration.Record(
                Stopwatch.GetElapsedTime(started).TotalSeconds, new KeyValuePair<string, object?>("method", method),
                new KeyValuePair<string, object?>("status", status.ToString()));
        }

        // That of a directory that does not exist is whatever a caller wrote.
        Requests.Add(
            1, new KeyValuePair<string, object?>("directory", status == StatusCode.OK ? directories.Of(directoryId) : directories.Known(directoryId)),
            new KeyValuePair<string, object?>("outcome", Outcome(status)));
    }

    /// <summary>Remembers the message that says whose the stream is.</summary>
    private sealed class FirstMessage<T>(IAsyncStreamReader<T> stream) : IAsyncStreamReader<T>
    {
        public object? First { get; private set; }

        public T Current => stream.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            var isMore = await stream.MoveNext(cancellationToken);
            First ??= isMore ? stream.Current : null;
            return isMore;
        }
    }
}
