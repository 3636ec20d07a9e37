extern alias identity;

using System.Text;
using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using DirectorySync.Feed.V1;
using DirectorySync.Identity.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
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

    public ProfileService.ProfileServiceClient Profiles => new(mapping!.Channel);

    public DefinitionService.DefinitionServiceClient Definitions => new(mapping!.Channel);

    public V1.MappingService.MappingServiceClient Mappings => new(mapping!.Channel);

    public Database Database => Get<Database>();

    public T Get<T>()
        where T : notnull => mapping!.Services.GetRequiredService<T>();

    private UserService.UserServiceClient Users => new(identity!.Channel);

    private DirectoryService.DirectoryServiceClient Directories => new(identity!.Channel);

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

    /// <summary>The service stops and starts again, on the same stores.</summary>
    public async Task RestartAsync(Func<Task>? meanwhile = null, TestRedis? otherRedis = null)
    {
        await mapping!.DisposeAsync();
        if (meanwhile is not null)
        {
            await meanwhile();
        }

        mapping = StartReplica(otherRedis);
    }

    /// <summary>As if the service had never followed identity. To be called while it is away.</summary>
    public async Task ForgetPositionAsync()
    {
        await using var connection = new NpgsqlConnection(database!.ConnectionString);
        await connection.OpenAsync();
        await using var delete = new NpgsqlCommand("delete from feed_positions", connection);
        await delete.ExecuteNonQueryAsync();
    }

    /// <summary>A new directory; attribute mapping may not have heard of it yet.</summary>
    public async Task<string> NewDirectoryAsync(Provider provider = Provider.Okta)
    {
        var organization = await new OrganizationService.OrganizationServiceClient(identity!.Channel)
            .CreateOrganizationAsync(new() { Organization = new() { Name = "Acme" } });
        var created = await Directories.CreateDirectoryAsync(new()
        {
            Directory = new() { OrganizationId = organization.Organization.Id, Name = "Acme", Provider = provider },
        });
        return created.Directory.Id;
    }

    public async Task ChangeProviderAsync(string directoryId, Provider provider) => await Directories.UpdateDirectoryAsync(new()
    {
        Directory = new() { Id = directoryId, Provider = provider },
        UpdateMask = { "provider" },
    });

    public async Task DeleteDirectoryAsync(string directoryId) => await Directories.DeleteDirectoryAsync(new() { Id = directoryId });

    /// <summary>Creates a user as SCIM JSON says.</summary>
    public async Task<User> CreateAsync(string directoryId, string body) =>
        (await Users.CreateUserAsync(new() { DirectoryId = directoryId, User = Read(body) })).User;

    /// <summary>Users user-0, user-1, …, as identity would tell of them; returns when all have profiles.</summary>
    public async Task SeedAsync(string directoryId, int count)
    {
        var ids = Enumerable.Range(0, count).Select(i => $"user-{i}").ToArray();
        var data = Array.ConvertAll(ids, id => new User { UserName = id, Name = new() { GivenName = "Ada" }, Active = true }.ToByteArray());
        await identity!.Services.GetRequiredService<Database>().Sql($"""
            insert into changes (directory_id, resource_type, resource_id, version, resource)
            select {directoryId}, {User.Descriptor.FullName}, u.id, 1, u.data from unnest({ids}, {data}) as u (id, data)
            """).ExecuteAsync(CancellationToken.None);
        await Eventually.True(async () => await Database.Sql($"select count(*) from profiles where directory_id = {directoryId}")
            .SingleAsync(row => row.GetInt64(0), CancellationToken.None) == count);
    }

    /// <summary>Replaces a user as SCIM JSON says.</summary>
    public async Task<User> ReplaceAsync(User user, string body)
    {
        var wanted = Read(body);
        wanted.Id = user.Id;
        return (await Users.ReplaceUserAsync(new() { DirectoryId = user.DirectoryId, User = wanted })).User;
    }

    public async Task DeleteAsync(User user) => await Users.DeleteUserAsync(new() { DirectoryId = user.DirectoryId, Id = user.Id });

    /// <summary>The profile once it follows this version of the user.</summary>
    public async Task<Profile> ProfileOfAsync(User user) => (await Eventually.Get(
        () => FindAsync(user.DirectoryId, user.Id), found => found?.UserVersion >= user.Version, what: "the profile follows the user"))!;

    public async Task<Profile?> FindAsync(string directoryId, string userId)
    {
        try
        {
            return (await Profiles.GetProfileAsync(new() { DirectoryId = directoryId, UserId = userId })).Profile;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }

    public async Task<Definition> DefineAsync(string name, DefinitionType type = DefinitionType.String, bool required = false) =>
        (await Definitions.CreateDefinitionAsync(new() { Definition = new() { Name = name, Type = type, Required = required } })).Definition;

    public async Task<DirectoryMapping> SetAsync(string directoryId, params MappingRule[] rules) =>
        (await Mappings.UpdateMappingAsync(new() { DirectoryId = directoryId, Rules = { rules } })).Mapping;

    /// <summary>Waits until all profiles follow.</summary>
    public Task<Recomputation> RecomputedAsync(string directoryId) => Eventually.Get(
        async () => (await Mappings.GetRecomputationAsync(new() { DirectoryId = directoryId })).Recomputation,
        r => r.State == RecomputationState.UpToDate, what: "profiles are recomputed");

    public async Task<Dictionary<string, InventoryEntry>> InventoryAsync(string directoryId) =>
        (await Profiles.ListInventoryAsync(new() { DirectoryId = directoryId, PageSize = 1000 })).Entries.ToDictionary(e => e.Path);

    public async Task<List<Diagnosis>> DiagnoseAsync(string directoryId, string attribute) =>
        [.. (await Mappings.DiagnoseMappingAsync(new() { DirectoryId = directoryId, Attribute = attribute })).Diagnoses];

    /// <summary>The changes of a user's profile that were told, in order.</summary>
    public Task<List<(bool Deleted, Profile Profile)>> ToldAsync(string directoryId, string userId) => Database.Sql($"""
        select deleted, resource, version from changes
        where directory_id = {directoryId} and resource_id = {userId} and resource_type = {Profile.Descriptor.FullName}
        order by id
        """).ListAsync(
        row =>
        {
            var profile = Profile.Parser.ParseFrom(row.GetFieldValue<byte[]>(1));
            Assert.Equal(row.GetInt64(2), profile.Version);
            return (row.GetBoolean(0), profile);
        },
        CancellationToken.None);

    /// <summary>The error that a call must end with.</summary>
    public static async Task<RpcException> FailsAsync(ErrorReason reason, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(call);
        Assert.True(reason == error.Reason(), $"{error.Reason()}: {error.Status}");
        return error;
    }

    private static User Read(string body) => UserJson.Read(Encoding.UTF8.GetBytes(body));

    private RunningService<IdentityProgram> StartIdentity(TestRedis ownRedis) =>
        new(identityDatabase!.ConnectionString, ownRedis, ("Identity:HousekeepingSeconds", "0.05"));

    /// <summary>Another process, as it were, on the same stores.</summary>
    public RunningService<Program> StartReplica(TestRedis? otherRedis = null) =>
        new(database!.ConnectionString, otherRedis ?? redis!, ("AttributeMapping:IdentityUrl", identity!.Url));
}
