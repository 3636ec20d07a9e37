using DirectorySync.Identity.V1;
using DirectorySync.Kit;
using Grpc.Core;
using Grpc.Net.Client;

namespace DirectorySync.Gateway.Tests.Running;

/// <summary>A system whose processes speak TLS with each other, both sides with certificates.</summary>
[Collection(GuardedGateway.Name)]
public sealed class MutualTlsTests(GuardedGateway running)
{
    [Fact]
    public async Task The_whole_way_through_is_served_with_certificates_on_every_hop()
    {
        var directory = await running.Stack.CreateDirectoryAsync();
        using var scim = new Api(directory.ScimBaseUrl, directory.Token);
        var created = await scim.PostAsync("/Users", """{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada@example.com"}""");
        using var rest = new Api(running.Stack.GatewayUrl(), running.Stack.ApiKey);
        using var channel = GrpcChannel.ForAddress(running.Stack.GatewayGrpcUrl());

        var users = await new UserService.UserServiceClient(channel).ListUsersAsync(
            new() { DirectoryId = directory.Id, PageSize = 10 }, RunningGateway.Headers(running.Stack.ApiKey));

        Assert.Equal(201, created.Status);
        Assert.Equal(created.Text("id"), Assert.Single(users.Users).Id);
        // Through three feeds.
        await Eventually.True(
            async () => (await rest.GetAsync($"/directory_users?directory={directory.Id}")).Body!["data"]!.AsArray().Count == 1, what: "the user is told");
    }

    [Fact]
    public async Task Without_a_certificate_of_the_authority_there_is_no_connection()
    {
        running.Stack.IssueCertificate("expired", DateTimeOffset.UtcNow.AddMinutes(-1));
        using var stranger = new StrangeAuthority();
        SocketsHttpHandler[] handlers =
        [
            new() { SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null } },
            new() { SslOptions = { ClientCertificates = [stranger.Issue("gateway")], RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null } },
        ];
        foreach (var handler in handlers)
        {
            using var channel = GrpcChannel.ForAddress(running.Stack.ServiceUrl("identity"), new() { HttpHandler = handler });
            var refused = await Assert.ThrowsAsync<RpcException>(async () => await new UserService.UserServiceClient(channel).GetUserAsync(new()));
            Assert.True(refused.StatusCode is StatusCode.Unavailable or StatusCode.Internal, refused.Status.ToString());
        }

        using var expired = running.Stack.ChannelTo("identity", "expired");
        var late = await Assert.ThrowsAsync<RpcException>(async () => await new UserService.UserServiceClient(expired).GetUserAsync(new()));
        Assert.True(late.StatusCode is StatusCode.Unavailable or StatusCode.Internal, late.Status.ToString());

