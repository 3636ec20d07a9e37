using DirectorySync.Identity.V1;
using DirectorySync.Kit;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>
/// A running system with what tests need to get into it: directories, and gRPC channels to services and gateways. TEST_LOGS names a folder
/// in which the logs of its processes are kept.
/// </summary>
public class TestSystem(StackOptions options) : IAsyncLifetime
{
    private readonly List<GrpcChannel> channels = [];
    private readonly Lock gate = new();
    private int directories;

    internal Stack Stack { get; private set; } = null!;

    internal string ApiKey => Stack.ApiKey;

    public virtual async Task InitializeAsync() => Stack = await Stack.StartAsync(await PrepareAsync(options));

    /// <summary>Starts what the processes are to know of before they start.</summary>
    protected virtual Task<StackOptions> PrepareAsync(StackOptions options) => Task.FromResult(options);

    public virtual async Task DisposeAsync()
    {
        foreach (var channel in channels)
        {
            channel.Dispose();
        }

        if (Environment.GetEnvironmentVariable("TEST_LOGS") is { Length: > 0 } folder)
        {
            foreach (var (file, log) in Stack.Logs())
            {
                await File.WriteAllTextAsync(Path.Combine(System.IO.Directory.CreateDirectory(Path.Combine(folder, GetType().Name)).FullName, file), log);
            }
        }

        await Stack.DisposeAsync();
    }

    /// <summary>A directory without a limit of its rate, and a token for it.</summary>
    internal async Task<TestDirectory> CreateDirectoryAsync(Provider provider = Provider.Okta, Action<DirectoryPolicies>? adjust = null)
    {
        var policies = new DirectoryPolicies { RateLimit = 100_000, RateLimitBurst = 100_000 };
        adjust?.Invoke(policies);
        var identity = ChannelTo(Stack.ServiceUrl("identity"));
        var name = $"Directory {Interlocked.Increment(ref directories)}";
        var organization = await new OrganizationService.OrganizationServiceClient(identity)
            .CreateOrganizationAsync(new() { Organization = new() { Name = name } });
        var directory = await new DirectoryService.DirectoryServiceClient(identity).CreateDirectoryAsync(new()
        {
            Directory = new()
            {
                OrganizationId = organization.Organization.Id,
                Name = name,
                Provider = provider,
                Policies = policies,
            },
        });
        var token = await new CredentialService.CredentialServiceClient(identity)
            .CreateScimTokenAsync(new() { DirectoryId = directory.Directory.Id });
        return new(Stack, directory.Directory, token);
    }

    /// <summary>
    /// As if a service told of so many resources, user-1, user-2 and so on, that look like this one: to write as many by SCIM would take a
    /// while.
    /// </summary>
    internal Task TellAsync(string service, string directoryId, int count, IMessage resource) => ChangeAudit.ReadAsync(
        Stack.AdminConnectionString(service),
        $"""
        insert into changes (directory_id, resource_type, resource_id, version, resource)
        select '{directoryId}', '{resource.Descriptor.FullName}', 'user-' || n, 1, '\x{Convert.ToHexString(resource.ToByteArray())}'
        from generate_series(1, {count}) n
        """,
        _ => 0);

    /// <summary>What a service's database says.</summary>
    internal async Task<bool> IsAsync(string service, string sql) =>
        (await ChangeAudit.ReadAsync(Stack.AdminConnectionString(service), sql, row => row.GetBoolean(0)))[0];

    /// <summary>kill -9 in the middle of what its database says is under way, which was not done yet when it died; and starts it again.</summary>
    internal async Task KillWhileAsync(string service, string isUnderWay)
    {
        await Eventually.True(() => IsAsync(service, isUnderWay), what: "it is in the middle of its work");
        await Stack.KillAsync(service);
        Assert.True(await IsAsync(service, isUnderWay));
        await Stack.StartAgainAsync(service);
    }

    /// <summary>A client of identity itself, for what a test prepares.</summary>
    internal CredentialService.CredentialServiceClient Credentials => new(ChannelTo(Stack.ServiceUrl("identity")));

    /// <summary>A channel to the address for internal callers.</summary>
    internal GrpcChannel Channel(int gateway = 0) => ChannelTo(Stack.GatewayGrpcUrl(gateway));

    /// <summary>The API key, and whose feed is meant.</summary>
    internal Metadata Headers(string? service = null)
    {
        var headers = HeadersOf(ApiKey);
        if (service is not null)
        {
            headers.Add("directorysync-service", service);
        }

        return headers;
    }

    internal static Metadata HeadersOf(string key) => new() { { "authorization", "Bearer " + key } };

    private GrpcChannel ChannelTo(string address)
    {
        lock (gate)
        {
            if (channels.Find(channel => channel.Target == new Uri(address).Authority) is { } known)
            {
                return known;
            }

            var channel = GrpcChannel.ForAddress(address);
            channels.Add(channel);
            return channel;
        }
    }
}

/// <summary>The system of all tests that break nothing: two gateways over two replicas of each service.</summary>
public sealed class SharedSystem() : TestSystem(new()
{
    Replicas = 2,
    Gateways = 2,
    Environment = new Dictionary<string, string> { ["Webhooks__AllowPrivate"] = "true", ["Webhooks__FirstDelay"] = "00:00:00.100" },
})
{
    internal const string Name = "Shared system";

    /// <summary>Gets the metrics and traces of all its processes.</summary>
    internal OtlpReceiver Telemetry { get; private set; } = null!;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Telemetry.DisposeAsync();
    }

    protected override async Task<StackOptions> PrepareAsync(StackOptions options)
    {
        Telemetry = await OtlpReceiver.StartAsync();
        return options with { Environment = new Dictionary<string, string>([.. options.Environment, .. Telemetry.Settings]) };
    }
}

/// <summary>Runs the tests of the shared system one after the other.</summary>
[CollectionDefinition(SharedSystem.Name)]
public sealed class SharedSystemCollection : ICollectionFixture<SharedSystem>;

/// <summary>One process of each, so that a kill is felt.</summary>
public sealed class SingleSystem() : TestSystem(new() { NotStarted = ["events"] })
{
    internal const string Name = "Single system";
}

/// <summary>Runs the tests that kill its processes one after the other.</summary>
[CollectionDefinition(SingleSystem.Name)]
public sealed class SingleSystemCollection : ICollectionFixture<SingleSystem>;
