using System.Net.Http.Json;
using System.Text.Json;
using DirectorySync.Kit;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>From Okta's request to the invitation in the mail server, and what a crash in between leaves.</summary>
[Collection(SharedSystem.Name)]
public sealed class InvitationTests(SharedSystem system)
{
    [Fact]
    public async Task A_service_that_is_killed_while_the_mail_server_has_the_message_leaves_it_uncertain_and_sends_it_once()
    {
        await using var mail = await MailServer.StartAsync();
        var settings = mail.Settings.ToDictionary(setting => setting.Key.Replace(":", "__", StringComparison.Ordinal), setting => setting.Value);
        (settings["Mail__Timeout"], settings["Mail__FirstDelay"]) = ("00:00:05", "00:00:00.500");
        await RestartAsync(settings);
        using var rest = new HttpClient { BaseAddress = new(system.Stack.GatewayUrl()), DefaultRequestHeaders = { { "Authorization", $"Bearer {system.ApiKey}" } } };
        var directory = await system.CreateDirectoryAsync();
        (await rest.PatchAsJsonAsync($"/directories/{directory.Id}", new { policies = new { invitations = true } })).EnsureSuccessStatusCode();
        var sent = await directory.Scim().CreateUserAsync("ada@example.com");
        await Eventually.True(() => mail.To("ada@example.com").Count == 1, what: "ada is invited");

        var held = await directory.Scim().CreateUserAsync("mute@example.com");
        await Eventually.True(() => mail.To("mute@example.com").Count == 1, what: "the mail server has the message");
        await RestartAsync(settings);

        var invitations = await Eventually.Get(
            async () => await ListAsync(rest, directory), list => list.GetValueOrDefault(held) == "uncertain", what: "it is uncertain");
        Assert.Equal("sent", invitations[sent]);
        Assert.Single(mail.To("mute@example.com"));
        var again = await rest.PostAsync($"/directories/{directory.Id}/invitations/{held}/resend", null);
        Assert.Equal("pending", (await again.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("state").GetString());
        await Eventually.True(() => mail.To("mute@example.com").Count == 2, what: "a person has it sent again");
    }

    private async Task RestartAsync(Dictionary<string, string> settings)
    {
        await system.Stack.KillAsync("events");
        await system.Stack.StartAgainAsync("events", changed: settings);
    }

    private static async Task<Dictionary<string, string>> ListAsync(HttpClient rest, TestDirectory directory) =>
        (await rest.GetFromJsonAsync<JsonElement>($"/directories/{directory.Id}/invitations")).GetProperty("data").EnumerateArray()
            .ToDictionary(i => i.GetProperty("directory_user_id").GetString()!, i => i.GetProperty("state").GetString()!);
}
