using DirectorySync.Chassis.Tls;
using Grpc.Core;
using Grpc.Net.Client.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DirectorySync.Chassis.Hosting;

/// <summary>Typed gRPC clients of other services.</summary>
public static class GrpcClients
{
    /// <summary>
    /// Adds a client. A `dns:///` address spreads calls over all replicas behind the name. Nothing is retried here: who calls decides.
    /// </summary>
    /// <param name="services">The process's registrations.</param>
    /// <param name="address">Where the service is.</param>
    /// <param name="name">Tells clients of one type with several addresses apart; ask GrpcClientFactory for them.</param>
    public static IHttpClientBuilder AddServiceClient<TClient>(
        this IServiceCollection services, Func<IServiceProvider, Uri> address, string? name = null)
        where TClient : ClientBase<TClient> =>
        services.AddTlsFiles().AddGrpcClient<TClient>(
                name ?? typeof(TClient).Name,
                (provider, client) => client.Address = provider.GetRequiredService<TlsOptions>().Check(address(provider), "The address of a service"))
            .ConfigureChannel((provider, channel) =>
            {
                channel.MaxReceiveMessageSize = 16 * 1024 * 1024;
                channel.MaxRetryAttempts = 1;
                // The defaults wait up to two minutes before they look again for a service that was away.
                channel.InitialReconnectBackoff = TimeSpan.FromMilliseconds(100);
                channel.MaxReconnectBackoff = TimeSpan.FromSeconds(1);
                channel.Credentials = address(provider).Scheme == Uri.UriSchemeHttps || (address(provider).Scheme == "dns" && provider.IsTlsOn())
                    ? ChannelCredentials.SecureSsl : ChannelCredentials.Insecure;
                channel.ServiceConfig = new ServiceConfig { LoadBalancingConfigs = { new RoundRobinConfig() } };
                // No ConnectTimeout: the balancer takes it for all its attempts together, and may never try again once it is over. Each call
                // has its own deadline.
                var handler = new SocketsHttpHandler
                {
                    EnableMultipleHttp2Connections = true,
                    // A replica whose machine is gone answers nothing: that is known before the first call to it has run into its deadline, so
                    // that the next attempt goes to another.
                    KeepAlivePingDelay = TimeSpan.FromSeconds(3),
                    KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
                    PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
                };
                provider.UseTls(handler);
                channel.HttpHandler = handler;
            });
}
