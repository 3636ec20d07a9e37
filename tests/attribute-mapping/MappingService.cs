extern alias identity;

using DirectorySync.Feed.V1;
using IdentityProgram = identity::Program;

namespace DirectorySync.AttributeMapping.Tests;

/// <summary>Attribute mapping and identity in this process, over real channels, each on stores of its own. One pair a test class.</summary>
public sealed class MappingService : IAsyncLifetime
{
    private TestDatabase? identityDatabase;
    private TestDatabase? database;
    private TestRedis? redis;
    private RunningService<IdentityProgram>? identity;
    private RunningService<Program>? mapping;

    public ChangeFeedService.ChangeFeedServiceClient Feed => new(mapping!.Channel);

    public async Task InitializeAsync()
    {
        identityDatabase = await TestDatabase.CreateAsync("identity", ServiceMigrations.ApplyAsync<IdentityProgram>);
        database = await TestDatabase.CreateAsync("attribute-mapping", ServiceMigrations.ApplyAsync<Program>);
        redis = await TestRedis.CreateAsync("attribute-mapping");
        identity = StartIdentity(await TestRedis.CreateAsync("identity"));
        mapping = StartReplica();
    }

    public async Task DisposeAsync()
    {
        await mapping!.DisposeAsync();
        await identity!.DisposeAsync();
        await database!.DisposeAsync();
        await identityDatabase!.DisposeAsync();
    }

    private RunningService<IdentityProgram> StartIdentity(TestRedis ownRedis) =>
        new(identityDatabase!.ConnectionString, ownRedis, ("Identity:HousekeepingSeconds", "0.05"));

    /// <summary>Another process, as it were, on the same stores.</summary>
    private RunningService<Program> StartReplica() =>
        new(database!.ConnectionString, redis!, ("AttributeMapping:IdentityUrl", identity!.Url));
}
