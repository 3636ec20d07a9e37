using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using DirectorySync.Events.Folding;
using DirectorySync.Feed.V1;
using DirectorySync.Identity.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace DirectorySync.Events.Tests;

/// <summary>
/// Events in this process, over a real channel, on a database of its own. What other services would tell is applied as the feeds' consumers apply
/// it. One a test class.
/// </summary>
public class EventsHost : IAsyncLifetime
{
    private readonly List<(string Key, string Value)> settings;
    private TestDatabase? database;
    private TestRedis? redis;
    private RunningService<Program>? events;
    private long versions;

    public EventsHost()
        : this([])
    {
    }

    private protected EventsHost(params (string Key, string Value)[] settings) => this.settings = [.. settings];

    public CallInvoker Channel => events!.Calls;

    public EventService.EventServiceClient Events => new(Channel);

    public ReadModelService.ReadModelServiceClient Reads => new(Channel);

    /// <summary>Of the database.</summary>
    public string ConnectionString => database!.ConnectionString;

    public Database Database => Get<Database>();

    public virtual async Task InitializeAsync()
    {
        database = await TestDatabase.CreateAsync("events", ServiceMigrations.ApplyAsync<Program>);
        redis = await TestRedis.CreateAsync("events");
        events = StartReplica();
        await SetReadyAsync(true);
    }

    public virtual async Task DisposeAsync()
    {
        await events!.DisposeAsync();
        await database!.DisposeAsync();
    }

    // Has nothing, and tells nothing.
    private static readonly Lazy<FakeServices> Nobody = new(FakeServices.Start);

    /// <summary>Another process, as it were, on the same store. Nobody answers where the other services should be, but for identity.</summary>
    public RunningService<Program> StartReplica() => new(
        database!.ConnectionString, redis!,
        [
            ("Events:IdentityUrl", Nobody.Value.Url), ("Events:AttributeMappingUrl", "http://127.0.0.1:1"),
            ("Events:GroupMembershipUrl", "http://127.0.0.1:1"), ("Events:RolesUrl", "http://127.0.0.1:1"), .. settings,
        ]);

    /// <summary>Settings that are known only once something else runs; before <see cref="InitializeAsync"/>.</summary>
    private protected void Add(IEnumerable<KeyValuePair<string, string>> more) => settings.AddRange(more.Select(setting => (setting.Key, setting.Value)));

    /// <summary>Whether all that exists in the other services has arrived here once.</summary>
    public Task SetReadyAsync(bool ready) => Database.Sql($"""
        insert into feed_positions (feed, resume_token, complete) select feed, '', {ready} from unnest({Terms.Feeds}) as f (feed)
        on conflict (feed) do update set complete = excluded.complete
        """).ExecuteAsync(CancellationToken.None);

    internal T Get<T>()
        where T : notnull => events!.Services.GetRequiredService<T>();

    /// <summary>A directory that identity has told of.</summary>
    internal async Task<TestDirectory> NewDirectoryAsync(DirectoryState state = DirectoryState.Active)
    {
        var directory = new TestDirectory(this, Guid.CreateVersion7().ToString(), Guid.CreateVersion7().ToString());
        await directory.TellAsync(state);
        return directory;
    }

    /// <summary>Rises with every call: what a change's version does.</summary>
    public long NextVersion() => Interlocked.Increment(ref versions);

    /// <summary>Applies changes in one transaction.</summary>
    public Task ApplyAsync(string feed, IEnumerable<Change> changes, Guid? bootstrap = null)
    {
        var batch = new FeedBatch([.. changes], bootstrap, Complete: true);
        var effect = EffectOf(feed);
        return Database.InTransactionAsync(tx => effect.Apply(tx, batch, CancellationToken.None), CancellationToken.None);
    }

    public Task SweepAsync(string feed, Guid bootstrap)
    {
        var effect = EffectOf(feed);
        return Database.InTransactionAsync(tx => effect.Sweep(tx, bootstrap, CancellationToken.None), CancellationToken.None);
    }

    /// <summary>The error that a call must end with.</summary>
    public static async Task<RpcException> FailsAsync(ErrorReason reason, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(call);
        Assert.True(reason == error.Reason(), $"{error.Reason()}: {error.Status}");
        return error;
    }

    private FeedEffect EffectOf(string feed) => feed switch
    {
        "attribute-mapping" => Get<ProfileFeed>().Effect,
        "roles" => Get<RolesFeed>().Effect,
        "group-membership" => Get<GroupFeed>().Effect,
        _ => Get<IdentityFeed>().Effect,
    };
}
