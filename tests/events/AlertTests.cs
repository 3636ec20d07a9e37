using System.Text.Json;
using DirectorySync.Chassis.Feed;
using DirectorySync.Events.Alerts;
using DirectorySync.Identity.V1;
using Google.Protobuf;
using MimeKit;

namespace DirectorySync.Events.Tests;

/// <summary>With a mail server, an operator, and little patience.</summary>
public sealed class AlertHost() : EventsHost(
    ("Alerts:Every", "00:00:00.100"), ("Alerts:LanePatience", "00:00:00.200"), ("Alerts:To", "Operator <operator@acme.com>"), ("Mail:PerSecond", "200"),
    ("Webhooks:AllowPrivate", "true"), ("Webhooks:FirstDelay", "00:00:00.020"), ("Webhooks:LongestDelay", "00:00:00.100"), ("Webhooks:RefusalAttempts", "2"))
{
    internal MailServer Server { get; private set; } = null!;

    internal AlertService.AlertServiceClient Alerts => new(Channel);

    internal WebhookService.WebhookServiceClient Webhooks => new(Channel);

    public override async Task InitializeAsync()
    {
        Server = await MailServer.StartAsync();
        Add(Server.Settings);
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Server.DisposeAsync();
    }

    internal async Task<WebhookEndpoint> NewEndpointAsync(Receiver receiver) => (await Webhooks.CreateWebhookEndpointAsync(new()
    {
        Endpoint = new() { Url = $"{receiver.Url}?{Guid.NewGuid():N}", Enabled = true, Events = { "dsync.user.created" } },
    })).Endpoint;

    internal async Task<Alert?> FindAsync(TestDirectory directory, string code) =>
        (await Alerts.ListAlertsAsync(new() { DirectoryId = directory.Id })).Alerts.SingleOrDefault(alert => alert.Code == code);

    /// <summary>The messages of an occasion.</summary>
    internal async Task<List<MimeMessage>> MailsAsync(Alert alert)
    {
        var messages = await Task.WhenAll(Server.To("operator@acme.com").Select(mail => MimeMessage.LoadAsync(new System.IO.MemoryStream(mail.Raw))));
        return [.. messages.Where(message => message.MessageId == $"{alert.Id}@acme.com")];
    }
}

public sealed class AlertTests(AlertHost host) : IClassFixture<AlertHost>
{
    [Fact]
    public async Task A_lane_that_waits_too_long_is_told_once_by_e_mail_and_event_and_ends_by_itself()
    {
        await using var replica = host.StartReplica();
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = _ => Task.FromResult(503);
        var endpoint = await host.NewEndpointAsync(receiver);
        var directory = await host.NewDirectoryAsync();
        await directory.UserAsync("ada", 1);

        var alert = (await Eventually.Get(() => host.FindAsync(directory, "LANE_WAITING"), found => found?.MailTime is not null, what: "somebody is told"))!;
        Assert.Equal(endpoint.Id, alert.ResourceId);
        Assert.Null(alert.EndTime);
        Assert.Contains(endpoint.Url, alert.Detail, StringComparison.Ordinal);
        receiver.Answer = _ => Task.FromResult(200);

        await Eventually.True(async () => (await host.FindAsync(directory, "LANE_WAITING"))!.EndTime is not null, what: "it ends by itself");
        var told = await Eventually.Get(() => ToldAsync(directory), events => events.Count == 2, what: "both are told");
        Assert.Equal([("dsync.alert.started", alert.Id), ("dsync.alert.ended", alert.Id)], told);
        Assert.Contains("LANE_WAITING", Assert.Single(await host.MailsAsync(alert)).Subject, StringComparison.Ordinal);
        Assert.Empty((await host.Alerts.ListAlertsAsync(new() { DirectoryId = directory.Id, Open = true })).Alerts);
    }

    [Fact]
    public async Task Dead_letters_are_an_occasion_until_they_are_replayed_and_what_a_person_skips_is_none()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = _ => Task.FromResult(422);
        var endpoint = await host.NewEndpointAsync(receiver);
        var directory = await host.NewDirectoryAsync();
        await directory.UserAsync("ada", 1);
        var first = (await Eventually.Get(() => host.FindAsync(directory, "DEAD_LETTERS"), found => found is not null, what: "letters are dead"))!;
        receiver.Answer = _ => Task.FromResult(200);
        foreach (var letter in (await host.Webhooks.ListDeadLettersAsync(new() { EndpointId = endpoint.Id })).DeadLetters)
        {
            await host.Webhooks.ReplayDeadLetterAsync(new() { EndpointId = endpoint.Id, EventId = letter.EventId });
        }

        await Eventually.True(async () => (await host.FindAsync(directory, "DEAD_LETTERS"))!.EndTime is not null, what: "it ends by itself");
        receiver.Answer = _ => Task.FromResult(422);
        await directory.UserAsync("bob", 1);

        var second = await Eventually.Get(() => host.FindAsync(directory, "DEAD_LETTERS"), found => found!.EndTime is null, what: "another occasion");
        Assert.NotEqual(first.Id, second!.Id);
    }

    [Fact]
    public async Task What_identity_tells_of_is_told_and_ends_with_it()
    {
        var directory = await host.NewDirectoryAsync();
        await host.ApplyAsync("identity", [Change(directory, "TOKEN_EXPIRES_SOON", "token", 1), Change(directory, "SILENT", "", 1)]);
        var token = (await Eventually.Get(
            () => host.FindAsync(directory, "TOKEN_EXPIRES_SOON"), found => found?.MailTime is not null, what: "somebody is told"))!;
        Assert.Equal(("token", "It ends.", "Make another."), (token.ResourceId, token.Detail, token.Remedy));

        // What ends before it is told is no news.
        await Eventually.True(async () => (await ToldAsync(directory)).Contains(("dsync.alert.started", token.Id)), what: "its beginning is told");
        var ended = Change(directory, "TOKEN_EXPIRES_SOON", "token", 2);
        ended.Deleted = true;
        await host.ApplyAsync("identity", [ended]);

        await Eventually.True(async () => (await ToldAsync(directory)).Contains(("dsync.alert.ended", token.Id)), what: "its end is told");
        Assert.Null((await host.FindAsync(directory, "SILENT"))!.EndTime);
        var silent = (await host.FindAsync(directory, "SILENT"))!.Id;
        await Eventually.True(async () => (await ToldAsync(directory)).Contains(("dsync.alert.started", silent)), what: "its beginning is told");
        await host.SweepAsync("identity", Guid.NewGuid());
        Assert.NotNull((await host.FindAsync(directory, "SILENT"))!.EndTime);
    }

    [Fact]
    public void Receivers_that_are_none_are_refused() =>
        Assert.True(new AlertOptionsValidator().Validate(null, new() { To = "operator@acme.com, broken" }).Failed);

    private static Feed.V1.Change Change(TestDirectory directory, string code, string resourceId, long version) => FeedImage.Of(
        directory.Id, DirectoryAlert.Descriptor.FullName, $"{code}/{resourceId}", version, new DirectoryAlert
        {
            DirectoryId = directory.Id, Code = code, ResourceId = resourceId, Detail = "It ends.", Remedy = "Make another.",
        }.ToByteArray());

    private static async Task<List<(string Type, string Id)>> ToldAsync(TestDirectory directory) =>
        [.. (await directory.EventsAsync()).Where(told => told.Type.StartsWith("dsync.alert.", StringComparison.Ordinal))
            .Select(told => (told.Type, JsonDocument.Parse(told.DataJson).RootElement.GetProperty("id").GetString()!))];
}
