using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using DirectorySync.Feed.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace DirectorySync.Roles.Tests;

/// <summary>
/// Roles in this process, over a real channel, on stores of its own. What other services would tell is applied as the feeds' consumers apply it.
/// One a test class.
/// </summary>
public sealed class RolesHost : IAsyncLifetime
{
    private TestDatabase? database;
    private TestRedis? redis;
    private Origin? origin;
    private RunningService<Program>? roles;
    private long versions;

    public RoleService.RoleServiceClient Roles => new(roles!.Channel);

    public RoleRulesService.RoleRulesServiceClient Rules => new(roles!.Channel);

    public UserRolesService.UserRolesServiceClient Users => new(roles!.Channel);

    public ChangeFeedService.ChangeFeedServiceClient Feed => new(roles!.Channel);

    public Database Database => Get<Database>();

    internal RecomputationWorker Worker => Get<RecomputationWorker>();

    /// <summary>Where identity should be.</summary>
    internal Origin Origin => origin!;

    public async Task InitializeAsync()
    {
        database = await TestDatabase.CreateAsync("roles", ServiceMigrations.ApplyAsync<Program>);
        redis = await TestRedis.CreateAsync("roles");
        origin = await Origin.StartAsync();
        roles = StartReplica();
        await SetReadyAsync(true);
    }

    public async Task DisposeAsync()
    {
        await roles!.DisposeAsync();
        await origin!.DisposeAsync();
        await database!.DisposeAsync();
    }

    /// <summary>Another process, as it were, on the same stores. Nobody answers where the other services should be, but for identity.</summary>
    public RunningService<Program> StartReplica(TestRedis? otherRedis = null, string? otherOrigin = null) => new(
        database!.ConnectionString, otherRedis ?? redis!,
        ("Roles:IdentityUrl", otherOrigin ?? origin!.Url), ("Roles:AttributeMappingUrl", "http://127.0.0.1:1"),
        ("Roles:GroupMembershipUrl", "http://127.0.0.1:1"));

    /// <summary>Whether all that exists in the other services has arrived here once.</summary>
    public Task SetReadyAsync(bool ready, string feed = "") => Database.Sql($"""
        insert into feed_positions (feed, resume_token, complete, caught_up_time)
        select feed, '', {ready}, clock_timestamp() from unnest({Terms.Feeds}) as f (feed) where {feed} in ('', feed)
        on conflict (feed) do update set complete = excluded.complete, caught_up_time = excluded.caught_up_time
        """).ExecuteAsync(CancellationToken.None);

    public T Get<T>()
        where T : notnull => roles!.Services.GetRequiredService<T>();

    public async Task<Role> NewRoleAsync(string slug, int priority = 0, bool isProtected = false) =>
        (await Roles.CreateRoleAsync(new() { Role = new() { Slug = slug, Priority = priority, Protected = isProtected } })).Role;

    /// <summary>A directory that identity has told of.</summary>
    internal async Task<TestDirectory> NewDirectoryAsync(string? organizationId = null)
    {
        var directory = new TestDirectory(this, Guid.CreateVersion7().ToString(), organizationId ?? Guid.CreateVersion7().ToString());
        await directory.TellAsync(Identity.V1.DirectoryState.Active);
        return directory;
    }

    /// <summary>Rises with every call: what a change's version does.</summary>
    public long NextVersion() => Interlocked.Increment(ref versions);

    /// <summary>Applies changes in one transaction, as this replica.</summary>
    public Task ApplyAsync(string feed, IEnumerable<Change> changes, Guid? bootstrap = null, RunningService<Program>? replica = null)
    {
        var batch = new FeedBatch([.. changes], bootstrap, Complete: true);
        var effect = EffectOf(feed, (replica ?? roles!).Services);
        return Database.InTransactionAsync(tx => effect.Apply(tx, batch, CancellationToken.None), CancellationToken.None);
    }

    public Task SweepAsync(string feed, Guid bootstrap)
    {
        var effect = EffectOf(feed, roles!.Services);
        return Database.InTransactionAsync(tx => effect.Sweep(tx, bootstrap, CancellationToken.None), CancellationToken.None);
    }

    /// <summary>The error that a call must end with.</summary>
    public static async Task<RpcException> FailsAsync(ErrorReason reason, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(call);
        Assert.True(reason == error.Reason(), $"{error.Reason()}: {error.Status}");
        return error;
    }

    private static FeedEffect EffectOf(string feed, IServiceProvider replica) => feed switch
    {
        "attribute-mapping" => replica.GetRequiredService<ProfileFeed>().Effect,
        "group-membership" => replica.GetRequiredService<GroupFeed>().Effect,
        _ => replica.GetRequiredService<IdentityFeed>().Effect,
    };
}
