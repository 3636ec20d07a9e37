using System.Globalization;
using DirectorySync.Kit;

namespace DirectorySync.Gateway.Tests.Running;

/// <summary>Services that are away: each client is told in its own way to come again, and what still can be done is done.</summary>
[Collection(InterruptedGateway.Name)]
public sealed class OutageTests(InterruptedGateway interrupted)
{
    private static readonly (string, string) Okta = ("User-Agent", "Okta SCIM Client 1.0.0");

    private readonly Stack stack = interrupted.Stack;

    [Fact]
    public async Task Identity_away_is_told_as_unavailability_and_passes_by_itself()
    {
        var okta = await stack.CreateDirectoryAsync();
        var entra = await stack.CreateDirectoryAsync("Entra", "azure scim v2.0");
        using var fromOkta = new Api(okta.ScimBaseUrl, okta.Token);
        using var fromEntra = new Api(entra.ScimBaseUrl, entra.Token);
        using var stranger = new Api($"{stack.GatewayUrl()}/scim/v2/never-seen", "token");
        Assert.Equal(200, (await fromOkta.GetAsync("/Users")).Status);
        Assert.Equal(200, (await fromEntra.GetAsync("/Users")).Status);

        await stack.KillAsync("identity");

        var (a, b, c, d) = (fromOkta.GetAsync("/Users"), fromEntra.GetAsync("/Users", Okta), stranger.GetAsync("/Users", Okta), stranger.GetAsync("/Users"));
        Told(await a, 429);
        // What was seen at the endpoint counts more than what the client says.
        Told(await b, 503);
        Told(await c, 429);
        Told(await d, 503);
        TellsWhen((await interrupted.GetAsync("/organizations")).Expect(503, "unavailable"));
        Assert.Equal("away: identity\n", (await interrupted.GetAsync("/health/ready")).Body);

        // A short outage is not noticed at all.
        var waiting = fromOkta.PostAsync("/Users", """{"userName":"patient@example.com"}""");
        await stack.StartAgainAsync("identity");
        if ((await waiting).Status == 429)
        {
            // Until the gateway has its connection again, which it waits for no longer than its window.
            await interrupted.BackAsync();
            waiting = fromOkta.PostAsync("/Users", """{"userName":"patient@example.com"}""");
        }

        Assert.Equal(201, (await waiting).Status);
        await interrupted.BackAsync();
    }

    // A deactivation must not wait for the groups.
    [Fact]
    public async Task Group_membership_away_leaves_users_working()
    {
        var directory = await stack.CreateDirectoryAsync();
        using var scim = new Api(directory.ScimBaseUrl, directory.Token);
        var id = (await scim.PostAsync("/Users", """{"userName":"alone@example.com"}""")).Text("id");
        var group = (await scim.PostAsync("/Groups", $$"""{"displayName":"Away","members":[{"value":"{{id}}"}]}""")).Text("id");

        await stack.KillAsync("group-membership");

        var read = await scim.GetAsync($"/Users/{id}");
        Assert.Equal(200, read.Status);
        Assert.Null(read.Body!["groups"]);
        read.Body["active"] = false;
        var put = await scim.PutAsync($"/Users/{id}", read.Body.ToJsonString());
        Assert.Equal((200, false), (put.Status, put.Body!["active"]!.GetValue<bool>()));
        foreach (var answer in await Task.WhenAll(
            scim.GetAsync($"/Users/{id}?attributes=groups"),
            scim.GetAsync($"/Groups/{group}"),
            scim.PutAsync($"/Groups/{group}", """{"displayName":"Away","members":[]}""")))
        {
            Told(answer, 429);
        }

        // The REST API does without their number where it can.
        Assert.False((await interrupted.GetAsync($"/directories/{directory.Id}")).Expect(200).Json.TryGetProperty("metadata", out _));
        (await interrupted.SendAsync("PATCH", $"/directories/{directory.Id}", """{"policies": {"rate_limit": 200}}""")).Expect(200);
        TellsWhen((await interrupted.GetAsync($"/directories/{directory.Id}/problems")).Expect(503, "unavailable"));

        await stack.StartAgainAsync("group-membership");
        var back = await Eventually.Get(() => scim.GetAsync($"/Users/{id}"), answer => answer.Body!["groups"] is not null);
        Assert.Single(back.Body!["groups"]!.AsArray());
        await interrupted.BackAsync();
    }

    [Fact]
    public async Task Postgres_away_is_told_as_unavailability_and_passes_by_itself()
    {
        var directory = await stack.CreateDirectoryAsync();
        using var scim = new Api(directory.ScimBaseUrl, directory.Token);
        Assert.Equal(201, (await scim.PostAsync("/Users", """{"userName":"store@example.com"}""")).Status);

        await stack.StopPostgresAsync();
        Told(await scim.PostAsync("/Users", """{"userName":"lost@example.com"}"""), 429);

        await stack.StartPostgresAsync();
        await Eventually.True(
            async () => (await scim.PostAsync("/Users", """{"userName":"found@example.com"}""")).Status == 201, TimeSpan.FromSeconds(30));
        await interrupted.BackAsync();
    }

    private static void TellsWhen(RestAnswer answer) =>
        Assert.True(int.Parse(answer.Headers.GetValues("Retry-After").Single(), CultureInfo.InvariantCulture) > 0);

    private static void Told(ApiAnswer answer, int status)
    {
        answer.ScimError(status);
        Assert.Equal("30", answer.Headers.NonValidated["Retry-After"].ToString());
    }
}
