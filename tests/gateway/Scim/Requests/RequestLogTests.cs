using System.Collections.Concurrent;
using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Scim.Requests;
using DirectorySync.Identity.V1;
using DirectorySync.Kit;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Tests.Scim.Requests;

public sealed class RequestLogTests
{
    private const int Many = 25_000;

    [Fact]
    public async Task More_requests_than_can_be_written_wait_for_nothing_and_are_counted_as_missing()
    {
        var identity = new SlowIdentity();
        using var log = Start(identity);
        await log.StartAsync(CancellationToken.None);
        for (var i = 0; i < Many; i++)
        {
            log.Add(Trail("d1"));
        }

        identity.Go();
        await Eventually.True(() => identity.Requests.Sum(request => Math.Max(1, request.Missing)) == Many, what: "each is an entry or missing");
        await log.StopAsync(CancellationToken.None);

        Assert.InRange(identity.Requests.Where(request => request.Missing > 0).Sum(request => request.Missing), 1, Many - 10_000);
        Assert.All(identity.Requests, request => Assert.Equal("d1", request.DirectoryId));
        Assert.InRange(identity.Largest, 2, 500);
    }

    [Fact]
    public async Task What_is_pending_when_the_process_ends_is_sent()
    {
        var identity = new SlowIdentity();
        identity.Go();
        using var log = Start(identity);
        await log.StartAsync(CancellationToken.None);
        log.Add(Trail("d1"));

        await Task.WhenAll(log.StopAsync(CancellationToken.None), log.StopAsync(CancellationToken.None));

        Assert.Equal("/Users", Assert.Single(identity.Requests).Path);
    }

    private static RequestLog Start(CallInvoker identity)
    {
        var options = Options.Create(new GatewayOptions());
        return new(new(identity), new ServiceCalls(options, TimeProvider.System, NullLogger<ServiceCalls>.Instance), TimeProvider.System, NullLogger<RequestLog>.Instance);
    }

    private static RequestTrail Trail(string directoryId)
    {
        var trail = new RequestTrail(DateTimeOffset.UtcNow, 8192);
        trail.Belongs(directoryId, "t1");
        trail.End(new DefaultHttpContext { Request = { Method = "GET" } }, "/Users");
        return trail;
    }

    /// <summary>Answers nothing until it is told to.</summary>
    private sealed class SlowIdentity : CallInvoker
    {
        private readonly TaskCompletionSource go = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ConcurrentQueue<ScimRequest> Requests { get; } = new();

        public int Largest { get; private set; }

        public void Go() => go.TrySetResult();

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        {
            return new(AnswerAsync(), Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });

            async Task<TResponse> AnswerAsync()
            {
                await go.Task;
                var batch = ((AppendRequestsRequest)(object)request).Requests;
                Largest = Math.Max(Largest, batch.Count);
                foreach (var entry in batch)
                {
                    Requests.Enqueue(entry);
                }

                return (TResponse)(object)new AppendRequestsResponse();
            }
        }

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
            throw new NotSupportedException();

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();
    }
}
