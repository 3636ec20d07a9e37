using DirectorySync.Chassis;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace DirectorySync.Kit;

/// <summary>A service in this process, behind a real port, on stores of its own.</summary>
public sealed class RunningService<TProgram> : IAsyncDisposable
    where TProgram : class
{
    private readonly WebApplicationFactory<TProgram> factory;

    public RunningService(string postgres, TestRedis redis, params (string Key, string Value)[] settings)
    {
        factory = new WebApplicationFactory<TProgram>().WithWebHostBuilder(builder =>
        {
            builder.UseSetting("ConnectionStrings:Postgres", postgres);
            builder.UseSetting("ConnectionStrings:Redis", redis.ConnectionString);
            builder.UseSetting("Redis:KeyPrefix", redis.KeyPrefix);
            builder.UseSetting("Kestrel:Endpoints:Grpc:Url", "http://127.0.0.1:0");
            foreach (var (key, value) in settings)
            {
                builder.UseSetting(key, value);
            }
        });
        factory.UseKestrel();
        factory.StartServer();
        Url = factory.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        Channel = GrpcChannel.ForAddress(Url);
    }

    public string Url { get; }

    public GrpcChannel Channel { get; }

    /// <summary>Calls over the channel, none of which hangs for ever.</summary>
    public CallInvoker Calls => Channel.Intercept(new Deadlines());

    public IServiceProvider Services => factory.Services;

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await factory.DisposeAsync();
    }
}

/// <summary>Databases for running services.</summary>
public static class ServiceMigrations
{
    /// <summary>Brings a database up to the migrations of the service that the program is.</summary>
    public static Task ApplyAsync<TProgram>(string connection) =>
        SchemaMigration.ApplyAsync(connection, typeof(TProgram).Assembly, NullLogger.Instance, CancellationToken.None);
}
