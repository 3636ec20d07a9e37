using DirectorySync.Audit.V1;
using DirectorySync.Chassis.Audit;
using DirectorySync.Chassis.Tls;
using DirectorySync.Gateway.Hosting;
using Google.Protobuf;
using Grpc.Reflection;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.ServiceDiscovery;
using Yarp.ReverseProxy.Transforms;

namespace DirectorySync.Gateway.Internal;

/// <summary>
/// The services' gRPC for internal callers: one address, an API key, all replicas. It has a listener of its own, on which nothing else
/// is served and which serves nowhere else.
/// </summary>
internal static class InternalCallers
{
    public static WebApplicationBuilder AddInternalCallers(this WebApplicationBuilder builder)
    {
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigurationLoader?.Endpoint(
            InternalListener.Endpoint, endpoint => InternalListener.Mark(endpoint.ListenOptions)));
        builder.Services.AddReverseProxy().AddTransforms(proxy =>
        {
            // The key opens the gateway, not the services.
            proxy.AddRequestHeaderRemove("Authorization");
            proxy.AddXForwarded(ForwardedTransformActions.Remove);
            proxy.AddRequestTransform(context =>
            {
                context.ProxyRequest.Headers.Remove(RequestIds.Metadata);
                context.ProxyRequest.Headers.TryAddWithoutValidation(RequestIds.Metadata, context.HttpContext.TraceIdentifier);
                // Nobody says himself who he is.
                context.ProxyRequest.Headers.Remove(AuditLog.ActorHeader);
                context.ProxyRequest.Headers.TryAddWithoutValidation(
                    AuditLog.ActorHeader, Convert.ToBase64String(context.HttpContext.Features.Get<Actor>()!.ToByteArray()));
                return ValueTask.CompletedTask;
            });
        });
        builder.Services
            .AddSingleton<IProxyConfigProvider>(services =>
                InternalRoutes.Configure(services.GetRequiredService<IOptions<GatewayOptions>>().Value))
            .AddSingleton<IDestinationResolver>(services => new ReplicaResolver(
                services.GetRequiredService<ILogger<ReplicaResolver>>(), services.IsTlsOn()))
            .AddSingleton<IForwarderHttpClientFactory, ReplicaConnections>()
            .AddSingleton<IProbingRequestFactory, ReplicaProbe>()
            .AddSingleton<CallRates>()
            .AddSingleton<OrganizationLimit>()
            .AddSingleton(_ => new ReflectionServiceImpl(InternalMethods.Served))
            .AddGrpc();
        return builder;
    }

    /// <summary>Call it before all else that answers requests: what comes by this listener goes no further.</summary>
    public static WebApplication MapInternalCallers(this WebApplication app)
    {
        // A pipeline with routes of its own, so that neither side can reach the other's.
        var calls = new ApplicationBuilder(app.Services);
        calls.UseMiddleware<InternalAnswers>();
        calls.UseMiddleware<InternalAccess>();
        calls.UseRouting();
        calls.UseEndpoints(routes =>
        {
            routes.MapReverseProxy(proxy =>
            {
                proxy.UseMiddleware<ReadRetry>();
                proxy.UseLoadBalancing();
                proxy.UsePassiveHealthChecks();
            });
            routes.MapGrpcService<ReflectionServiceImpl>();
        });
        var pipeline = calls.Build();
        app.Use((http, next) => InternalListener.Accepted(http) ? pipeline(http) : next(http));
        return app;
    }
}
