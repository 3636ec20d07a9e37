using System.Net;
using System.Text;
using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Feed.V1;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace DirectorySync.Gateway.Tests.Internal;

[Collection(RunningGateway.Name)]
public sealed class InternalCallersTests(RunningGateway gateway)
{
    private UserService.UserServiceClient Users => new(gateway.Channel);

    private Metadata Key => RunningGateway.Headers(gateway.Stack.ApiKey);

    [Fact]
    public async Task Calls_of_every_kind_pass()
    {
        var directory = await gateway.Stack.CreateDirectoryAsync();
        var created = await Users.CreateUserAsync(new() { DirectoryId = directory.Id, User = new() { UserName = "ada@example.com" } }, Key);

        // Client streaming, then server streaming.
        var groups = new GroupService.GroupServiceClient(gateway.Channel);
        using var creation = groups.CreateGroup(Key);
        await creation.RequestStream.WriteAsync(new() { DirectoryId = directory.Id, Group = new() { DisplayName = "Internal" } });
        await creation.RequestStream.WriteAsync(new() { Members = { new Member { Value = created.User.Id } } });
        await creation.RequestStream.CompleteAsync();
        var group = (await creation).Group;
        var members = new List<string>();
        using var reading = groups.ReadGroup(new() { DirectoryId = directory.Id, Id = group.Id }, Key);
        await foreach (var part in reading.ResponseStream.ReadAllAsync())
        {
            members.AddRange(part.Members.Select(member => member.Value));
        }

        Assert.Equal([created.User.Id], members);
    }

