using System.Net;
using DirectorySync.Gateway.Hosting;

namespace DirectorySync.Gateway.Tests.Hosting;

public sealed class TrustedNetworksTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("10.0.0.0/8", 1)]
    [InlineData("10.0.0.0/8, 192.168.1.4, ::1", 3)]
    public void Proxies_are_addresses_and_networks(string text, int count)
    {
        Assert.True(TrustedNetworks.TryRead(text, out var networks));
        Assert.Equal(count, networks.Count);
    }

    [Fact]
    public void An_address_stands_for_itself_alone()
    {
        Assert.True(TrustedNetworks.TryRead("192.168.1.4", out var networks));
        Assert.True(networks[0].Contains(IPAddress.Parse("192.168.1.4")));
        Assert.False(networks[0].Contains(IPAddress.Parse("192.168.1.5")));
    }

    [Theory]
    [InlineData("proxy.example.com")]
    [InlineData("10.0.0.0/33")]
    [InlineData("*")]
    public void What_is_neither_keeps_the_gateway_from_starting(string text) => Assert.False(TrustedNetworks.TryRead(text, out _));
}
