using System.Text.Json;
using DirectorySync.Events.V1;
using DirectorySync.Kit;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>From Okta's requests to what an application reads, with the client library of the hosted product.</summary>
[Collection(SharedSystem.Name)]
public sealed class ApplicationTests(SharedSystem system)
{
    private EventService.EventServiceClient Events => new(system.Channel());

    [Fact]
    public async Task The_hosted_products_client_library_reads_directories_users_groups_and_events()
    {
        var directory = await system.CreateDirectoryAsync();
        var scim = directory.Scim();
        var ada = await scim.CreateUserAsync("ada@example.com");
        var bob = await scim.CreateUserAsync("bob@example.com");
        var cyd = await scim.CreateUserAsync("cyd@example.com");
        var group = await scim.CreateGroupAsync("Readers", ada, cyd);
        await ToldAsync(directory, 7);

        var read = await ClientLibrary.RunAsync("read.cjs", "", system.Stack.GatewayUrl(), system.ApiKey, directory.Id);

        Assert.Contains(directory.Id, read.GetProperty("directories").EnumerateArray().Select(Id));
        Assert.Equal(("directory", "Okta SCIM v2.0".ToLowerInvariant()), (Text(read.GetProperty("directory"), "object"), Text(read.GetProperty("directory"), "type").ToLowerInvariant()));
        Assert.Equal([cyd, bob, ada], read.GetProperty("users").EnumerateArray().Select(Id));
        Assert.Equal([group], read.GetProperty("groups").EnumerateArray().Select(Id));
        Assert.Equal([cyd, ada], read.GetProperty("members").EnumerateArray().Select(Id));
        var user = read.GetProperty("user");
        Assert.Equal((cyd, "cyd@example.com", "active", directory.Id), (Id(user), Text(user, "email"), Text(user, "state"), Text(user, "directoryId")));
        Assert.Equal([group], user.GetProperty("groups").EnumerateArray().Select(Id));
        Assert.Equal("Readers", Text(read.GetProperty("group"), "name"));
        Assert.Equal("NotFoundException 404", Text(read, "refusal"));
        var events = read.GetProperty("events").EnumerateArray().ToList();
        Assert.Equal("dsync.activated", Text(events[0], "event"));
        Assert.Equal([ada, bob, cyd], events.Where(e => Text(e, "event") == "dsync.user.created").Select(e => Id(e.GetProperty("data"))).Order());
        Assert.Equal(
            [ada, cyd],
            events.Where(e => Text(e, "event") == "dsync.group.user_added").Select(e => Id(e.GetProperty("data").GetProperty("user"))).Order());
    }

    [Fact]
    public async Task The_hosted_products_client_library_makes_a_link_to_the_setup_portal()
    {
        var directory = await system.CreateDirectoryAsync();

        var made = await ClientLibrary.RunAsync("portal.cjs", "", system.Stack.GatewayUrl(), system.ApiKey, directory.OrganizationId);

        Assert.StartsWith($"{system.Stack.GatewayUrl()}/portal/start?token=", Text(made, "link"), StringComparison.Ordinal);
        var refusal = made.GetProperty("refusal");
        Assert.Equal(("UnprocessableEntityException", 422), (Text(refusal, "name"), refusal.GetProperty("status").GetInt32()));
        Assert.Contains("dsync", Text(refusal, "message"), StringComparison.Ordinal);
    }

    // okta-wire §§6, 8, 14.1: Okta says that the user is inactive, and never that it left its groups.
    [Fact]
    public async Task A_deactivation_reaches_the_application_with_its_memberships_and_a_rehire_brings_them_back()
    {
        var directory = await system.CreateDirectoryAsync();
        var scim = directory.Scim();
        var ada = await scim.CreateUserAsync("ada@example.com");
        var group = await scim.CreateGroupAsync("Readers", ada);
        await ToldAsync(directory, 4);

        await scim.PatchAsync("/Users/" + ada, ScimBodies.Active(false));
        var left = (await ToldAsync(directory, 6))[4..];
        await scim.PatchAsync("/Users/" + ada, ScimBodies.Active(true));
        var back = (await ToldAsync(directory, 8))[6..];
        await scim.DeleteAsync("/Users/" + ada);
        await scim.DeleteAsync("/Groups/" + group);
        var gone = (await ToldAsync(directory, 11))[8..];

        Assert.Equal(["dsync.group.user_removed ", "dsync.user.deleted deactivated"], left.Select(told => $"{told.Type} {told.Reason}"));
        Assert.Equal(["dsync.user.created activated", "dsync.group.user_added "], back.Select(told => $"{told.Type} {told.Reason}"));
        Assert.Equal(
            ["dsync.group.user_removed ", "dsync.user.deleted deleted", "dsync.group.deleted deleted"], gone.Select(told => $"{told.Type} {told.Reason}"));
    }

    [Fact]
    public async Task Everything_waits_while_the_service_of_events_is_killed_and_nothing_is_lost()
    {
        var directory = await system.CreateDirectoryAsync();
        var scim = directory.Scim();
        var users = new List<string>();
        for (var round = 0; round < 2; round++)
        {
            await system.Stack.KillAsync("events", round);
            users.Add(await scim.CreateUserAsync($"before-{round}@example.com"));
            await system.Stack.StartAgainAsync("events", round);
            users.Add(await scim.CreateUserAsync($"after-{round}@example.com"));
        }

        var told = await ToldAsync(directory, 5);

        Assert.Equal(users.Order(), told.Skip(1).Select(e => Id(JsonDocument.Parse(e.DataJson).RootElement)).Order());
    }

    /// <summary>The events of a directory, those of its token aside, as soon as there are so many: never more, and without a gap.</summary>
    private async Task<List<Event>> ToldAsync(TestDirectory directory, int count)
    {
        var request = new ListEventsRequest { Filter = new() { DirectoryId = directory.Id }, Limit = 100 };
        var events = await Eventually.Get(
            async () => (await Events.ListEventsAsync(request, system.Headers())).Events.ToList(), told => told.Count > count, what: $"{count} events");
        Assert.Equal(Enumerable.Range(1, count + 1).Select(number => (long)number), events.Select(told => told.Sequence));
        Assert.Single(events, told => told.Type == "dsync.token.created");
        return [.. events.Where(told => told.Type != "dsync.token.created")];
    }

    private static string Id(JsonElement json) => Text(json, "id");

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
