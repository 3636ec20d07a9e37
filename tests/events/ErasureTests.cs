using System.Text.Json;
using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.Events.Erasure;
using DirectorySync.Events.Folding;
using DirectorySync.Feed.V1;
using DirectorySync.Identity.V1;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;

namespace DirectorySync.Events.Tests;

public sealed class ErasureTests(WebhookHost host) : IClassFixture<WebhookHost>
{
    private const string Secret = "Zwetschgenkuchen";

    [Fact]
    public async Task Of_an_erased_user_the_log_keeps_ids_and_places_and_no_word()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = received => Task.FromResult(received.Body.Contains($"\"{Secret}", StringComparison.Ordinal) ? 422 : 200);
        await host.NewEndpointAsync(receiver);
        var directory = await host.NewDirectoryAsync();
        await directory.UserAsync("ada", 1, Personal);
        await directory.UserAsync("bob", 1);
        await directory.GroupsAsync(directory.Group("admins", "Admins"), directory.Member("admins", "ada"), directory.Member("admins", "bob"));
        await directory.UserAsync("ada", 2, profile =>
        {
            Personal(profile);
            profile.LastName = "Other";
        });
        var before = await directory.EventsAsync();

        await EraseAsync(directory, "ada", 3);

        var after = await Eventually.Get(
            directory.EventsAsync, events => !events.Exists(told => told.DataJson.Contains(Secret, StringComparison.Ordinal)), what: "the log is emptied");
        Assert.Equal(before.Select(told => (told.Id, told.Type, told.Sequence)), after.Take(before.Count).Select(told => (told.Id, told.Type, told.Sequence)));
        Assert.Equal(
            ["group.user_removed ada admins", "user.deleted ada (deleted)"], after.Skip(before.Count).Select(TestDirectory.Short));
        foreach (var told in after.Where(told => told.UserId == "ada"))
        {
            var data = JsonDocument.Parse(told.DataJson).RootElement;
            var user = data.TryGetProperty("user", out var member) ? member : data;
            Assert.Equal(JsonValueKind.Null, user.GetProperty("email").ValueKind);
            Assert.Equal(("ada", "", directory.Id), (Text(user, "id"), Text(user, "idp_id"), Text(user, "directory_id")));
        }

