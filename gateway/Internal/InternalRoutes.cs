using System.Net;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.LoadBalancing;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace DirectorySync.Gateway.Internal;

/// <summary>YARP's settings: which service's replicas serve what, and how they are watched.</summary>
internal static class InternalRoutes
{
    /// <summary>Metadata that says whose change feed is meant.</summary>
    public const string ServiceHeader = "directorysync-service";

    /// <summary>The services with a change feed, as the header names them.</summary>
    public static readonly string[] Services = [AttributeMapping, Identity, GroupMembership, Roles];

    /// <summary>The services with an audit log: all.</summary>
    public static readonly string[] Audited = [AttributeMapping, Identity, GroupMembership, Roles, Events];

    private const string AttributeMapping = "attribute-mapping";
    private const string Identity = "identity";
    private const string GroupMembership = "group-membership";
    private const string Roles = "roles";
    private const string Events = "events";

    public static InMemoryConfigProvider Configure(GatewayOptions options) => new(
        [
            .. InternalMethods.AttributeMapping.Select(service => Route(service, AttributeMapping)),
            .. InternalMethods.Identity.Select(service => Route(service, Identity)),
            .. InternalMethods.GroupMembership.Select(service => Route(service, GroupMembership)),
            .. InternalMethods.Roles.Select(service => Route(service, Roles)),
            .. InternalMethods.Events.Select(service => Route(service, Events)),
            .. Services.Select(service => RouteOf(InternalMethods.Feed, service)),
            .. Audited.Select(service => RouteOf(InternalMethods.Audit, service)),
        ],
        [
            Cluster(AttributeMapping, options.AttributeMappingUrl!), Cluster(Identity, options.IdentityUrl!),
            Cluster(GroupMembership, options.GroupMembershipUrl!), Cluster(Roles, options.RolesUrl!),
            Cluster(Events, options.EventsUrl!),
        ]);

    private static RouteConfig Route(ServiceDescriptor service, string cluster) => new()
    {
        RouteId = service.FullName,
        ClusterId = cluster,
        Match = new() { Path = $"/{service.FullName}/{{method}}", Methods = ["POST"] },
    };

    /// <summary>The services among which the caller has to choose for a method; null: one serves it.</summary>
    public static string[]? FindServers(string path) =>
        path.StartsWith($"/{InternalMethods.Feed.FullName}/", StringComparison.Ordinal) ? Services
        : path.StartsWith($"/{InternalMethods.Audit.FullName}/", StringComparison.Ordinal) ? Audited
        : null;

    private static RouteConfig RouteOf(ServiceDescriptor service, string cluster)
    {
        var route = Route(service, cluster);
        var header = new RouteHeader { Name = ServiceHeader, Values = [cluster], Mode = HeaderMatchMode.ExactHeader, IsCaseSensitive = true };
        return route with { RouteId = $"{route.RouteId} of {cluster}", Match = route.Match with { Headers = [header] } };
    }

    private static ClusterConfig Cluster(string service, Uri address) => new()
    {
        ClusterId = service,
        LoadBalancingPolicy = LoadBalancingPolicies.PowerOfTwoChoices,
        Destinations = new Dictionary<string, DestinationConfig> { [service] = new() { Address = address.OriginalString } },
        HttpClient = new() { EnableMultipleHttp2Connections = true },
        HttpRequest = new()
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,

            // A stream may rest for as long as its caller likes. Connections that are dead end by their pings.
            ActivityTimeout = Timeout.InfiniteTimeSpan,
        },
        HealthCheck = new()
        {
            // With no replica known to be healthy all are tried: a caller then meets the real error, and recovery needs no probe.
            AvailableDestinationsPolicy = HealthCheckConstants.AvailableDestinations.HealthyOrPanic,
            Active = new()
            {
                Enabled = true,
                Interval = TimeSpan.FromSeconds(5),
                Timeout = TimeSpan.FromSeconds(2),
                Policy = HealthCheckConstants.ActivePolicy.ConsecutiveFailures,
            },
            Passive = new()
            {
                Enabled = true,
                Policy = HealthCheckConstants.PassivePolicy.TransportFailureRate,
                ReactivationPeriod = TimeSpan.FromSeconds(5),
            },
        },
    };
}
