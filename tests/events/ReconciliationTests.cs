using System.Text.Json;
using DirectorySync.Errors.V1;
using DirectorySync.Events.Reconciling;
using DirectorySync.Feed.V1;
using Google.Protobuf;

namespace DirectorySync.Events.Tests;

/// <summary>Its other services list what a test says they hold.</summary>
public sealed class ReconcilingHost : EventsHost
{
    public ReconcilingHost()
        : this(FakeServices.Start())
    {
    }

    private ReconcilingHost(FakeServices services)
        : base(
            ("Events:IdentityUrl", services.Url), ("Events:AttributeMappingUrl", services.Url), ("Events:GroupMembershipUrl", services.Url),
            ("Events:RolesUrl", services.Url), ("Events:ReconcilePatience", "00:00:00"), ("Events:ReconcileSchedule", "")) => Services = services;

    public FakeServices Services { get; }
}

public sealed class ReconciliationTests(ReconcilingHost host) : IClassFixture<ReconcilingHost>
{
    private ReconciliationService.ReconciliationServiceClient Reconciliations => new(host.Channel);

    [Fact]
    public async Task What_is_the_same_heals_and_tells_nothing()
    {
        var (directory, held) = await FilledAsync();
        var before = (await directory.ToldAsync()).Count;
        host.Services.List = _ => held;

        var done = await ReconcileAsync(directory);

        Assert.Empty(done.Healed);
        Assert.Equal((held.Count + 4, 0), ((int)done.Compared, done.Failures));
        Assert.Empty(await directory.ToldAsync(before));
    }

    [Fact]
    public async Task What_was_lost_changed_or_left_over_is_healed_and_only_true_differences_are_told()
    {
        var (directory, held) = await FilledAsync();
        var before = (await directory.ToldAsync()).Count;

        // Lost on the way: a user, a change of another, the end of a third and of a group, a membership, and the end of another.
        List<Change> there =
        [
            .. held.Where(change => !change.ResourceId.Contains("cyd", StringComparison.Ordinal) && !change.ResourceId.Contains("two", StringComparison.Ordinal)
                && change.ResourceId != "one/ada" && !(change.ResourceId == "bob" && change.Resource.TypeUrl.EndsWith("Profile", StringComparison.Ordinal))),
            directory.User("eve", 1), directory.Profile("eve", 1), directory.Roles("eve", 1),
            directory.Profile("bob", 1, profile => profile.LastName = "Other"), directory.Member("one", "eve"),
        ];
        host.Services.List = _ => there;

        // Damaged here: what is held of the same version.
        byte[] nonsense = new AttributeMapping.V1.Profile { UserVersion = 1, Active = true, Email = "wrong@acme.com" }.ToByteArray();
        await host.Database.Sql($"update directory_users set profile_data = {nonsense} where directory_id = {directory.Id} and id = 'dan'")
            .ExecuteAsync(CancellationToken.None);

        var done = await ReconcileAsync(directory);

        Assert.Equal(
            [
                "group.gone 1", "membership.gone 3", "membership.missing 1", "profile.different 2", "profile.gone 1", "profile.missing 1",
                "roles.gone 1", "roles.missing 1", "user.gone 1", "user.missing 1",
            ],
            done.Healed.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key} {entry.Value}"));
        Assert.Equal(
            [
                "group.deleted two (deleted)", "group.user_added eve one", "group.user_removed ada one", "group.user_removed cyd one",
                "user.created eve", "user.deleted cyd (deleted)", "user.updated bob",
            ],
            (await directory.ToldAsync(before)).Order(StringComparer.Ordinal));
        Assert.Empty((await ReconcileAsync(directory)).Healed);
    }

    [Fact]
    public async Task What_is_newer_here_than_a_listing_stays()
    {
        var (directory, held) = await FilledAsync();
        host.Services.List = _ => held;
        await directory.UserAsync("ada", 2, profile => profile.LastName = "Newer");
        var before = (await directory.ToldAsync()).Count;

        Assert.Empty((await ReconcileAsync(directory)).Healed);
        Assert.Empty(await directory.ToldAsync(before));
    }

