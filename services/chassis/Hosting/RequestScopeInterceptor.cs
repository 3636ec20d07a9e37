using System.Diagnostics;
using DirectorySync.Audit.V1;
using DirectorySync.Chassis.Audit;
using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Tls;
using DirectorySync.Errors.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;

namespace DirectorySync.Chassis.Hosting;

/// <summary>Puts the caller's request id into every log line of the call, and remembers on whose behalf it is, for the audit log.</summary>
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
        var id = context.RequestHeaders.GetValue(Header);
        if (FindDirectCaller(context) is { } caller)
        {
            AuditCaller.Current = new(new() { Type = ActorType.Service, Id = caller, Name = caller, Address = context.Peer }, id ?? "");
        }
        else if (context.RequestHeaders.GetValueBytes(AuditLog.ActorHeader) is { } actor)
        {
            AuditCaller.Current = new(Read(actor), id ?? "");
        }

        if (id is null)
        {
            return null;
        }

        Activity.Current?.SetTag("request.id", id);
        return logger.BeginScope(new KeyValuePair<string, object>[] { new("request_id", id) });
    }

    // Only the gateway speaks for others.
    private static string? FindDirectCaller(ServerCallContext context) =>
        context.GetHttpContext() is { Request.IsHttps: true } http && CallerAccess.Find(http) is { } name and not CallerRules.Gateway ? name : null;

    private static Actor Read(byte[] actor)
    {
        try
        {
            return Actor.Parser.ParseFrom(actor);
        }
        catch (InvalidProtocolBufferException)
        {
            throw ErrorReason.InvalidValue.ToRpc(
                $"{AuditLog.ActorHeader}: the value is no Actor.", ("attribute", AuditLog.ActorHeader), ("value", ""), ("remedy", "Leave it out."));
        }
    }
}
