using Grpc.Core;
using Grpc.Core.Interceptors;

namespace DirectorySync.Kit;

/// <summary>Gives every call that answers once a deadline: one that hangs fails, and says which it was.</summary>
internal sealed class Deadlines : Interceptor
{
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(60);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation) =>
        continuation(
            request,
            context.Options.Deadline is null
                ? new(context.Method, context.Host, context.Options.WithDeadline(DateTime.UtcNow + Usual))
                : context);
}
