using DirectorySync.Chassis.Hosting;
using DirectorySync.Chassis.Sql;
using DirectorySync.Feed.V1;
using Grpc.Net.ClientFactory;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DirectorySync.Chassis.Feed;

/// <summary>Adds a service's own feed, and the feeds that it follows.</summary>
public static class FeedHosting
{
    /// <summary>Adds <see cref="ChangeFeed"/> over the table `changes`.</summary>
    /// <param name="services">The service's registrations.</param>
    /// <param name="sources">How to page through what exists, one for each type of resource; listed in this order.</param>
    public static IServiceCollection AddChangeFeed(this IServiceCollection services, params Func<IServiceProvider, FeedSource>[] sources)
    {
        foreach (var source in sources)
        {
            services.AddSingleton(source);
        }

        services.AddOptions<ChangeFeedOptions>();
        return services
            .AddSingleton<ChangeFeed>()
            .AddSingleton<FeedEpoch>()
            .AddSingleton<FeedStore>()
            .AddSingleton<FeedTail>()
            .AddSingleton<FeedRegistry>()
            .AddSingleton<FeedPruning>()
            .AddHostedService(provider => provider.GetRequiredService<FeedEpoch>())
            .AddHostedService(provider => provider.GetRequiredService<FeedPruning>())
            .AddHostedService<FeedPoller>();
    }

    /// <summary>Serves the feed.</summary>
    public static IEndpointConventionBuilder MapChangeFeed(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGrpcService<ChangeFeedRpc>();

    /// <summary>Follows the feed of another service.</summary>
    /// <param name="services">The service's registrations.</param>
    /// <param name="feed">Whose: for example "identity".</param>
    /// <param name="address">Where that service is.</param>
    /// <param name="effect">What to do with its changes.</param>
    public static IServiceCollection AddFeedConsumer(
        this IServiceCollection services, string feed, Func<IServiceProvider, Uri> address, Func<IServiceProvider, FeedEffect> effect)
    {
        services.AddServiceClient<ChangeFeedService.ChangeFeedServiceClient>(address, $"feed of {feed}");
        services.TryAddSingleton<FeedPositions>();
        services.AddSingleton(new FollowedFeed(feed));
        // AddHostedService would take several consumers for one.
        return services.AddSingleton<IHostedService>(provider => new FeedConsumer(
            feed,
            provider.GetRequiredService<ServiceName>().Value,
            provider.GetRequiredService<GrpcClientFactory>().CreateClient<ChangeFeedService.ChangeFeedServiceClient>($"feed of {feed}"),
            effect(provider),
            provider.GetRequiredService<Database>(),
            provider.GetRequiredService<FeedPositions>(),
            provider.GetRequiredService<ILogger<FeedConsumer>>()));
    }
}
