using System.Net;
using DirectorySync.Chassis.Hosting;
using DirectorySync.Local;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.ClientFactory;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DirectorySync.Chassis.Tests;

/// <summary>Clients of a service that comes and goes.</summary>
public sealed class GrpcClientTests
{
    private const int Many = 12;

    // Each channel races on its own; with a ConnectTimeout about one in ten waited for ever.
    [Fact]
    public async Task A_service_is_found_again_however_long_it_was_away()
    {
        var port = Ports.Free();
        var services = new ServiceCollection();
        for (var i = 0; i < Many; i++)
        {
            services.AddServiceClient<Health.HealthClient>(_ => new($"http://127.0.0.1:{port}"), $"{i}");
        }

        await using var provider = services.BuildServiceProvider();
        var clients = Enumerable.Range(0, Many).Select(i => provider.GetRequiredService<GrpcClientFactory>().CreateClient<Health.HealthClient>($"{i}"));
        var all = clients.ToList();
        for (var round = 0; round < 2; round++)
        {
            await using (await StartAsync(port))
            {
                await Task.WhenAll(all.Select(client => Eventually.True(() => AnswersAsync(client), what: "the service is found")));
            }

            using var away = new CancellationTokenSource(TimeSpan.FromSeconds(3));
            await Task.WhenAll(all.Select(async client =>
            {
                while (!away.IsCancellationRequested)
                {
                    Assert.False(await AnswersAsync(client));
                    await Task.Delay(50);
                }
            }));
        }

        await using var back = await StartAsync(port);
        await Task.WhenAll(all.Select(client => Eventually.True(() => AnswersAsync(client), what: "the service is found again")));
    }

    private static async Task<bool> AnswersAsync(Health.HealthClient client)
    {
        try
        {
            return (await client.CheckAsync(new(), deadline: DateTime.UtcNow.AddSeconds(5))).Status == HealthCheckResponse.Types.ServingStatus.Serving;
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded)
        {
            return false;
        }
    }

    private static async Task<WebApplication> StartAsync(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.Services.AddGrpcHealthChecks().AddCheck("here", () => Microsoft.Extensions.Diagnostics.HealthChecks.HealthCheckResult.Healthy());
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.MapGrpcHealthChecksService();
        await app.StartAsync();
        return app;
    }
}
