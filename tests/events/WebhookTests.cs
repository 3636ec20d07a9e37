using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using DirectorySync.Errors.V1;

namespace DirectorySync.Events.Tests;

/// <summary>Impatient, and allowed to post to this machine.</summary>
public sealed class WebhookHost() : EventsHost(
    ("Webhooks:AllowPrivate", "true"), ("Webhooks:FirstDelay", "00:00:00.020"), ("Webhooks:LongestDelay", "00:00:00.100"),
    ("Webhooks:Patience", "00:00:02"), ("Alerts:Every", "01:00:00"), ("Webhooks:RefusalAttempts", "3"), ("Webhooks:Timeout", "00:00:10"), ("Webhooks:ProtectStoredAfter", "00:00:00"))
{
    internal WebhookService.WebhookServiceClient Webhooks => new(Channel);

    internal async Task<WebhookEndpoint> NewEndpointAsync(Receiver receiver, params string[] events) =>
        (await Webhooks.CreateWebhookEndpointAsync(new()
        {
            Endpoint = new() { Url = $"{receiver.Url}?{Guid.NewGuid():N}", Enabled = true, Events = { events } },
        })).Endpoint;
}

public sealed class WebhookTests(WebhookHost host) : IClassFixture<WebhookHost>
{
    [Fact]
    public async Task Each_directorys_events_arrive_in_order_while_the_receiver_fails_and_two_replicas_deliver()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var replica = host.StartReplica();
        var random = new ConcurrentDictionary<string, int>();
        receiver.Answer = received => Task.FromResult(random.AddOrUpdate(received.Id, 1, (_, count) => count + 1) % 3 == 0 ? 200 : 503);
        await host.NewEndpointAsync(receiver);
        var directories = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => host.NewDirectoryAsync()));

        foreach (var version in Enumerable.Range(1, 4))
        {
            await Task.WhenAll(directories.Select(directory => directory.UserAsync("ada", version, p => p.LastName = $"Name {version}")));
        }

        foreach (var directory in directories)
        {
            var told = await directory.EventsAsync();
            var arrived = await Eventually.Get(
                () => Task.FromResult(Of(receiver.Accepted, directory)), list => list.Distinct().Count() == told.Count, what: "all events arrived");
            Assert.Equal(told.Select(e => e.Sequence), arrived.Distinct());
            Assert.Equal(arrived.Order(), arrived);
        }
    }

    [Fact]
    public async Task Only_refusals_count_towards_parking_whatever_else_failed_before()
    {
        await using var receiver = await Receiver.StartAsync();
        var endpoint = await host.NewEndpointAsync(receiver);
        var tries = 0;
        receiver.Answer = _ => Task.FromResult(Interlocked.Increment(ref tries) switch { <= 5 => 503, <= 7 => 404, _ => 200 });

        var directory = await host.NewDirectoryAsync();

        var first = (await directory.EventsAsync())[0];
        await Eventually.True(() => receiver.Accepted.Exists(r => r.Id == first.Id), what: "the first event arrives");
        Assert.Empty((await host.Webhooks.ListDeadLettersAsync(new() { EndpointId = endpoint.Id })).DeadLetters);
    }

    [Fact]
    public async Task What_is_refused_is_parked_and_the_lane_goes_on_and_a_replay_delivers_it()
    {
        await using var receiver = await Receiver.StartAsync();
        var endpoint = await host.NewEndpointAsync(receiver);
        var directory = await host.NewDirectoryAsync();
        receiver.Answer = received => Task.FromResult(received.Body.Contains("poison", StringComparison.Ordinal) ? 422 : 200);

        await directory.UserAsync("ada", 1, p => p.LastName = "poison");
        await directory.UserAsync("bob", 1);
        await Eventually.True(() => receiver.Accepted.Exists(r => r.Body.Contains("bob", StringComparison.Ordinal)), what: "bob arrived");

        var letter = Assert.Single((await host.Webhooks.ListDeadLettersAsync(new() { EndpointId = endpoint.Id })).DeadLetters);
        Assert.Equal(("REFUSED", "422", "dsync.user.created", directory.Id), (letter.Reason, letter.LastError, letter.EventType, letter.DirectoryId));
        var attempts = (await host.Webhooks.ListDeliveryAttemptsAsync(new() { EndpointId = endpoint.Id, DirectoryId = directory.Id })).Attempts;
        Assert.Equal(3, attempts.Count(attempt => attempt.Status == 422 && attempt.EventId == letter.EventId && attempt.ResponseStart == "answered"));

        receiver.Answer = _ => Task.FromResult(200);
        var replayed = await host.Webhooks.ReplayDeadLetterAsync(new() { EndpointId = endpoint.Id, EventId = letter.EventId });
        Assert.Equal((200, true), (replayed.Attempt.Status, replayed.Attempt.Replay));
        Assert.True(receiver.Accepted[^1].Json.GetProperty("replay").GetBoolean());
        Assert.NotNull((await host.Webhooks.ListDeadLettersAsync(new() { EndpointId = endpoint.Id })).DeadLetters[0].ReplayTime);
    }

    [Fact]
    public async Task An_endpoint_that_is_gone_is_disabled_and_loses_nothing_when_it_is_enabled_again()
    {
        await using var receiver = await Receiver.StartAsync();
        var endpoint = await host.NewEndpointAsync(receiver);
        var directory = await host.NewDirectoryAsync();
        await directory.UserAsync("ada", 1);
        await Eventually.True(() => Of(receiver.Accepted, directory).Length == 2, what: "both arrived");

        receiver.Answer = _ => Task.FromResult(410);
        await directory.UserAsync("bob", 1);
        var gone = await Eventually.Get(
            async () => (await host.Webhooks.GetWebhookEndpointAsync(new() { Id = endpoint.Id })).Endpoint, e => !e.Enabled, what: "it is disabled");
        Assert.Equal("GONE", gone.DisabledReason);
        await directory.UserAsync("cyd", 1);
        await directory.SettledAsync();
        var late = await host.NewDirectoryAsync();
        await late.SettledAsync();

        receiver.Answer = _ => Task.FromResult(200);
        await host.Webhooks.UpdateWebhookEndpointAsync(new() { Endpoint = new() { Id = endpoint.Id, Enabled = true }, UpdateMask = { "enabled" } });

        await Eventually.True(() => Of(receiver.Accepted, directory).Length == 4 && Of(receiver.Accepted, late).Length == 1, what: "all arrived");
        Assert.Equal([1, 2, 3, 4], Of(receiver.Accepted, directory));
    }

    [Fact]
    public async Task An_endpoint_that_was_enabled_again_is_not_disabled_by_an_answer_to_what_was_sent_before()
    {
        await using var receiver = await Receiver.StartAsync();
        var asked = await host.NewEndpointAsync(receiver);
        var endpoints = host.Get<Webhooks.WebhookStore>();
        Assert.True(await endpoints.DisableAsync(asked, "GONE", CancellationToken.None));
        await host.Webhooks.UpdateWebhookEndpointAsync(new() { Endpoint = new() { Id = asked.Id, Enabled = true }, UpdateMask = { "enabled" } });

        Assert.False(await endpoints.DisableAsync(asked, "GONE", CancellationToken.None));
        Assert.True((await host.Webhooks.GetWebhookEndpointAsync(new() { Id = asked.Id })).Endpoint.Enabled);
    }

    [Fact]
    public async Task A_replica_that_stops_leaves_what_it_was_delivering_to_the_others_at_once()
    {
        await using var receiver = await Receiver.StartAsync();
        var release = new TaskCompletionSource();
        receiver.Answer = async _ =>
        {
            await release.Task;
            return 200;
        };
        await host.NewEndpointAsync(receiver);
        var replica = host.StartReplica();
        var directories = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => host.NewDirectoryAsync()));
        await Eventually.True(() => directories.All(d => Of(receiver.All, d).Length == 1), what: "all are being delivered");

        await replica.DisposeAsync();
        release.SetResult();
        receiver.Answer = _ => Task.FromResult(200);

        await Eventually.True(() => directories.All(d => Of(receiver.Accepted, d).Length > 0), TimeSpan.FromSeconds(8), "all arrived");
        await Eventually.True(
            async () => await host.Database.Sql($"select not exists (select from webhook_lanes where lease is not null)")
                .SingleAsync(row => row.GetBoolean(0), CancellationToken.None),
            TimeSpan.FromSeconds(8), "nobody holds what he does not deliver");
    }

    [Fact]
    public async Task A_lane_that_fails_for_too_long_stops_until_a_person_resumes_or_skips()
    {
        await using var receiver = await Receiver.StartAsync();
        var directory = await host.NewDirectoryAsync();
        await directory.SettledAsync();
        var endpoint = await host.NewEndpointAsync(receiver, "dsync.user.created");
        receiver.Answer = received => Task.FromResult(received.Body.Contains("ada", StringComparison.Ordinal) ? 500 : 200);
        await directory.GroupsAsync(directory.Group("not-wanted", "Not wanted"));
        await directory.UserAsync("ada", 1);
        await directory.UserAsync("bob", 1);

        var lane = await Eventually.Get(
            async () => (await host.Webhooks.ListWebhookLanesAsync(new() { EndpointId = endpoint.Id, Failing = true })).Lanes.FirstOrDefault(),
            found => found?.State == WebhookLaneState.Stopped, what: "the lane stopped");
        Assert.Equal((directory.Id, "500"), (lane!.DirectoryId, lane.LastError));
        var figures = await host.Get<EventsMetrics>().MeasureAsync(CancellationToken.None);
        Assert.True(figures is { StoppedLanes: > 0, WaitingLanes: > 0, WebhookLagSeconds: >= 2 }, $"{figures}");
        Assert.Empty(receiver.Accepted);
        var events = await directory.EventsAsync();
        await EventsHost.FailsAsync(ErrorReason.NoTarget, async () => await host.Webhooks.SkipWebhookEventAsync(
            new() { EndpointId = endpoint.Id, DirectoryId = directory.Id, EventId = events[^1].Id }));
        await host.Webhooks.SkipWebhookEventAsync(new()
        {
            EndpointId = endpoint.Id, DirectoryId = directory.Id, EventId = events.Single(e => e.DataJson.Contains("\"ada\"", StringComparison.Ordinal)).Id,
        });

        await Eventually.True(() => receiver.Accepted.Count == 1, what: "bob arrived");
        Assert.True((await host.Get<EventsMetrics>().MeasureAsync(CancellationToken.None)).DeadLetters > 0);
        Assert.Equal("SKIPPED", Assert.Single((await host.Webhooks.ListDeadLettersAsync(new() { EndpointId = endpoint.Id })).DeadLetters).Reason);

        receiver.Answer = _ => Task.FromResult(200);
        await host.Webhooks.ReplayWebhookLaneAsync(new() { EndpointId = endpoint.Id, DirectoryId = directory.Id, AfterEventId = events[0].Id });
        await Eventually.True(() => receiver.Accepted.Count == 3, what: "both arrived again");
        Assert.All(receiver.Accepted[1..], received => Assert.True(received.Json.GetProperty("replay").GetBoolean()));
        await directory.UserAsync("cyd", 1);
        await Eventually.True(() => receiver.Accepted.Count == 4, what: "the next arrived");
        Assert.False(receiver.Accepted[3].Json.TryGetProperty("replay", out _));
    }

    [Fact]
    public async Task A_receiver_that_stalls_delays_no_other()
    {
        await using var stalled = await Receiver.StartAsync();
        await using var quick = await Receiver.StartAsync();
        var release = new TaskCompletionSource();
        stalled.Answer = async _ =>
        {
            await release.Task;
            return 200;
        };
        await host.NewEndpointAsync(stalled);
        await host.NewEndpointAsync(quick);
        var directories = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => host.NewDirectoryAsync()));

        await Eventually.True(() => directories.All(d => Of(quick.Accepted, d).Length == 1), TimeSpan.FromSeconds(9), "the quick one has all");
        Assert.Empty(stalled.Accepted);
        release.SetResult();
        await Eventually.True(() => directories.All(d => Of(stalled.Accepted, d).Length == 1), what: "the stalled one has all");
    }

    [Fact]
    public async Task Deliveries_are_signed_in_both_forms_and_by_both_secrets_while_they_overlap()
    {
        await using var receiver = await Receiver.StartAsync();
        var endpoint = await host.NewEndpointAsync(receiver);

        var test = await host.Webhooks.SendTestEventAsync(new() { Id = endpoint.Id });
        Assert.Equal((200, "dsync.test"), (test.Attempt.Status, test.Attempt.EventType));
        var received = receiver.Accepted.Single();
        Assert.Equal(Hosted(received, endpoint.Secret), Parts(received)[1]);
        Assert.Equal(Standard(received, endpoint.Secret), received.Headers["webhook-signature"]);
        Assert.Equal(received.Id, received.Headers["webhook-id"]);
        Assert.StartsWith("whsec_", endpoint.Secret, StringComparison.Ordinal);

        var rotated = (await host.Webhooks.RotateWebhookSecretAsync(new() { Id = endpoint.Id, OverlapHours = 1 })).Endpoint;
        Assert.NotEqual(endpoint.Secret, rotated.Secret);
        await host.Webhooks.SendTestEventAsync(new() { Id = endpoint.Id });
        var both = receiver.Accepted[^1];
        Assert.Equal([Hosted(both, endpoint.Secret), Hosted(both, rotated.Secret)], Parts(both)[1..]);
        Assert.Equal($"{Standard(both, endpoint.Secret)} {Standard(both, rotated.Secret)}", both.Headers["webhook-signature"]);

        await host.Webhooks.RotateWebhookSecretAsync(new() { Id = endpoint.Id });
        await host.Webhooks.SendTestEventAsync(new() { Id = endpoint.Id });
        Assert.Equal(2, Parts(receiver.Accepted[^1]).Length);
    }

    [Fact]
    public async Task Endpoints_are_managed_and_an_address_is_used_once()
    {
        await using var receiver = await Receiver.StartAsync();
        var wanted = new CreateWebhookEndpointRequest { Endpoint = new() { Url = receiver.Url + "/managed", Enabled = true }, RequestId = "managed-1" };
        var created = (await host.Webhooks.CreateWebhookEndpointAsync(wanted)).Endpoint;
        Assert.Equal(created, (await host.Webhooks.CreateWebhookEndpointAsync(wanted)).Endpoint);
        wanted.RequestId = "managed-2";
        await EventsHost.FailsAsync(ErrorReason.WebhookUrlTaken, async () => await host.Webhooks.CreateWebhookEndpointAsync(wanted));
        await EventsHost.FailsAsync(ErrorReason.InvalidValue, async () => await host.Webhooks.CreateWebhookEndpointAsync(
            new() { Endpoint = new() { Url = "ftp://example.com" } }));
        await EventsHost.FailsAsync(ErrorReason.InvalidValue, async () => await host.Webhooks.CreateWebhookEndpointAsync(
            new() { Endpoint = new() { Url = "https://example.com/x", Events = { "dsync.user" } } }));

        var updated = (await host.Webhooks.UpdateWebhookEndpointAsync(new()
        {
            Endpoint = new() { Id = created.Id, Events = { "dsync.user.created" } }, UpdateMask = { "events" },
        })).Endpoint;
        Assert.Equal((2, true, "dsync.user.created"), (updated.Version, updated.Enabled, Assert.Single(updated.Events)));
        Assert.Contains(updated, (await host.Webhooks.ListWebhookEndpointsAsync(new() { Page = new() { Limit = 100 } })).Endpoints);
        await host.Webhooks.DeleteWebhookEndpointAsync(new() { Id = created.Id });
        await EventsHost.FailsAsync(ErrorReason.ResourceNotFound, async () => await host.Webhooks.GetWebhookEndpointAsync(new() { Id = created.Id }));
    }

    private static long[] Of(List<Received> received, TestDirectory directory) =>
        [.. received.Select(r => r.Json).Where(json => json.GetProperty("directory_id").GetString() == directory.Id).Select(json => json.GetProperty("sequence").GetInt64())];

    private static string[] Parts(Received received) => received.Headers["workos-signature"].Split(", ");

    private static string Hosted(Received received, string secret) => "v1=" + Convert.ToHexStringLower(HMACSHA256.HashData(
        Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{Parts(received)[0]["t=".Length..]}.{received.Body}")));

    private static string Standard(Received received, string secret) => "v1," + Convert.ToBase64String(HMACSHA256.HashData(
        Convert.FromBase64String(secret["whsec_".Length..]),
        Encoding.UTF8.GetBytes($"{received.Headers["webhook-id"]}.{received.Headers["webhook-timestamp"]}.{received.Body}")));
}
