using System.Net;
using DirectorySync.Errors.V1;
using DirectorySync.Events.Webhooks;

namespace DirectorySync.Events.Tests;

public sealed class DeliveryRulesTests(EventsHost host) : IClassFixture<EventsHost>
{
    private static readonly WebhookOptions Options = new();

    [Theory]
    [InlineData(200, 1, 0, "Delivered")]
    [InlineData(204, 50, 71, "Delivered")]
    [InlineData(410, 1, 0, "Disable")]
    [InlineData(0, 50, 71, "Retry")]
    [InlineData(408, 50, 71, "Retry")]
    [InlineData(425, 50, 71, "Retry")]
    [InlineData(429, 50, 71, "Retry")]
    [InlineData(503, 50, 71, "Retry")]
    [InlineData(503, 50, 72, "Stop")]
    [InlineData(0, 50, 72, "Stop")]
    [InlineData(400, 9, 0, "Retry")]
    [InlineData(400, 10, 0, "Park")]
    [InlineData(404, 2, 1, "Park")]
    [InlineData(301, 10, 0, "Park")]
    public void What_follows_from_an_attempt(int status, int attempts, int hours, string outcome) => Assert.Equal(
        outcome,
        DeliveryRules.Decide(new(status, "", "", TimeSpan.Zero), TimeSpan.FromHours(hours), attempts, TimeSpan.FromHours(hours), Options).ToString());

    [Fact]
    public void Waits_double_up_to_an_hour_and_are_never_shorter_than_asked_for()
    {
        for (var attempt = 1; attempt < 100; attempt++)
        {
            var longest = TimeSpan.FromSeconds(Math.Min(Math.Pow(2, attempt - 1), 3600));
            Assert.InRange(DeliveryRules.Delay(attempt, null, Options, Random.Shared), longest / 2, longest);
        }

        Assert.Equal(TimeSpan.FromMinutes(5), DeliveryRules.Delay(1, TimeSpan.FromMinutes(5), Options, Random.Shared));
        Assert.Equal(TimeSpan.FromHours(1), DeliveryRules.Delay(1, TimeSpan.FromDays(5), Options, Random.Shared));
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("172.31.255.1", false)]
    [InlineData("192.168.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::1", false)]
    [InlineData("::", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("2002:a00:1::", false)]
    public void Only_public_addresses_are_reached(string address, bool isPublic) => Assert.Equal(isPublic, AddressGuard.IsPublic(IPAddress.Parse(address)));

    [Fact]
    public async Task Private_addresses_are_refused_when_they_are_given_and_when_a_name_leads_to_them()
    {
        var webhooks = new WebhookService.WebhookServiceClient(host.Channel);
        foreach (var url in (string[])
        [
            "http://example.com/", "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://10.0.0.8/", "https://2130706433/",
            "https://user:secret@example.com/",
        ])
        {
            await EventsHost.FailsAsync(ErrorReason.InvalidValue, async () => await webhooks.CreateWebhookEndpointAsync(new() { Endpoint = new() { Url = url } }));
        }

        await Assert.ThrowsAsync<AddressNotAllowedException>(async () =>
            await AddressGuard.ConnectAsync(new DnsEndPoint("localhost", 443), allowPrivate: false, CancellationToken.None));
    }
}
