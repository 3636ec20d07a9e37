using System.Net.Sockets;
using System.Text;
using DirectorySync.Identity.V1;
using Grpc.Core;
using Grpc.Reflection.V1Alpha;

namespace DirectorySync.Gateway.Tests.Running;

/// <summary>A gateway behind a proxy, with reflection and a small rate.</summary>
[Collection(GuardedGateway.Name)]
public sealed class HardenedGatewayTests(GuardedGateway gateway)
{
    [Fact]
    public async Task A_configured_proxy_says_who_calls_and_what_stands_before_that_is_not_believed()
    {
        var created = (await gateway.SendAsync(
            "POST", "/organizations", """{"name": "Forwarded"}""", null, ("X-Forwarded-For", "203.0.113.9, 198.51.100.7"))).Expect(201);

        var entry = (await gateway.GetAsync($"/audit_log?resource_id={created.Text("id")}")).Expect(200).Data.Single();

        Assert.Equal("198.51.100.7", entry.GetProperty("actor").GetProperty("ip_address").GetString());
    }

    [Fact]
    public async Task Browsers_are_told_to_guess_nothing_frame_nothing_and_come_by_TLS_only()
    {
        var secure = (await gateway.SendAsync("GET", "/organizations", null, null, ("X-Forwarded-Proto", "https"))).Expect(200);
        var plain = (await gateway.GetAsync("/organizations")).Expect(200);

        Assert.Equal("max-age=31536000; includeSubDomains", secure.Headers.GetValues("Strict-Transport-Security").Single());
        Assert.False(plain.Headers.Contains("Strict-Transport-Security"));
        foreach (var (name, value) in ((string, string)[])[
            ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-store"),
            ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")])
        {
            Assert.Equal(value, plain.Headers.GetValues(name).Single());
        }
    }

    [Fact]
    public async Task Too_many_headers_and_too_large_ones_are_refused()
    {
        var many = string.Concat(Enumerable.Range(0, 150).Select(i => $"X-Many-{i}: 1\r\n"));
        var large = $"X-Large: {new string('a', 70_000)}\r\n";

        Assert.StartsWith("HTTP/1.1 431", await RawAsync($"GET /organizations HTTP/1.1\r\nHost: a\r\n{many}\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 431", await RawAsync($"GET /organizations HTTP/1.1\r\nHost: a\r\n{large}\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 400", await RawAsync("GET /organizations HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_sends_its_body_by_drops_is_ended_and_the_others_are_served()
    {
        using var slow = new TcpClient();
        await slow.ConnectAsync("localhost", new Uri(gateway.Stack.GatewayUrl()).Port);
        var stream = slow.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /organizations HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {gateway.Stack.ApiKey}\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{{"));

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        for (int read; (read = await stream.ReadAsync(buffer, patience.Token)) > 0;)
        {
            answer.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        Assert.StartsWith("HTTP/1.1 408", answer.ToString(), StringComparison.Ordinal);
        (await gateway.GetAsync("/organizations")).Expect(200);
    }

    [Fact]
    public async Task With_a_key_grpcurl_is_told_what_methods_there_are_and_without_nothing()
    {
        var services = await ListServicesAsync(RunningGateway.Headers(gateway.Stack.ApiKey));
        var refused = await Assert.ThrowsAsync<RpcException>(() => ListServicesAsync([]));

        Assert.Contains("directorysync.identity.v1.UserService", services);
        Assert.Contains("directorysync.feed.v1.ChangeFeedService", services);
        Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
    }

    [Fact]
    public async Task A_key_that_calls_too_often_is_slowed_and_no_other()
    {
        var (greedy, modest) = (RunningGateway.Headers(await gateway.CreateKeyAsync("read")), RunningGateway.Headers(await gateway.CreateKeyAsync("read")));
        var organizations = new OrganizationService.OrganizationServiceClient(gateway.Channel);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 200).Select(async _ =>
        {
            try
            {
                await organizations.ListOrganizationsAsync(new(), greedy);
                return StatusCode.OK;
            }
            catch (RpcException e)
            {
                return e.StatusCode;
            }
        }));
        await organizations.ListOrganizationsAsync(new(), modest);

        Assert.Equal([StatusCode.OK, StatusCode.ResourceExhausted], outcomes.Distinct().Order());
    }

    private async Task<List<string>> ListServicesAsync(Metadata headers)
    {
        using var call = new ServerReflection.ServerReflectionClient(gateway.Channel).ServerReflectionInfo(headers, DateTime.UtcNow.AddSeconds(20));
        await call.RequestStream.WriteAsync(new() { ListServices = "" });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        var services = call.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name).ToList();
        await call.RequestStream.CompleteAsync();
        return services;
    }

    private async Task<string> RawAsync(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("localhost", new Uri(gateway.Stack.GatewayUrl()).Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        var buffer = new byte[1024];
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        return Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer, patience.Token));
    }
}

/// <summary>Processes that speak TLS with each other, behind a proxy that is known.</summary>
public sealed class GuardedGateway() : RunningGateway(new()
{
    Tls = true,
    Environment = new Dictionary<string, string>
    {
        ["Tls__Callers__billing"] = "read",
        ["Tls__Callers__provisioner"] = "directorysync.identity.v1.OrganizationService/*",
        ["Gateway__TrustedProxies"] = "127.0.0.0/8, ::1",
        ["Gateway__Reflection"] = "true",
        ["Gateway__CallRate"] = "50",
        ["Gateway__CallBurst"] = "100",
    },
})
{
    internal new const string Name = "Guarded gateway";
}

/// <summary>Runs their tests one after the other.</summary>
[CollectionDefinition(GuardedGateway.Name)]
public sealed class GuardedGatewayCollection : ICollectionFixture<GuardedGateway>;
