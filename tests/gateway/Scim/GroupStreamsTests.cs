using System.Buffers;
using System.IO.Pipelines;
using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Scim.Mapping;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Scim;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Tests.Scim;

public sealed class GroupStreamsTests
{
    [Fact]
    public async Task A_stream_that_breaks_under_a_message_is_not_ended_but_begun_again()
    {
        var service = new BreakingOnce();
        var options = Options.Create(new GatewayOptions());
        var streams = new GroupStreams(new(service), new ServiceCalls(options, TimeProvider.System, NullLogger<ServiceCalls>.Instance), options);
        using var body = await GroupPatchBody.ReadAsync(PipeReader.Create(new ReadOnlySequence<byte>("""
            {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"members[value eq \"ada\"]"}]}
            """u8.ToArray())));

        var group = await streams.PatchAsync(new DefaultHttpContext(), new() { DirectoryId = "directory", Id = "group" }, body);

        Assert.Equal("group", group.Id);
        Assert.Equal((2, 1), (service.Calls, service.Ended));
    }

    /// <summary>A service that is killed while the first message is written to it: the transport says so in its own words.</summary>
    private sealed class BreakingOnce : CallInvoker
    {
        public int Calls { get; private set; }

        public int Ended { get; private set; }

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options)
        {
            var breaks = ++Calls == 1;
            var away = new RpcException(new Status(StatusCode.Internal, "The response ended prematurely.", new IOException()));
            var answer = breaks
                ? Task.FromException<TResponse>(away)
                : Task.FromResult((TResponse)(object)new PatchGroupResponse { Group = new() { Id = "group" } });
            return new(
                new Writer<TRequest>(this, breaks), answer, Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
        }

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        private sealed class Writer<T>(BreakingOnce service, bool breaks) : IClientStreamWriter<T>
        {
            public WriteOptions? WriteOptions { get; set; }

            public Task WriteAsync(T message) => breaks ? Task.FromException(new IOException("Broken pipe")) : Task.CompletedTask;

            public Task CompleteAsync()
            {
                service.Ended++;
                return Task.CompletedTask;
            }
        }
    }
}