    [Fact]
    public async Task Who_comes_behind_a_listing_is_not_taken_for_gone()
    {
        var (directory, held) = await FilledAsync();
        var late = new[] { directory.User("late", 1), directory.Profile("late", 1), directory.Roles("late", 1) };
        var listings = 0;
        host.Services.List = _ => listings++ == 0 ? held : [.. held, .. late];
        foreach (var (feed, change) in ((string[])["identity", "attribute-mapping", "roles"]).Zip(late))
        {
            await host.ApplyAsync(feed, [change]);
        }

        Assert.Empty((await ReconcileAsync(directory)).Healed);
        Assert.Contains("user.created late", await directory.ToldAsync());
    }

    [Fact]
    public async Task A_damaged_view_is_made_anew()
    {
        var (directory, held) = await FilledAsync();
        var before = (await directory.ToldAsync()).Count;
        host.Services.List = _ => held;
        await host.Database.Sql($"update directory_users set current = null, in_groups = false where directory_id = {directory.Id} and id = 'ada'")
            .ExecuteAsync(CancellationToken.None);
        await host.Database.Sql($"update memberships set current = false where directory_id = {directory.Id} and user_id = 'bob'")
            .ExecuteAsync(CancellationToken.None);

        Assert.Equal("view.different", Assert.Single((await ReconcileAsync(directory)).Healed).Key);
        Assert.Empty(await directory.ToldAsync(before));
    }

    // Okta sends more than is mapped; what is not shown is not kept, and has to be fetched when it is to be shown.
    [Fact]
    public async Task What_was_sent_is_shown_as_soon_as_the_policy_says_so_and_is_forgotten_when_it_does_not_any_more()
    {
        var directory = await host.NewDirectoryAsync();
        List<Change> there = [directory.User("ada", 1, title: "Engineer"), directory.Profile("ada", 1), directory.Roles("ada", 1), directory.Group("one", "One")];
        host.Services.List = _ => [directory.ImageAsync().GetAwaiter().GetResult(), .. there];
        foreach (var (feed, change) in ((string[])["identity", "attribute-mapping", "roles", "group-membership"]).Zip(there))
        {
            await host.ApplyAsync(feed, [change]);
        }

        Assert.Equal(3, (await directory.ToldAsync()).Count);
        Assert.DoesNotContain("Engineer", (await directory.EventsAsync())[1].DataJson, StringComparison.Ordinal);

        await directory.TellAsync(Identity.V1.DirectoryState.Active, rawAttributes: true);
        await DoneAsync(directory);
        Assert.Equal(["group.updated one", "user.updated ada"], (await directory.ToldAsync(3)).Order(StringComparer.Ordinal));
        var told = (await directory.EventsAsync()).Single(e => e.Type == "dsync.user.updated");
        Assert.Contains(
            "\"raw_attributes\":{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"userName\":\"ada@acme.com\",\"title\":\"Engineer\",\"active\":true}",
            told.DataJson, StringComparison.Ordinal);
        var previous = JsonElement.Parse(told.DataJson).GetProperty("previous_attributes");
        Assert.Equal(("{}", JsonValueKind.Null), (previous.GetProperty("raw_attributes").GetRawText(), previous.GetProperty("job_title").ValueKind));
        await host.ApplyAsync("identity", [directory.User("ada", 2, title: "Lead")]);
        await host.ApplyAsync("attribute-mapping", [directory.Profile("ada", 2)]);
        await host.ApplyAsync("roles", [directory.Roles("ada", 2)]);
        Assert.Equal(["user.updated ada"], await directory.ToldAsync(5));

        there[0] = directory.User("ada", 2, title: "Lead");
        await directory.TellAsync(Identity.V1.DirectoryState.Active);
        await DoneAsync(directory);
        Assert.Equal(["group.updated one", "user.updated ada"], (await directory.ToldAsync(6)).Order(StringComparer.Ordinal));
        Assert.True(await host.Database.Sql($"""
            select not exists (select from directory_users where directory_id = {directory.Id} and position('Lead'::bytea in user_data) > 0)
            """).SingleAsync(row => row.GetBoolean(0), CancellationToken.None));
    }

