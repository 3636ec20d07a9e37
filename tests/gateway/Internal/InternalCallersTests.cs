using System.Net;
using System.Text;
using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Feed.V1;
using DirectorySync.Gateway.Internal;
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
    public async Task Scopes_hold_and_a_key_of_one_organization_calls_what_is_its_own()
    {
        var organization = await gateway.CreateOrganizationAsync();
        var limited = RunningGateway.Headers(await gateway.CreateKeyAsync("admin", organization));
        var reader = RunningGateway.Headers(await gateway.CreateKeyAsync("read"));
        var writer = RunningGateway.Headers(await gateway.CreateKeyAsync("write"));
        var organizations = new OrganizationService.OrganizationServiceClient(gateway.Channel);

        Assert.Equal(organization, (await organizations.GetOrganizationAsync(new() { Id = organization }, reader)).Organization.Id);
        foreach (var refused in new[]
        {
            await FailureAsync(organizations.ListOrganizationsAsync(new(), limited).ResponseAsync),
            await FailureAsync(organizations.CreateOrganizationAsync(new() { Organization = new() { Name = "x" } }, limited).ResponseAsync),
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
        Assert.Equal(organization, (await organizations.GetOrganizationAsync(new() { Id = organization }, limited)).Organization.Id);
    }

    public static TheoryData<string> Methods => [.. InternalMethods.Served.SelectMany(service => service.Methods).Select(method => $"/{method.Service.FullName}/{method.Name}")];

    /// <summary>Every request of the contracts, with a foreign id in every field that names a directory or an organization.</summary>
    [Theory]
    [MemberData(nameof(Methods))]
    public async Task A_key_of_one_organization_reaches_no_other_by_any_id_of_any_method(string path)
    {
        var (own, other) = (await OwnAsync(), await ForeignAsync());
        var method = InternalMethods.All[path].Contract;
        foreach (var request in Requests(method, own, other))
        {
            var headers = RunningGateway.Headers(own.Key);
            headers.Add("directorysync-service", "identity");
            var bytes = Marshallers.Create(value => value, value => value);
            var call = new Method<byte[], byte[]>(
                method.IsClientStreaming ? MethodType.ClientStreaming : method.IsServerStreaming ? MethodType.ServerStreaming : MethodType.Unary,
                method.Service.FullName, method.Name, bytes, bytes);
            var error = await FailureAsync(AnswerAsync(gateway.Channel.CreateCallInvoker(), call, Google.Protobuf.MessageExtensions.ToByteArray(request), headers));

            Assert.True(error.StatusCode is StatusCode.NotFound or StatusCode.PermissionDenied, $"{path} {request}: {error.Status}");
            Assert.DoesNotContain(other.Directory, error.Status.Detail, StringComparison.Ordinal);
        }
    }

    private static readonly Lock Gate = new();
    private static Task<(string Key, string Organization, string Directory)>? own;
    private static Task<(string Key, string Organization, string Directory)>? foreign;

    private Task<(string Key, string Organization, string Directory)> OwnAsync()
    {
        lock (Gate)
        {
            return own ??= CreateAsync();
        }
    }

    private Task<(string Key, string Organization, string Directory)> ForeignAsync()
    {
        lock (Gate)
        {
            return foreign ??= CreateAsync();
        }
    }

    private async Task<(string Key, string Organization, string Directory)> CreateAsync()
    {
        var organization = await gateway.CreateOrganizationAsync();
        return (await gateway.CreateKeyAsync("admin", organization), organization, await gateway.CreateDirectoryAsync(organization));
    }

    // One with nothing but foreign ids, and one for each naming field in which only that one is foreign.
    private static IEnumerable<Google.Protobuf.IMessage> Requests(
        Google.Protobuf.Reflection.MethodDescriptor method, (string Key, string Organization, string Directory) own, (string Key, string Organization, string Directory) other)
    {
        yield return Fill(method, own, other, -1);
        for (var foreign = 0; foreign < Count(method); foreign++)
        {
            yield return Fill(method, own, other, foreign);
        }
    }

    private static int Count(Google.Protobuf.Reflection.MethodDescriptor method)
    {
        var at = 0;
        Fill(method, method.InputType, ref at, 0, _ => "x", _ => "x");
        return at;
    }

    private static Google.Protobuf.IMessage Fill(
        Google.Protobuf.Reflection.MethodDescriptor method, (string Key, string Organization, string Directory) own,
        (string Key, string Organization, string Directory) other, int foreign)
    {
        var at = 0;
        return Fill(
            method, method.InputType, ref at, 0, i => foreign < 0 || i == foreign ? other.Directory : own.Directory,
            i => foreign < 0 || i == foreign ? other.Organization : own.Organization);
    }

    private static Google.Protobuf.IMessage Fill(
        Google.Protobuf.Reflection.MethodDescriptor method, Google.Protobuf.Reflection.MessageDescriptor type, ref int at, int depth,
        Func<int, string> directory, Func<int, string> organization)
    {
        var message = type.Parser.ParseFrom([]);
        foreach (var field in type.Fields.InDeclarationOrder())
        {
            var value = field.Name switch
            {
                "directory_id" or "directory_ids" => directory(at++),
                "organization_id" or "organization_ids" => organization(at++),
                "id" when method.Service.Name == "DirectoryService" => directory(at++),
                "id" when method.Service.Name == "OrganizationService" => organization(at++),
                _ => null,
            };
            if (value is not null && field.IsRepeated)
            {
                ((System.Collections.IList)field.Accessor.GetValue(message)).Add(value);
            }
            else if (value is not null)
            {
                field.Accessor.SetValue(message, value);
            }
            else if (field.FieldType == Google.Protobuf.Reflection.FieldType.Message && !field.IsRepeated && depth < 2
                && field.MessageType.File.Package.StartsWith("directorysync", StringComparison.Ordinal))
            {
                field.Accessor.SetValue(message, Fill(method, field.MessageType, ref at, depth + 1, directory, organization));
            }
        }

        return message;
    }

    private static async Task<byte[]> AnswerAsync(CallInvoker invoker, Method<byte[], byte[]> method, byte[] request, Metadata headers)
    {
        var options = new CallOptions(headers, DateTime.UtcNow.AddSeconds(10));
        if (method.Type == MethodType.Unary)
        {
            return await invoker.AsyncUnaryCall(method, null, options, request);
        }

        if (method.Type == MethodType.ServerStreaming)
        {
            using var reading = invoker.AsyncServerStreamingCall(method, null, options, request);
            return await reading.ResponseStream.MoveNext(CancellationToken.None) ? reading.ResponseStream.Current : [];
        }

        using var writing = invoker.AsyncClientStreamingCall(method, null, options);
        await writing.RequestStream.WriteAsync(request);
        await writing.RequestStream.CompleteAsync();
        return await writing;
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
