using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Gateway.Hosting;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Transforms;

namespace DirectorySync.Gateway.Internal;

/// <summary>The services' gRPC behind one address, for internal callers with an API key (YARP).</summary>
internal static class GrpcProxy
{
    /// <summary>Metadata that says whose change feed is meant.</summary>
    public const string ServiceHeader = "directorysync-service";

    private const string Feed = "/directorysync.feed.v1.ChangeFeedService/{method}";
    private const string Identity = "identity";
    private const string GroupMembership = "group-membership";

    public static void AddGrpcProxy(this WebApplicationBuilder builder)
    {
        // A replica that is away is told by the health endpoint, not by a line for every probe.
        builder.Logging.AddFilter("Yarp", LogLevel.Error);
        var proxy = builder.Services.AddReverseProxy()
            .ConfigureHttpClient((_, handler) =>
            {
                handler.ConnectTimeout = TimeSpan.FromSeconds(2);
                handler.KeepAlivePingDelay = TimeSpan.FromSeconds(10);
                handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(5);
            })
            .AddTransforms(context =>
            {
                // Services trust the gateway; what opened it stays here.
                context.AddRequestHeaderRemove("Authorization");
                context.AddRequestTransform(request =>
                {
                    request.ProxyRequest.Headers.Remove(RequestIds.Metadata);
                    request.ProxyRequest.Headers.TryAddWithoutValidation(RequestIds.Metadata, request.HttpContext.TraceIdentifier);
                    return ValueTask.CompletedTask;
                });
            });
        if (builder.Configuration.GetSection("Gateway").GetChildren().Any(setting => setting.Value?.StartsWith("dns:", StringComparison.Ordinal) == true))
        {
            proxy.AddDnsDestinationResolver(dns => dns.RefreshPeriod = TimeSpan.FromSeconds(10));
        }

        builder.Services
            .AddSingleton<IProxyConfigProvider>(services => Configure(services.GetRequiredService<IOptions<GatewayOptions>>().Value))
            .AddSingleton<IProbingRequestFactory, HealthProbe>()
            .AddSingleton<IActiveHealthCheckPolicy, ServingPolicy>();
    }

    public static void MapGrpcProxy(this WebApplication app)
    {
        app.MapReverseProxy(pipeline =>
        {
            pipeline.Use(GrpcAccess.CheckAsync);
            pipeline.UseLoadBalancing();
            pipeline.UsePassiveHealthChecks();
        });
        // Without the header no route above matches.
        app.MapPost(Feed, (HttpContext _) => throw ErrorReason.InvalidValue.ToRpc(
            $"The metadata '{ServiceHeader}' must say whose feed is meant: '{Identity}' or '{GroupMembership}'.",
            ("attribute", ServiceHeader)));
    }

    internal static InMemoryConfigProvider Configure(GatewayOptions options) => new(
        [
            Route("identity", Identity, "/directorysync.identity.v1.{service}/{method}"),
            Route("group-membership", GroupMembership, "/directorysync.group_membership.v1.{service}/{method}"),
            FeedRoute(Identity),
            FeedRoute(GroupMembership),
        ],
        [Cluster(Identity, options.IdentityUrl!), Cluster(GroupMembership, options.GroupMembershipUrl!)]);

    private static RouteConfig Route(string id, string cluster, string path) =>
        new() { RouteId = id, ClusterId = cluster, Match = new() { Path = path, Methods = ["POST"] } };

    private static RouteConfig FeedRoute(string cluster) => new()
    {
        RouteId = $"feed-{cluster}",
        ClusterId = cluster,
        Match = new()
        {
            Path = Feed, Methods = ["POST"], Headers = [new() { Name = ServiceHeader, Values = [cluster], Mode = HeaderMatchMode.ExactHeader }],
        },
    };

    private static ClusterConfig Cluster(string id, Uri address) => new()
    {
        ClusterId = id,
        LoadBalancingPolicy = "PowerOfTwoChoices",
        Destinations = new Dictionary<string, DestinationConfig> { [id] = new() { Address = HttpAddress(address) } },
        HttpClient = new() { EnableMultipleHttp2Connections = true },
        HttpRequest = new()
        {
            Version = new Version(2, 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            // Streams of changes stay open; the caller's deadline travels with the call.
            ActivityTimeout = TimeSpan.FromDays(1),
        },
        HealthCheck = new()
        {
            AvailableDestinationsPolicy = "HealthyOrPanic",
            Passive = new() { Enabled = true, ReactivationPeriod = TimeSpan.FromSeconds(5) },
            Active = new()
            {
                Enabled = true, Interval = TimeSpan.FromSeconds(5), Timeout = TimeSpan.FromSeconds(2), Policy = ServingPolicy.PolicyName,
            },
        },
    };

    /// <summary>dns:///identity:8080, which spreads calls over all addresses behind the name, is http://identity:8080 here.</summary>
    private static string HttpAddress(Uri address) =>
        address.Scheme == "dns" ? $"http://{address.AbsolutePath.TrimStart('/')}" : address.AbsoluteUri;
}