    [Fact]
    public async Task One_that_a_dead_process_ran_is_run_again_and_there_is_one_at_a_time_for_a_directory()
    {
        var (directory, held) = await FilledAsync();
        host.Services.List = _ => held;
        await host.Database.Sql($"""
            insert into reconciliations (directory_id, done, asked, lease, lease_time, data)
            values ({directory.Id}, false, true, gen_random_uuid(), clock_timestamp() + interval '1 hour', {new Reconciliation { Id = "dead", DirectoryId = directory.Id }.ToByteArray()})
            """).ExecuteAsync(CancellationToken.None);
        Assert.Equal("dead", (await Reconciliations.StartReconciliationAsync(new() { DirectoryId = directory.Id })).Reconciliation.Id);
        while (await host.Get<Reconciler>().RunNextAsync(CancellationToken.None))
        {
        }

        Assert.NotEqual(
            ReconciliationState.Done, (await Reconciliations.GetReconciliationAsync(new() { DirectoryId = directory.Id })).Reconciliation.State);
        await host.Database.Sql($"update reconciliations set lease_time = clock_timestamp() where directory_id = {directory.Id}")
            .ExecuteAsync(CancellationToken.None);
        Assert.Equal("dead", (await DoneAsync(directory)).Id);
        Assert.NotEqual("dead", (await ReconcileAsync(directory)).Id);
    }

    [Fact]
    public async Task At_the_times_of_the_schedule_all_directories_have_their_turn_once()
    {
        var (one, other) = (await FilledAsync(), await FilledAsync());
        host.Services.List = id => id == one.Directory.Id ? one.Held : id == other.Directory.Id ? other.Held : [];
        var store = host.Get<ReconciliationStore>();
        var through = await store.ScheduledThroughAsync(CancellationToken.None);
        await host.Database.Sql($"update directories set closed = true where directory_id not in ({one.Directory.Id}, {other.Directory.Id})")
            .ExecuteAsync(CancellationToken.None);
        var now = DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());

        Assert.True(await store.ScheduleAsync(through, now, TimeSpan.Zero, CancellationToken.None));
        Assert.False(await store.ScheduleAsync(through, now, TimeSpan.Zero, CancellationToken.None));

        Assert.Equal((false, false), ((await DoneAsync(one.Directory)).Asked, (await DoneAsync(other.Directory)).Asked));
        await EventsHost.FailsAsync(
            ErrorReason.ResourceNotFound, async () => await Reconciliations.StartReconciliationAsync(new() { DirectoryId = "none" }));
    }

    private async Task<(TestDirectory Directory, List<Change> Held)> FilledAsync()
    {
        var directory = await host.NewDirectoryAsync();
        string[] ids = ["ada", "bob", "cyd", "dan"];
        var (users, profiles) = (ids.Select(id => directory.User(id, 1)).ToList(), ids.Select(id => directory.Profile(id, 1)).ToList());
        var (roles, groups) = (ids.Select(id => directory.Roles(id, 1)).ToList(), new List<Change>
        {
            directory.Group("one", "One"), directory.Group("two", "Two"), directory.Member("one", "ada"), directory.Member("one", "bob"),
            directory.Member("one", "cyd"), directory.Member("two", "dan"),
        });
        List<Change> tokens = [directory.Token("open"), directory.Token("revoked", revoked: true)];
        await host.ApplyAsync("identity", [.. tokens, .. users]);
        await host.ApplyAsync("identity", [directory.Token("deleted", deleted: true)]);
        await host.ApplyAsync("attribute-mapping", profiles);
        await host.ApplyAsync("roles", roles);
        await host.ApplyAsync("group-membership", groups);
        await directory.SettledAsync();
        return (directory, [await directory.ImageAsync(), .. tokens, .. users, .. profiles, .. roles, .. groups]);
    }

    private async Task<Reconciliation> ReconcileAsync(TestDirectory directory)
    {
        var asked = (await Reconciliations.StartReconciliationAsync(new() { DirectoryId = directory.Id })).Reconciliation;
        var done = await DoneAsync(directory);
        Assert.Equal(asked.Id, done.Id);
        return done;
    }

    private Task<Reconciliation> DoneAsync(TestDirectory directory) => Eventually.Get(
        async () => (await Reconciliations.GetReconciliationAsync(new() { DirectoryId = directory.Id })).Reconciliation,
        reconciliation => reconciliation.State == ReconciliationState.Done, what: "it is reconciled");
}
