using System.Text;
using Npgsql;

namespace DirectorySync.Events.Tests;

/// <summary>Webhook secrets at rest.</summary>
public sealed class WebhookSecretTests(WebhookHost host) : IClassFixture<WebhookHost>
{
    [Fact]
    public async Task No_row_of_the_database_holds_a_secret_in_clear()
    {
        await using var receiver = await Receiver.StartAsync();
        var endpoint = await host.NewEndpointAsync(receiver);
        var rotated = (await host.Webhooks.RotateWebhookSecretAsync(new() { Id = endpoint.Id, OverlapHours = 1 })).Endpoint;

        var stored = await StoredAsync(endpoint.Id);

        Assert.StartsWith("whsec_", endpoint.Secret, StringComparison.Ordinal);
        Assert.Equal(endpoint.Secret, rotated.PreviousSecret);
        Assert.Equal(rotated, (await host.Webhooks.GetWebhookEndpointAsync(new() { Id = endpoint.Id })).Endpoint);
        Assert.DoesNotContain("whsec_", Encoding.Latin1.GetString(stored), StringComparison.Ordinal);
        Assert.Empty(await DatabaseSearch.FindAsync(host.ConnectionString, endpoint.Secret));
        Assert.Empty(await DatabaseSearch.FindAsync(host.ConnectionString, rotated.Secret));
    }

    [Fact]
    public async Task Another_replica_signs_with_a_secret_that_this_one_stored()
    {
        await using var receiver = await Receiver.StartAsync();
        var endpoint = await host.NewEndpointAsync(receiver);
        await using var replica = host.StartReplica();

        var seen = await new WebhookService.WebhookServiceClient(replica.Calls).GetWebhookEndpointAsync(new() { Id = endpoint.Id });

        Assert.Equal(endpoint.Secret, seen.Endpoint.Secret);
    }

    [Fact]
    public async Task A_secret_from_before_there_were_keys_is_encrypted_at_the_next_start_and_stays_the_same()
    {
        await using var receiver = await Receiver.StartAsync();
        var endpoint = await host.NewEndpointAsync(receiver);
        await host.Database.Sql($"update webhook_endpoints set data = {Google.Protobuf.MessageExtensions.ToByteArray(endpoint)} where id = {endpoint.Id}")
            .ExecuteAsync(CancellationToken.None);

        await using var replica = host.StartReplica();

        await Eventually.True(
            async () => !Encoding.Latin1.GetString(await StoredAsync(endpoint.Id)).Contains("whsec_", StringComparison.Ordinal), what: "it is encrypted");
        Assert.Equal(endpoint.Secret, (await host.Webhooks.GetWebhookEndpointAsync(new() { Id = endpoint.Id })).Endpoint.Secret);
    }

    [Fact]
    public async Task Without_the_key_nothing_is_sent_unsigned_and_a_new_secret_heals()
    {
        await using var receiver = await Receiver.StartAsync();
        var endpoint = await host.NewEndpointAsync(receiver);
        var stored = WebhookEndpoint.Parser.ParseFrom(await StoredAsync(endpoint.Id));
        stored.Secret = string.Concat(stored.Secret.AsSpan(0, stored.Secret.Length - 8), "AAAAAAAA");
        await host.Database.Sql($"update webhook_endpoints set data = {Google.Protobuf.MessageExtensions.ToByteArray(stored)} where id = {endpoint.Id}")
            .ExecuteAsync(CancellationToken.None);

        var refused = (await host.Webhooks.SendTestEventAsync(new() { Id = endpoint.Id })).Attempt;
        await host.Webhooks.RotateWebhookSecretAsync(new() { Id = endpoint.Id });
        var sent = (await host.Webhooks.SendTestEventAsync(new() { Id = endpoint.Id })).Attempt;

        Assert.Equal((0, "SECRET_UNREADABLE"), (refused.Status, refused.Error));
        Assert.Equal(200, sent.Status);
    }

    private async Task<byte[]> StoredAsync(string id)
    {
        await using var source = NpgsqlDataSource.Create(host.ConnectionString);
        await using var command = source.CreateCommand("select data from webhook_endpoints where id = $1");
        command.Parameters.Add(new() { Value = id });
        return (byte[])(await command.ExecuteScalarAsync())!;
    }
}