        using var plain = GrpcChannel.ForAddress(running.Stack.ServiceUrl("identity").Replace("https", "http", StringComparison.Ordinal));
        var unencrypted = await Assert.ThrowsAsync<RpcException>(async () => await new UserService.UserServiceClient(plain).GetUserAsync(new()));
        Assert.NotEqual(StatusCode.NotFound, unencrypted.StatusCode);
    }

    [Fact]
    public async Task A_stolen_certificate_of_one_service_opens_no_more_than_that_service_needs()
    {
        var directory = await running.Stack.CreateDirectoryAsync();
        using var channel = running.Stack.ChannelTo("identity", "events");

        var read = await new DirectoryService.DirectoryServiceClient(channel).GetDirectoryAsync(new() { Id = directory.Id });
        Func<Task>[] refused =
        [
            async () => await new CredentialService.CredentialServiceClient(channel).CreateApiKeyAsync(new() { Name = "thief", Scopes = { ApiKeyScope.Admin } }),
            async () => await new CredentialService.CredentialServiceClient(channel).CreateScimTokenAsync(new() { DirectoryId = directory.Id }),
            async () => await new DirectoryService.DirectoryServiceClient(channel).DeleteDirectoryAsync(new() { Id = directory.Id }),
            async () => await new UserService.UserServiceClient(channel).CreateUserAsync(new() { DirectoryId = directory.Id, User = new() { UserName = "x" } }),
            async () => await new Keys.V1.KeyRingService.KeyRingServiceClient(channel).ListKeysAsync(new()),
        ];

        Assert.Equal(directory.Id, read.Directory.Id);
        foreach (var call in refused)
        {
            Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(call)).StatusCode);
        }
    }

    [Fact]
    public async Task A_direct_caller_does_what_its_certificate_is_allowed_and_cannot_speak_for_others()
    {
        running.Stack.IssueCertificate("billing");
        running.Stack.IssueCertificate("provisioner");
        var directory = await running.Stack.CreateDirectoryAsync();
        using var billing = running.Stack.ChannelTo("identity", "billing");
        using var provisioner = running.Stack.ChannelTo("identity", "provisioner");

        Assert.Empty((await new UserService.UserServiceClient(billing).ListUsersAsync(new() { DirectoryId = directory.Id, PageSize = 10 })).Users);
        var write = await Assert.ThrowsAsync<RpcException>(async () => await new OrganizationService.OrganizationServiceClient(billing)
            .CreateOrganizationAsync(new() { Organization = new() { Name = "Refused" } }));
        var created = await new OrganizationService.OrganizationServiceClient(provisioner).CreateOrganizationAsync(
            new() { Organization = new() { Name = "Direct" } },
            new Metadata { { "directorysync-actor-bin", new byte[] { 8, 1, 18, 1, 65 } } });
        using var rest = new Api(running.Stack.GatewayUrl(), running.Stack.ApiKey);
        var entry = (await rest.GetAsync($"/audit_log?resource_id={created.Organization.Id}")).Body!["data"]!.AsArray().Single()!;

        Assert.Equal(StatusCode.PermissionDenied, write.StatusCode);
        Assert.Equal(("service", "provisioner"), ((string)entry["actor"]!["type"]!, (string)entry["actor"]!["id"]!));
    }

    [Fact]
    public async Task Certificates_and_authority_are_renewed_without_a_failed_request()
    {
        var directory = await running.Stack.CreateDirectoryAsync();
        using var scim = new Api(directory.ScimBaseUrl, directory.Token);
        using var done = new CancellationTokenSource();
        var failures = new List<string>();
        var asking = Task.Run(async () =>
        {
            for (var i = 0; !done.IsCancellationRequested; i++)
            {
                var answer = await scim.PostAsync("/Users", $$"""{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "renewed{{i}}@example.com"}""");
                if (answer.Status != 201)
                {
                    failures.Add($"{answer.Status}: {answer.Body?["detail"]}");
                }

                // Below the directory's rate of 100 a second.
                await Task.Delay(20);
            }
        });
        string[] processes = ["identity", "group-membership", "attribute-mapping", "roles", "events", "gateway"];

        running.Stack.AddAuthority();
        await Eventually.True(() => LooksAgainAsync("identity"), what: "the new authority is read");
        foreach (var process in processes)
        {
            running.Stack.IssueCertificate(process);
        }

        // Who reads a file once a second has read it by then.
        await Eventually.True(() => ShownAsync("identity", "gateway"), what: "identity shows its new certificate");
        running.Stack.ForgetOldAuthorities();
        // Connections of before go on; those that are opened now know the new authority only.
        await running.Stack.StopAsync("group-membership");
        await running.Stack.StartAgainAsync("group-membership");
        await Eventually.True(() => ShownAsync("group-membership", "gateway"), what: "a service that starts now is known");
        await done.CancelAsync();
        await asking;

        Assert.True(failures.Count == 0, string.Join(Environment.NewLine, failures.Take(3)));
    }

    // A connection of its own, as the bearer of a certificate that the newest authority issued.
    private async Task<bool> LooksAgainAsync(string service)
    {
        running.Stack.IssueCertificate("probe");
        return await ShownAsync(service, "probe");
    }

    private async Task<bool> ShownAsync(string service, string caller)
    {
        using var channel = running.Stack.ChannelTo(service, caller);
        try
        {
            await new Grpc.Health.V1.Health.HealthClient(channel).CheckAsync(new(), deadline: DateTime.UtcNow.AddSeconds(5));
            return true;
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.DeadlineExceeded)
        {
            return false;
        }
    }

    private sealed class StrangeAuthority : IDisposable
    {
        private readonly System.Security.Cryptography.ECDsa key = System.Security.Cryptography.ECDsa.Create();

        public System.Security.Cryptography.X509Certificates.X509Certificate2 Issue(string name) =>
            new System.Security.Cryptography.X509Certificates.CertificateRequest($"CN={name}", key, System.Security.Cryptography.HashAlgorithmName.SHA256)
                .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));

        public void Dispose() => key.Dispose();
    }
}
