extern alias identity;

using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using DirectorySync.Feed.V1;
using DirectorySync.Identity.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using IdentityProgram = identity::Program;

namespace DirectorySync.GroupMembership.Tests;

/// <summary>Group membership and identity in this process, over real channels, each on stores of its own. One pair a test class.</summary>
public sealed class Services : IAsyncLifetime
{
    private TestDatabase? identityDatabase;
    private TestDatabase? database;
    private TestRedis? redis;
    private RunningService<IdentityProgram>? identity;
    private RunningService<Program>? groups;

    public string AdminConnectionString => database!.AdminConnectionString;

    public Database Database => groups!.Services.GetRequiredService<Database>();

    public GroupService.GroupServiceClient Client => new(groups!.Channel);

    internal MemberStore Members => groups!.Services.GetRequiredService<MemberStore>();

    public ChangeFeedService.ChangeFeedServiceClient Feed => new(groups!.Channel);

    private UserService.UserServiceClient Users => new(identity!.Channel);

    private DirectoryService.DirectoryServiceClient Directories => new(identity!.Channel);

    public async Task InitializeAsync()
    {
        identityDatabase = await TestDatabase.CreateAsync("identity", ServiceMigrations.ApplyAsync<IdentityProgram>);
        database = await TestDatabase.CreateAsync("group-membership", ServiceMigrations.ApplyAsync<Program>);
        redis = await TestRedis.CreateAsync("group-membership");
        identity = StartIdentity(await TestRedis.CreateAsync("identity"));
        groups = StartReplica();
        // Only then is what the tests say beside identity not taken for what identity has deleted.
        await Eventually.True(
            () => Database.Sql($"select exists (select from feed_positions where complete)").SingleAsync(
                row => row.GetBoolean(0), CancellationToken.None),
            TimeSpan.FromSeconds(30),
            "identity's feed is caught up with");
    }

    /// <summary>Another process, as it were, on the same stores.</summary>
    internal RunningService<Program> StartReplica() =>
        new(database!.ConnectionString, redis!, ("GroupMembership:IdentityUrl", identity!.Url));

    private RunningService<IdentityProgram> StartIdentity(TestRedis ownRedis) =>
        new(identityDatabase!.ConnectionString, ownRedis, ("Identity:HousekeepingSeconds", "0.05"));

    public async Task DisposeAsync()
    {
        await groups!.DisposeAsync();
        await identity!.DisposeAsync();
        await database!.DisposeAsync();
        await identityDatabase!.DisposeAsync();
    }

    /// <summary>A new directory, seen through group membership.</summary>
    internal async Task<Groups> NewDirectoryAsync()
    {
        var organization = await new OrganizationService.OrganizationServiceClient(identity!.Channel)
            .CreateOrganizationAsync(new() { Organization = new() { Name = "Acme" } });
        var directory = await Directories.CreateDirectoryAsync(new()
        {
            Directory = new() { OrganizationId = organization.Organization.Id, Name = "Acme Okta", Provider = Provider.Okta },
        });
        return new(Client, directory.Directory.Id);
    }

    /// <summary>How PostgreSQL runs a list.</summary>
    public Task<string> PlanAsync(ListGroupsRequest request) =>
        QueryPlan.OfAsync(database!, GroupSearch.Query(request), GroupSearch.IsPlannedOnce(request));

    public async Task DeleteDirectoryAsync(string directoryId) => await Directories.DeleteDirectoryAsync(new() { Id = directoryId });

    public async Task<string> NewUserAsync(string directoryId, string userName) =>
        (await Users.CreateUserAsync(new() { DirectoryId = directoryId, User = new() { UserName = userName } })).User.Id;

    public async Task<string[]> NewUsersAsync(string directoryId, int count)
    {
        var run = Guid.NewGuid().ToString("n");
        var ids = new string[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
            ids[i] = await NewUserAsync(directoryId, $"{run}-{i}@acme.com"));
        return ids;
    }

    /// <summary>identity says whether a user is active, and group membership has heard it.</summary>
    public async Task SetActiveAsync(string directoryId, string id, string userName, bool active)
    {
        await Users.ReplaceUserAsync(new() { DirectoryId = directoryId, User = new() { Id = id, UserName = userName, Active = active } });
        await Eventually.True(
            () => Database.Sql($"select exists (select from members m where m.directory_id = {directoryId} and m.id = {id} and m.inactive <> {active})")
                .SingleAsync(row => row.GetBoolean(0), CancellationToken.None),
            what: "identity's change has arrived");
    }

    public async Task DeleteUserAsync(string directoryId, string id) =>
        await Users.DeleteUserAsync(new() { DirectoryId = directoryId, Id = id });

    /// <summary>
    /// Ids that count as users of the directory without being in identity: for sets of a size that identity would take minutes to create.
    /// They are written as the feed's consumer writes them.
    /// </summary>
    internal async Task<string[]> KnownIdsAsync(string directoryId, int count)
    {
        var ids = Enumerable.Range(0, count).Select(_ => Guid.CreateVersion7().ToString()).ToArray();
        var directoryIds = new string[count];
        Array.Fill(directoryIds, directoryId);
        await Database.InTransactionAsync(
            tx => Members.AddPresentAsync(tx, directoryIds, ids, bootstrap: null, DateTimeOffset.UtcNow, CancellationToken.None),
            CancellationToken.None);
        return ids;
    }

    /// <summary>What the table of changes says of a group's edges, folded: who is in it.</summary>
    internal async Task<HashSet<string>> FoldFeedAsync(string directoryId, string groupId)
    {
        var changes = await Database.Sql($"""
            select version, deleted, resource from changes
            where directory_id = {directoryId} and resource_type = {Membership.Descriptor.FullName}
              and resource_id like {groupId + "/%"}
            order by id
            """).ListAsync(
            row => (Version: row.GetInt64(0), Deleted: row.GetBoolean(1), Edge: Membership.Parser.ParseFrom(row.GetFieldValue<byte[]>(2))),
            CancellationToken.None);
        var held = new HashSet<string>();
        var versions = new Dictionary<string, long>();
        foreach (var (version, deleted, edge) in changes)
        {
            Assert.Equal(version, edge.Version);
            Assert.True(version > versions.GetValueOrDefault(edge.Member.Value), "versions rise in the order of the changes");
            versions[edge.Member.Value] = version;
            Assert.True(deleted ? held.Remove(edge.Member.Value) : held.Add(edge.Member.Value), "a change that changes nothing");
        }

        return held;
    }

    internal Task<long> CountChangesAsync(string directoryId) => Database.Sql($"""
        select count(*) from changes where directory_id = {directoryId}
        """).SingleAsync(row => row.GetInt64(0), CancellationToken.None);

    /// <summary>The error that a call must end with.</summary>
    public static async Task<RpcException> FailsAsync(ErrorReason reason, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(call);
        Assert.True(reason == error.Reason(), $"{error.Reason()}: {error.Status}");
        return error;
    }
}
