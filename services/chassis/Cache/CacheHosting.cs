using DirectorySync.Chassis.Hosting;
using DirectorySync.Chassis.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace DirectorySync.Chassis.Cache;

/// <summary>Adds the service's Redis.</summary>
public static class CacheHosting
{
    // What a cache does not need. The Redis user may have no right to it.
    private static readonly HashSet<string> Unused =
        ["CONFIG", "SUBSCRIBE", "UNSUBSCRIBE", "PSUBSCRIBE", "PUNSUBSCRIBE", "PUBLISH", "SENTINEL"];

    /// <summary>
    /// Adds <see cref="RedisCache"/> over ConnectionStrings:Redis (StackExchange.Redis' format). Without it the service runs without a
    /// cache. With ssl=true in it, Redis:Authority names the PEM file of the authority that the server's certificate is to be of. All keys
    /// start with the service's name, or with Redis:KeyPrefix where that is set.
    /// </summary>
    public static WebApplicationBuilder AddRedisCache(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(services =>
        {
            var configuration = services.GetRequiredService<IConfiguration>();
            var name = services.GetRequiredService<ServiceName>().Value;
            return Connect(
                configuration.GetConnectionString("Redis"),
                configuration["Redis:KeyPrefix"] ?? $"{name}:",
                services.GetRequiredService<ILogger<RedisCache>>(),
                authority: configuration["Redis:Authority"]);
        });
        return builder;
    }

    /// <summary>Connects in the background if Redis does not answer now. Tests that are not about time-outs give it time.</summary>
    internal static RedisCache Connect(
        string? connectionString, string prefix, ILogger<RedisCache> logger, TimeSpan? timeout = null, string? authority = null)
    {
        if (string.IsNullOrEmpty(connectionString))
        {
            return new RedisCache(null, prefix, logger);
        }

        var options = ConfigurationOptions.Parse(connectionString);
        options.AbortOnConnectFail = false;
        options.ConnectTimeout = 1000;
        options.ConnectRetry = 1;
        options.KeepAlive = 5;
        // Waiting commands would only come too late.
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.ReconnectRetryPolicy = new LinearRetry(500);
        options.HeartbeatInterval = TimeSpan.FromMilliseconds(500);
        options.AsyncTimeout = options.SyncTimeout = (int)(timeout ?? TimeSpan.FromSeconds(1)).TotalMilliseconds;
        options.TieBreaker = "";
        options.ConfigurationChannel = "";
        if (authority is { Length: > 0 })
        {
            // Read at every handshake: a renewed authority needs no restart.
            options.CertificateValidation += (_, certificate, _, errors) => CertificateFiles.IsServer(authority, certificate, errors);
        }

        options.CommandMap = CommandMap.Create(Unused, available: false);
        var connection = ConnectionMultiplexer.Connect(options);
        return timeout is { } patience
            ? new RedisCache(connection, prefix, logger) { Reads = new(patience), Writes = new(patience) }
            : new RedisCache(connection, prefix, logger);
    }
}
