using System.Net;
using System.Net.Sockets;
using DirectorySync.Gateway.Internal;
using Google.Protobuf;
using Grpc.Health.V1;
using Microsoft.Extensions.Logging.Abstractions;
using Yarp.ReverseProxy.Configuration;

namespace DirectorySync.Gateway.Tests.Internal;

public sealed class ReplicaTests
{
    [Theory]
    [InlineData(HealthCheckResponse.Types.ServingStatus.Serving, true)]
    [InlineData(HealthCheckResponse.Types.ServingStatus.NotServing, false)]
    [InlineData(HealthCheckResponse.Types.ServingStatus.Unknown, false)]
    public void A_replica_is_healthy_while_it_says_that_it_serves(HealthCheckResponse.Types.ServingStatus status, bool healthy)
    {
        var message = new HealthCheckResponse { Status = status }.ToByteArray();

        Assert.Equal(healthy, ReplicaProbe.IsServing([0, 0, 0, 0, (byte)message.Length, .. message]));
        Assert.False(ReplicaProbe.IsServing([]));
    }

    [Fact]
    public async Task A_name_stands_for_every_address_behind_it()
    {
        var resolved = await ResolveAsync("dns:///localhost:5101");

        var expected = (await Dns.GetHostAddressesAsync("localhost"))
            .Select(address => address.AddressFamily == AddressFamily.InterNetworkV6 ? $"http://[{address}]:5101/" : $"http://{address}:5101/");
        Assert.Equal(expected.Order(), resolved.Destinations.Values.Select(destination => destination.Address).Order());
        Assert.NotNull(resolved.ChangeToken);
    }

    [Fact]
    public async Task An_address_is_left_as_it_is()
    {
        var resolved = await ResolveAsync("http://127.0.0.1:5101");

        Assert.Equal("http://127.0.0.1:5101", Assert.Single(resolved.Destinations).Value.Address);
        Assert.Null(resolved.ChangeToken);
    }

    [Fact]
    public async Task A_name_that_cannot_be_looked_up_is_looked_up_again()
    {
        var resolved = await ResolveAsync("dns:///no-such-name.invalid:5101");

        Assert.Empty(resolved.Destinations);
        Assert.NotNull(resolved.ChangeToken);
    }

    private static ValueTask<Yarp.ReverseProxy.ServiceDiscovery.ResolvedDestinationCollection> ResolveAsync(string address) =>
        new ReplicaResolver(NullLogger<ReplicaResolver>.Instance).ResolveDestinationsAsync(
            new Dictionary<string, DestinationConfig> { ["identity"] = new() { Address = address } }, CancellationToken.None);
}
