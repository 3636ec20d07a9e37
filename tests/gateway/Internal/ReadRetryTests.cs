using System.Text;
using DirectorySync.Gateway.Internal;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace DirectorySync.Gateway.Tests.Internal;

public sealed class ReadRetryTests
{
    private const string Reading = "/directorysync.identity.v1.UserService/GetUser";
    private const string Writing = "/directorysync.identity.v1.UserService/CreateUser";

    [Fact]
    public async Task A_read_is_sent_to_another_replica_with_the_same_request()
    {
        var sent = await SendAsync(Reading, failures: 1, ForwarderError.Request);

        Assert.Equal([("a", "request"), ("b", "request")], sent);
    }

    [Fact]
    public async Task A_write_is_never_sent_twice() => Assert.Single(await SendAsync(Writing, failures: 3, ForwarderError.Request));

    [Fact]
    public async Task A_read_is_given_up_after_three_attempts() => Assert.Equal(3, (await SendAsync(Reading, failures: 9, ForwarderError.Request)).Count);

    [Theory]
    [InlineData(ForwarderError.RequestCanceled)]
    [InlineData(ForwarderError.ResponseBodyDestination)]
    [InlineData(ForwarderError.RequestTimedOut)]
    public async Task What_may_have_been_answered_is_not_asked_again(ForwarderError error) => Assert.Single(await SendAsync(Reading, failures: 9, error));

    private static async Task<List<(string Replica, string Body)>> SendAsync(string path, int failures, ForwarderError error)
    {
        var sent = new List<(string, string)>();
        var http = new DefaultHttpContext { Request = { Path = path, Body = new MemoryStream(Encoding.ASCII.GetBytes("request")) } };
        var proxy = new Proxy([new("a"), new("b")]);
        http.Features.Set<IReverseProxyFeature>(proxy);
        var retry = new ReadRetry(
            async context =>
            {
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body);
                proxy.ProxiedDestination = proxy.AvailableDestinations[0];
                sent.Add((proxy.ProxiedDestination.DestinationId, Encoding.ASCII.GetString(body.ToArray())));
                context.Features.Set<IForwarderErrorFeature>(sent.Count <= failures ? new Failure(error) : null);
            },
            TimeProvider.System);

        await retry.InvokeAsync(http);
        return sent;
    }

    private sealed record Failure(ForwarderError Error) : IForwarderErrorFeature
    {
        public Exception? Exception => null;
    }

    private sealed class Proxy(IReadOnlyList<DestinationState> all) : IReverseProxyFeature
    {
        public RouteModel Route => throw new NotSupportedException();

        public ClusterModel Cluster { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public IReadOnlyList<DestinationState> AllDestinations { get; } = all;

        public IReadOnlyList<DestinationState> AvailableDestinations { get; set; } = all;

        public DestinationState? ProxiedDestination { get; set; }
    }
}