    [Theory]
    [InlineData("identity")]
    [InlineData("group-membership")]
    public async Task The_header_says_whose_feed_is_meant(string service)
    {
        var feed = new ChangeFeedService.ChangeFeedServiceClient(gateway.Channel);
        var headers = Key;
        headers.Add("directorysync-service", service);
        var consumer = "test-" + Guid.NewGuid().ToString("n");
        var registered = await feed.RegisterConsumerAsync(new() { Consumer = consumer }, headers);
        using var watch = feed.WatchChanges(new() { Consumer = consumer, ResumeToken = registered.ResumeToken }, headers);

        var directory = await gateway.Stack.CreateDirectoryAsync();
        if (service == "group-membership")
        {
            using var creation = new GroupService.GroupServiceClient(gateway.Channel).CreateGroup(Key);
            await creation.RequestStream.WriteAsync(new() { DirectoryId = directory.Id, Group = new() { DisplayName = "Watched" } });
            await creation.RequestStream.CompleteAsync();
            await creation;
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await watch.ResponseStream.MoveNext(patience.Token))
        {
            if (watch.ResponseStream.Current.Changes.Any(change => change.DirectoryId == directory.Id))
            {
                return;
            }
        }

        Assert.Fail("The feed ended.");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("billing")]
    public async Task A_feed_of_nobody_is_refused_with_the_remedy(string? service)
    {
        var headers = Key;
        if (service is not null)
        {
            headers.Add("directorysync-service", service);
        }

        var error = await FailureAsync(new ChangeFeedService.ChangeFeedServiceClient(gateway.Channel)
            .RegisterConsumerAsync(new() { Consumer = "test" }, headers).ResponseAsync);

        Assert.Equal((StatusCode.InvalidArgument, ErrorReason.InvalidValue), (error.StatusCode, error.Reason()));
        Assert.Contains("group-membership", error.FindMetadata("remedy"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_of_a_service_arrives_as_it_is()
    {
        var error = await FailureAsync(Users.GetUserAsync(new() { DirectoryId = "none", Id = "none" }, Key).ResponseAsync);

        Assert.Equal((StatusCode.NotFound, ErrorReason.ResourceNotFound), (error.StatusCode, error.Reason()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("sk_wrong")]
    public async Task Without_a_key_nothing_is_called(string? key)
    {
        var error = await FailureAsync(Users.ListUsersAsync(new(), key is null ? [] : RunningGateway.Headers(key)).ResponseAsync);

        Assert.Equal((StatusCode.Unauthenticated, ErrorReason.InvalidCredentials), (error.StatusCode, error.Reason()));
    }

    [Fact]
    public async Task Scopes_hold_and_a_key_of_one_organization_may_nothing()
    {
        var organization = await gateway.CreateOrganizationAsync();
        var limited = RunningGateway.Headers(await gateway.CreateKeyAsync("admin", organization));
        var reader = RunningGateway.Headers(await gateway.CreateKeyAsync("read"));
        var writer = RunningGateway.Headers(await gateway.CreateKeyAsync("write"));
        var organizations = new OrganizationService.OrganizationServiceClient(gateway.Channel);

        Assert.Equal(organization, (await organizations.GetOrganizationAsync(new() { Id = organization }, reader)).Organization.Id);
        foreach (var refused in new[]
        {
            await FailureAsync(organizations.GetOrganizationAsync(new() { Id = organization }, limited).ResponseAsync),
            await FailureAsync(organizations.UpdateOrganizationAsync(new(), reader).ResponseAsync),
            await FailureAsync(organizations.DeleteOrganizationAsync(new() { Id = organization }, writer).ResponseAsync),
            await FailureAsync(new CredentialService.CredentialServiceClient(gateway.Channel).ListApiKeysAsync(new(), writer).ResponseAsync),
            await FailureAsync(new CredentialService.CredentialServiceClient(gateway.Channel).ResolveApiKeyAsync(new(), Key).ResponseAsync),
            await FailureAsync(new CredentialService.CredentialServiceClient(gateway.Channel).ResolveTokenAsync(new(), Key).ResponseAsync),
        })
        {
            Assert.Equal((StatusCode.PermissionDenied, ErrorReason.ScopeMissing), (refused.StatusCode, refused.Reason()));
        }

        Assert.Equal(organization, (await organizations.GetOrganizationAsync(new() { Id = organization }, reader)).Organization.Id);
    }

    [Fact]
    public async Task A_method_that_does_not_exist_is_unimplemented()
    {
        var health = await FailureAsync(new Grpc.Health.V1.Health.HealthClient(gateway.Channel).CheckAsync(new(), Key).ResponseAsync);

        Assert.Equal(StatusCode.Unimplemented, health.StatusCode);
    }

    [Fact]
    public async Task A_deadline_holds_while_the_service_is_busy_answering()
    {
        var feed = new ChangeFeedService.ChangeFeedServiceClient(gateway.Channel);
        var headers = Key;
        headers.Add("directorysync-service", "identity");
        var consumer = "test-" + Guid.NewGuid().ToString("n");
        var registered = await feed.RegisterConsumerAsync(new() { Consumer = consumer }, headers);

        using var watch = feed.WatchChanges(
            new() { Consumer = consumer, ResumeToken = registered.ResumeToken }, headers, DateTime.UtcNow.AddSeconds(1));
        var error = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var batch in watch.ResponseStream.ReadAllAsync())
            {
                Assert.NotNull(batch);
            }
        });

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
    }

    [Fact]
    public async Task A_service_that_is_away_is_unavailable_and_found_again_by_itself()
    {
        var groups = new GroupService.GroupServiceClient(gateway.Channel);
        await gateway.Stack.StopAsync("group-membership");
        RpcException error;
        try
        {
            error = await FailureAsync(groups.CountGroupsAsync(new() { DirectoryIds = { "any" } }, Key).ResponseAsync);
        }
        finally
        {
            await gateway.Stack.StartAgainAsync("group-membership");
        }

        Assert.Equal((StatusCode.Unavailable, ErrorReason.StoreUnavailable), (error.StatusCode, error.Reason()));
        await Kit.Eventually.True(async () =>
        {
            try
            {
                return (await groups.CountGroupsAsync(new() { DirectoryIds = { "any" } }, Key)).GroupCounts.Count == 1;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
            {
                return false;
            }
        });
    }

    [Fact]
    public async Task The_two_listeners_serve_nothing_of_each_other()
    {
        using var http = new HttpClient
        {
            BaseAddress = new(gateway.Stack.GatewayGrpcUrl()),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        http.DefaultRequestHeaders.Authorization = new("Bearer", gateway.Stack.ApiKey);
        foreach (var path in new[] { "/organizations", "/scim/v2/any/Users", "/health/ready", "/" })
        {
            using var rest = await http.GetAsync(path);
            Assert.Equal(HttpStatusCode.UnsupportedMediaType, rest.StatusCode);
            Assert.Contains("gRPC only", await rest.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        using var disguised = new ByteArrayContent(Encoding.ASCII.GetBytes("\0\0\0\0\0"));
        disguised.Headers.ContentType = new("application/grpc");
        using var asGrpc = await http.PostAsync("/organizations", disguised);
        Assert.Equal(((int)StatusCode.Unimplemented).ToString(System.Globalization.CultureInfo.InvariantCulture), asGrpc.Headers.GetValues("grpc-status").Single());

        using var grpcOverHttp = GrpcChannel.ForAddress(gateway.Stack.GatewayUrl());
        await FailureAsync(new UserService.UserServiceClient(grpcOverHttp).ListUsersAsync(new(), Key).ResponseAsync);
    }

    private static async Task<RpcException> FailureAsync<T>(Task<T> call) => await Assert.ThrowsAsync<RpcException>(() => call);
}
