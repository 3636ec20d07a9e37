using System.Security.Cryptography;
using System.Text;
using DirectorySync.Chassis;
using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using DirectorySync.Feed.V1;
using DirectorySync.Identity.Users;
using DirectorySync.Scim;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace DirectorySync.Identity.Tests;

/// <summary>Identity in this process, over a real channel, with a database and a part of Redis of its own. One for each test class.</summary>
public sealed class IdentityService : IAsyncLifetime
{
    private TestDatabase? database;
    private TestRedis? redis;
    private Replica? first;

    public string ConnectionString => database!.ConnectionString;

    public OrganizationService.OrganizationServiceClient Organizations => first!.Organizations;

    public DirectoryService.DirectoryServiceClient Directories => first!.Directories;

    public CredentialService.CredentialServiceClient Credentials => first!.Credentials;

    public UserService.UserServiceClient Users => first!.Users;

    public RequestLogService.RequestLogServiceClient RequestLog => first!.RequestLog;

    public PortalLinkService.PortalLinkServiceClient PortalLinks => first!.PortalLinks;

    public ChangeFeedService.ChangeFeedServiceClient Feed => first!.Feed;

    public Database Database => first!.Services.GetRequiredService<Database>();

    public IServiceProvider Services => first!.Services;

    public async Task InitializeAsync()
    {
        database = await TestDatabase.CreateAsync(
            "identity", connection => SchemaMigration.ApplyAsync(
                connection, typeof(UserRpc).Assembly, NullLogger.Instance, CancellationToken.None));
        redis = await TestRedis.CreateAsync("identity");
        first = StartReplica();
    }

    /// <summary>Another process, as it were, on the same stores.</summary>
    internal Replica StartReplica(Action<IWebHostBuilder>? configure = null) => new(database!.ConnectionString, redis!, configure);

    public async Task DisposeAsync()
    {
        await first!.DisposeAsync();
        await database!.DisposeAsync();
    }

    public async Task<Organization> CreateOrganizationAsync(params string[] domains)
    {
        var organization = new Organization { Name = "Acme" };
        organization.Domains.Add(domains.Select(domain => new OrganizationDomain { Domain = domain }));
        return (await Organizations.CreateOrganizationAsync(new() { Organization = organization })).Organization;
    }

    public async Task<Directory> CreateDirectoryAsync(DirectoryPolicies? policies = null, params string[] domains)
    {
        var organization = await CreateOrganizationAsync(domains);
        var response = await Directories.CreateDirectoryAsync(new()
        {
            Directory = new() { OrganizationId = organization.Id, Name = "Acme Okta", Provider = Provider.Okta, Policies = policies },
        });
        return response.Directory;
    }

    public async Task<Directory> SetStateAsync(Directory directory, DirectoryState state) => (await Directories.UpdateDirectoryAsync(new()
    {
        Directory = new() { Id = directory.Id, State = state }, UpdateMask = { "state" },
    })).Directory;

    public async Task<Directory> GetDirectoryAsync(string id) => (await Directories.GetDirectoryAsync(new() { Id = id })).Directory;

    public async Task<User> CreateUserAsync(string directoryId, User user, string requestId = "") =>
        (await Users.CreateUserAsync(new() { DirectoryId = directoryId, User = user, RequestId = requestId })).User;

    public Task<User> CreateUserAsync(Directory directory, string userName) => CreateUserAsync(directory.Id, Person(userName));

    public async Task<User> GetUserAsync(User user) =>
        (await Users.GetUserAsync(new() { DirectoryId = user.DirectoryId, Id = user.Id })).User;

    public async Task<User> ReplaceUserAsync(User user, long expectedVersion = 0) => (await Users.ReplaceUserAsync(new()
    {
        DirectoryId = user.DirectoryId, User = user, ExpectedVersion = expectedVersion,
    })).User;

    /// <summary>Applies the operations of a PatchOp body, given as JSON.</summary>
    public async Task<User> PatchUserAsync(User user, string operations)
    {
        var body = $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":{{operations}}}""";
        var request = new PatchUserRequest { DirectoryId = user.DirectoryId, Id = user.Id };
        request.Operations.Add(UserPatch.Read(Encoding.UTF8.GetBytes(body)));
        return (await Users.PatchUserAsync(request)).User;
    }

