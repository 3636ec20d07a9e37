using System.Reflection;
using System.Runtime.CompilerServices;
using DirectorySync.Chassis.Audit;
using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Sql;
using DirectorySync.Chassis.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DirectorySync.Chassis.Hosting;

/// <summary>
/// What every service bolts onto: gRPC over HTTP/2, its database, migrations, health, telemetry, logs, and an end without torn requests.
/// </summary>
public static class ChassisHosting
{
    /// <summary>Health check name of "the process is alive", whatever its stores do.</summary>
    private const string Liveness = "liveness";

    /// <summary>Adds all of it for a service with a database of its own (ConnectionStrings:Postgres).</summary>
    /// <param name="builder">The service's builder.</param>
    /// <param name="service">Its name in paths, images, telemetry and Redis prefixes, for example "group-membership".</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static WebApplicationBuilder AddChassis(this WebApplicationBuilder builder, string service)
    {
        builder.AddTelemetry(service);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2);
        });
        builder.AddTlsListeners();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(30));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(new ServiceName(service, Assembly.GetCallingAssembly()));
        builder.AddDatabase();
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = 16 * 1024 * 1024;
            grpc.Interceptors.Add<RpcMetrics>();
            grpc.Interceptors.Add<RequestScopeInterceptor>();
            grpc.Interceptors.Add<ErrorInterceptor>();
        });
        builder.Services.AddGrpcHealthChecks(health =>
        {
            health.Services.Map("", check => check.Name != Liveness);
            health.Services.Map(Liveness, check => check.Name == Liveness);
        }).AddCheck(Liveness, () => HealthCheckResult.Healthy()).AddCheck<DatabaseHealthCheck>("postgres");
        builder.Services.Configure<HealthCheckPublisherOptions>(publisher =>
        {
            publisher.Delay = TimeSpan.Zero;
            publisher.Period = TimeSpan.FromSeconds(2);
        });
        return builder;
    }

    /// <summary>
    /// Migrates the service's database, then serves until SIGTERM; `migrate` as the only argument migrates and ends.
    /// </summary>
    public static async Task<int> RunChassisAsync(this WebApplication app, string[] args)
    {
        var stopping = app.Lifetime.ApplicationStopping;
        await MigrateAsync(app, retry: args is not ["migrate"], stopping);
        if (args is ["migrate"])
        {
            return 0;
        }

        app.UseTlsCallers();
        app.MapGrpcHealthChecksService();
        app.MapGrpcService<AuditRpc>();
        await app.RunAsync();
        return 0;
    }

    private static void AddDatabase(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(services =>
        {
            var connection = new NpgsqlConnectionStringBuilder(ConnectionString(services.GetRequiredService<IConfiguration>()));
            Default(connection, "Max Auto Prepare", "200");
            Default(connection, "Auto Prepare Min Usages", "2");
            Default(connection, "Maximum Pool Size", "40");
            Default(connection, "Timeout", "3");
            Default(connection, "Command Timeout", "50");
            Default(connection, "Keepalive", "30");
            // Sessions keep nothing between two uses (a temporary table or a session's lock is removed by whoever made it).
            Default(connection, "No Reset On Close", "true");
            if (connection.Host is not (null or "localhost" or "127.0.0.1" or "::1") && !connection.Host.StartsWith('/')
                && connection.SslMode is not (SslMode.VerifyCA or SslMode.VerifyFull) && !services.GetRequiredService<TlsOptions>().Plaintext)
            {
                services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ChassisHosting))
                    .StoreInPlaintext("PostgreSQL", "SSL Mode=VerifyFull and Root Certificate in ConnectionStrings:Postgres");
            }

            // A plan for any number of rows looks expensive: compiling it takes a hundred times as long as running it. And a plan made while
            // a table was nearly empty is kept when it has grown: where there is an index for a query, it is always to be used.
            Default(connection, "Options", "-c jit=off -c enable_seqscan=off");
            return new NpgsqlDataSourceBuilder(connection.ConnectionString)
                .UseLoggerFactory(services.GetRequiredService<ILoggerFactory>())
                .Build();
        });
        builder.Services.AddSingleton<Database>();
    }

    private static void Default(NpgsqlConnectionStringBuilder connection, string key, string value)
    {
        // ContainsKey is true for every setting that there is.
        if (!connection.ShouldSerialize(key))
        {
            connection[key] = value;
        }
    }

    private static async Task MigrateAsync(WebApplication app, bool retry, CancellationToken ct)
    {
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(SchemaMigration));
        var connectionString = ConnectionString(app.Configuration);
        for (var seconds = 0.5; ; seconds = Math.Min(seconds * 2, 10))
        {
            try
            {
                await SchemaMigration.ApplyAsync(connectionString, app.Services.GetRequiredService<ServiceName>().Assembly, logger, ct);
                return;
            }
            catch (Exception e) when (retry && ErrorInterceptor.IsStoreFailure(e))
            {
                logger.MigrationWaits(seconds, e);
                await Task.Delay(TimeSpan.FromSeconds(seconds), ct);
            }
        }
    }

    private static string ConnectionString(IConfiguration configuration) =>
        configuration.GetConnectionString("Postgres")
            ?? throw new InvalidOperationException("ConnectionStrings:Postgres is not set.");
}

/// <summary>The service's name, for whoever needs it as a prefix or a label, and the assembly that holds its migrations.</summary>
internal sealed record ServiceName(string Value, Assembly Assembly);