        Assert.Contains(after, told => told.UserId == "bob" && told.DataJson.Contains("bob@acme.com", StringComparison.Ordinal));
        await Eventually.True(
            async () => (await DatabaseSearch.FindAsync(host.ConnectionString, Secret)).Count == 0, what: "the database has no word of the person");
    }

    [Fact]
    public async Task Of_a_user_who_is_erased_while_a_directory_is_paused_nothing_waits_to_be_told()
    {
        var directory = await host.NewDirectoryAsync();
        await directory.UserAsync("ada", 1, Personal);
        await directory.SettledAsync();
        await directory.TellAsync(DirectoryState.Paused);

        await EraseAsync(directory, "ada", 2);

        await Eventually.True(
            async () => (await DatabaseSearch.FindAsync(host.ConnectionString, Secret)).Count == 0, what: "the database has no word of the person");
        await directory.TellAsync(DirectoryState.Active);
        Assert.Equal("user.deleted ada (deleted)", (await directory.ToldAsync())[^1]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_an_erased_user_nothing_remains_that_the_application_uploaded_of_it(bool seen)
    {
        var directory = await host.NewDirectoryAsync(seen ? DirectoryState.Paused : DirectoryState.Active);
        await directory.UserAsync("ada", 1, profile =>
        {
            Personal(profile);
            profile.Active = seen;
        });
        using (var call = new AdoptionService.AdoptionServiceClient(host.Channel).UploadAdoption())
        {
            await call.RequestStream.WriteAsync(new() { DirectoryId = directory.Id });
            await call.RequestStream.WriteAsync(new() { Users = { new AdoptedUser { ApplicationId = "1", Email = $"{Secret}@ACME.com" } } });
            await call.RequestStream.CompleteAsync();
            await call.ResponseAsync;
        }

        // Whichever feed is quicker.
        if (!seen)
        {
            await host.ApplyAsync("attribute-mapping", [directory.Profile("ada", 2, deleted: true)]);
            await host.ApplyAsync("roles", [directory.Roles("ada", 2, deleted: true)]);
        }

        await EraseAsync(directory, "ada", 2);

        await Eventually.True(
            async () => (await DatabaseSearch.FindAsync(host.ConnectionString, Secret)).Count == 0, what: "the database has no word of the person");
    }

    [Fact]
    public async Task A_directory_that_is_gone_is_emptied_once_more_after_ten_minutes()
    {
        var directory = await host.NewDirectoryAsync();
        await directory.TellAsync(DirectoryState.Deleting);
        await Eventually.True(() => IsAsync($"d.ended and d.purge_time is not null and not d.purged_again"), what: "it is emptied once");

        // What had begun before the directory was closed.
        await host.Database.Sql($"""
            insert into directory_groups (directory_id, id, version, current) values ({directory.Id}, 'late', 1, {new DirectoryGroup { Name = Secret }.ToByteArray()})
            """).ExecuteAsync(CancellationToken.None);
        await host.Database.Sql($"""
            insert into parked_changes (directory_id, feed, resource_type, resource_id, version, change_id, change, reason)
            values ({directory.Id}, 'roles', 'thing', 'late', 1, 1, {new DirectoryGroup { Name = Secret }.ToByteArray()}, 'Exception')
            """).ExecuteAsync(CancellationToken.None);
        await host.Database.Sql($"update directories set purge_time = purge_time - interval '9 minutes' where directory_id = {directory.Id}")
            .ExecuteAsync(CancellationToken.None);
        await host.Get<Housekeeping>().PurgeAllAsync(CancellationToken.None);
        Assert.NotEmpty(await DatabaseSearch.FindAsync(host.ConnectionString, Secret));
        await host.Database.Sql($"update directories set purge_time = purge_time - interval '61 seconds' where directory_id = {directory.Id}")
            .ExecuteAsync(CancellationToken.None);

        await Eventually.True(() => IsAsync($"d.purged_again"), what: "it is emptied again");
        Assert.Empty(await DatabaseSearch.FindAsync(host.ConnectionString, Secret));

        Task<bool> IsAsync(SqlText condition) => host.Database.Sql($"select {condition} from directories d where d.directory_id = {directory.Id}")
            .SingleAsync(row => row.GetBoolean(0), CancellationToken.None);
    }

    [Fact]
    public async Task Two_replicas_that_empty_a_directory_at_the_same_time_have_emptied_it_once()
    {
        await using var replica = host.StartReplica();
        var directory = await host.NewDirectoryAsync();
        await directory.TellAsync(DirectoryState.Deleting);
        await Eventually.True(() => IsAsync($"d.ended and d.purge_time is not null"), what: "it is emptied once");
        Task[] purges = [];
        await host.Database.InTransactionAsync(
            async tx =>
            {
                await Terms.LockAsync(tx, [directory.Id], CancellationToken.None);
                await host.Database.Sql($"update directories set purge_time = null where directory_id = {directory.Id}").ExecuteAsync(CancellationToken.None);
                purges = [.. new[] { host.Get<Housekeeping>(), replica.Services.GetRequiredService<Housekeeping>() }.Select(one => one.PurgeAllAsync(CancellationToken.None))];
                return await Eventually.Get(
                    () => host.Database.Sql($"""
                        select count(*) from pg_locks l join pg_database b on b.oid = l.database and b.datname = current_database()
                        where l.locktype = 'advisory' and not l.granted
                        """).SingleAsync(row => row.GetInt64(0), CancellationToken.None),
                    waiting => waiting >= 2, what: "both have begun");
            },
            CancellationToken.None);
        await Task.WhenAll(purges);

        Assert.True(await IsAsync($"d.purge_time is not null and not d.purged_again"));

        Task<bool> IsAsync(SqlText condition) => host.Database.Sql($"select {condition} from directories d where d.directory_id = {directory.Id}")
            .SingleAsync(row => row.GetBoolean(0), CancellationToken.None);
    }

    [Fact]
    public async Task A_directory_that_is_gone_leaves_a_log_of_ids()
    {
        var directory = await host.NewDirectoryAsync();
        await directory.UserAsync("ada", 1, Personal);
        await directory.GroupsAsync(directory.Group("admins", Secret), directory.Member("admins", "ada"));
        await directory.SettledAsync();

        await directory.TellAsync(DirectoryState.Deleting);
        await directory.UserAsync("ada", 2, Personal);

        await Eventually.True(
            async () => (await DatabaseSearch.FindAsync(host.ConnectionString, Secret)).Count == 0, what: "the database has no word of anybody");
        Assert.Equal(
            ["activated", "user.created ada", "group.created admins", "group.user_added ada admins", "deleted (deleted)"], await directory.ToldAsync());
    }

    [Fact]
    public async Task Many_events_are_emptied_in_batches_by_two_replicas()
    {
        await using var replica = host.StartReplica();
        var directory = await host.NewDirectoryAsync();
        var members = Enumerable.Range(0, 600).Select(number => $"group-{number:000}").ToArray();
        await directory.UserAsync("ada", 1, Personal);
        await directory.GroupsAsync([.. members.Select(id => directory.Group(id, id)), .. members.Select(id => directory.Member(id, "ada"))]);
        var before = await directory.EventsAsync();

        await EraseAsync(directory, "ada", 2);

        await Eventually.True(
            async () => (await DatabaseSearch.FindAsync(host.ConnectionString, Secret)).Count == 0, what: "the database has no word of the person");
        Assert.Equal(before.Count + 601, (await directory.EventsAsync()).Count);
        Assert.True(await host.Database.Sql($"""
            select e.rounds = 1 and e.due_time > now() + interval '5 minutes' from erasures e where e.directory_id = {directory.Id}
            """).SingleAsync(row => row.GetBoolean(0), CancellationToken.None));
    }

    [Fact]
    public void A_tombstone_says_ids_and_state_and_what_the_contract_asks_for()
    {
        var told = new Event
        {
            Id = "e", Sequence = 7,
            DataJson = """
                {"object":"directory_user","id":"ada","directory_id":"d","organization_id":"o","idp_id":"00u1","email":"a@b.c","first_name":"Ada",
                 "state":"active","custom_attributes":{"salary":1},"raw_attributes":{},"role":{"slug":"admin"},"roles":[{"slug":"admin"}],
                 "created_at":"2026-01-01","updated_at":"2026-01-02","previous_attributes":{"email":"old@b.c"}}
                """,
        };

        var emptied = Tombstone.Of(told, wholeDirectory: false);

        Assert.Equal(("e", 7), (emptied.Id, emptied.Sequence));
        Assert.Equal(
            """
            {"object":"directory_user","id":"ada","directory_id":"d","organization_id":"o","state":"active","created_at":"2026-01-01",
            "updated_at":"2026-01-02","idp_id":"","email":null,"first_name":null,"last_name":null,"name":null,"username":null,"custom_attributes":{},
            "raw_attributes":{},"roles":[],"previous_attributes":{},"erased":true}
            """.ReplaceLineEndings(""),
            emptied.DataJson);
        Assert.Equal(emptied, Tombstone.Of(emptied, wholeDirectory: true));
    }

    private static void Personal(AttributeMapping.V1.Profile profile)
    {
        (profile.FirstName, profile.LastName, profile.Email, profile.UserName, profile.IdpId) =
            (Secret, Secret, $"{Secret}@acme.com", $"{Secret}@acme.com", Secret);
        profile.Attributes.Add(new AttributeMapping.V1.ProfileAttribute { Name = "job", Json = $"\"{Secret}\"" });
    }

    // As the feeds tell it: the other services' deletions come when they will.
    private async Task EraseAsync(TestDirectory directory, string userId, long version)
    {
        var erased = new ErasedUser { DirectoryId = directory.Id, Id = userId };
        var change = FeedImage.Of(directory.Id, ErasedUser.Descriptor.FullName, userId, 1, erased.ToByteArray());
        change.Deleted = true;
        await host.ApplyAsync("identity", (Change[])[directory.User(userId, version, deleted: true), change]);
        await host.ApplyAsync("attribute-mapping", [directory.Profile(userId, version, deleted: true)]);
        await host.ApplyAsync("roles", [directory.Roles(userId, version, deleted: true)]);
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