    /// <summary>Ends when a deleted directory is removed.</summary>
    public Task GoneAsync(Directory directory) => Eventually.True(
        async () =>
        {
            try
            {
                await GetDirectoryAsync(directory.Id);
                return false;
            }
            catch (RpcException e) when (e.Reason() == ErrorReason.ResourceNotFound)
            {
                return true;
            }
        },
        what: "the directory is removed");

    public async Task<IReadOnlyList<Problem>> ProblemsAsync(string directoryId) =>
        (await Directories.ListProblemsAsync(new() { DirectoryId = directoryId })).Problems;

    /// <summary>How PostgreSQL runs a list.</summary>
    internal Task<string> PlanAsync(ListUsersRequest request, UserOrder? order = null) => QueryPlan.OfAsync(
        database!, UserList.Query(request, order ?? new UserOrder(request, UserList.Columns)), order is null && UserList.IsPlannedOnce(request));

    /// <summary>The changes of a resource in the order of their ids.</summary>
    internal Task<List<(long Version, bool Deleted, byte[] Resource)>> ChangesAsync(string resourceType, string resourceId) => Database.Sql($"""
        select version, deleted, resource from changes where resource_type = {resourceType} and resource_id = {resourceId} order by id
        """).ListAsync(row => (row.GetInt64(0), row.GetBoolean(1), row.GetFieldValue<byte[]>(2)), CancellationToken.None);

    /// <summary>A user as Okta sends one.</summary>
    public static User Person(string userName) => new()
    {
        UserName = userName,
        ExternalId = $"00u-{userName}",
        Name = new() { GivenName = "Ada", FamilyName = "Lovelace" },
        DisplayName = $"Ada {userName}",
        Active = true,
        Emails = { new MultiValue { Value = userName, Type = "work", Primary = true } },
    };

    public static ByteString HashOf(string secret) => ByteString.CopyFrom(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>The error that a call must end with.</summary>
    public static async Task<RpcException> FailsAsync(ErrorReason reason, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(call);
        Assert.True(reason == error.Reason(), $"{error.Reason()}: {error.Status.Detail}");
        return error;
    }
}

/// <summary>One process of the service.</summary>
internal sealed class Replica : IAsyncDisposable
{
    private readonly WebApplicationFactory<Program> factory;
    private readonly GrpcChannel channel;

    public Replica(string postgres, TestRedis redis, Action<IWebHostBuilder>? configure)
    {
        factory = new WebApplicationFactory<Program>().WithWebHostBuilder(builder =>
        {
            builder.UseSetting("Kestrel:Endpoints:Grpc:Url", "http://127.0.0.1:0");
            builder.UseSetting("ConnectionStrings:Postgres", postgres);
            builder.UseSetting("ConnectionStrings:Redis", redis.ConnectionString);
            builder.UseSetting("Redis:KeyPrefix", redis.KeyPrefix);
            builder.UseSetting("Identity:UseFlushSeconds", "0.05");
            builder.UseSetting("Identity:FarPage", "2000");
            builder.UseSetting("Identity:HousekeepingSeconds", "0.05");
            configure?.Invoke(builder);
        });
        factory.UseKestrel();
        factory.StartServer();
        var address = factory.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        channel = GrpcChannel.ForAddress(address, new() { MaxReceiveMessageSize = 16 * 1024 * 1024 });
    }

    public IServiceProvider Services => factory.Services;

    public OrganizationService.OrganizationServiceClient Organizations => new(channel);

    public DirectoryService.DirectoryServiceClient Directories => new(channel);

    public CredentialService.CredentialServiceClient Credentials => new(channel);

    public UserService.UserServiceClient Users => new(channel);

    public RequestLogService.RequestLogServiceClient RequestLog => new(channel);

    public PortalLinkService.PortalLinkServiceClient PortalLinks => new(channel);

    public ChangeFeedService.ChangeFeedServiceClient Feed => new(channel);

    public async ValueTask DisposeAsync()
    {
        channel.Dispose();
        await factory.DisposeAsync();
    }
}
