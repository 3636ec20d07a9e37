using DirectorySync.Gateway.Auth;
using DirectorySync.Gateway.Hosting;
using DirectorySync.Gateway.Scim.Bulk;
using DirectorySync.Gateway.Scim.Endpoints;
using DirectorySync.Gateway.Scim.Mapping;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.Gateway.Scim.Requests;
using DirectorySync.Gateway.Scim.Schemas;

namespace DirectorySync.Gateway.Scim;

/// <summary>The SCIM protocol on one screen.</summary>
internal static class ScimRoutes
{
    public static IServiceCollection AddScim(this IServiceCollection services) => services
        .AddSingleton<TokenAuthentication>()
        .AddSingleton<KnownProviders>()
        .AddSingleton<GuessingBrake>()
        .AddSingleton<DirectoryRates>()
        .AddHostedService<SharedRates>()
        .AddSingleton<ScimErrors>()
        .AddSingleton<ScimMetrics>()
        .AddSingleton<RequestLog>()
        .AddHostedService(provider => provider.GetRequiredService<RequestLog>())
        .AddSingleton<CustomAttributes>()
        .AddHostedService(provider => provider.GetRequiredService<CustomAttributes>())
        .AddSingleton(UserWrites.Reads)
        .AddSingleton(UserPages.Reads)
        .AddSingleton(GroupsOfUsers.Reads)
        .AddSingleton<GroupsOfUsers>()
        .AddSingleton<GroupStreams>()
        .AddSingleton<LargeGroups>()
        .AddSingleton<ForeignFilters>()
        .AddSingleton<UserPages>()
        .AddSingleton<UserWrites>()
        .AddSingleton<UserEndpoints>()
        .AddSingleton<GroupPages>()
        .AddSingleton<GroupWrites>()
        .AddSingleton<GroupEndpoints>()
        .AddSingleton<RootEndpoints>()
        .AddSingleton<BulkWrites>()
        .AddSingleton<BulkEndpoint>()
        .AddSingleton<OfferedRoles>()
        .AddSingleton<DiscoveryEndpoints>();

    public static void MapScim(this WebApplication app)
    {
        var scim = app.MapGroup("/scim/v2/{endpoint}");

        var users = app.Services.GetRequiredService<UserEndpoints>();
        scim.MapRead("/Users", users.ListAsync);                     // RFC 7644 §3.4.2
        scim.MapPost("/Users", users.CreateAsync);                  // §3.3
        scim.MapPost("/Users/.search", users.SearchAsync);          // §3.4.3
        scim.MapRead("/Users/{id}", users.GetAsync);                 // §3.4.1
        scim.MapPut("/Users/{id}", users.ReplaceAsync);             // §3.5.1
        scim.MapPatch("/Users/{id}", users.PatchAsync);             // §3.5.2
        scim.MapDelete("/Users/{id}", users.DeleteAsync);           // §3.6

        var groups = app.Services.GetRequiredService<GroupEndpoints>();
        scim.MapRead("/Groups", groups.ListAsync);
        scim.MapPost("/Groups", groups.CreateAsync);
        scim.MapPost("/Groups/.search", groups.SearchAsync);
        scim.MapRead("/Groups/{id}", groups.GetAsync);
        scim.MapPut("/Groups/{id}", groups.ReplaceAsync);
        scim.MapPatch("/Groups/{id}", groups.PatchAsync);
        scim.MapDelete("/Groups/{id}", groups.DeleteAsync);

        var root = app.Services.GetRequiredService<RootEndpoints>();
        scim.MapRead("/", root.ListAsync);                           // §3.4.2.1
        scim.MapPost("/.search", root.SearchAsync);                 // §3.4.3

        var bulk = app.Services.GetRequiredService<BulkEndpoint>();
        scim.MapPost("/Bulk", bulk.PostAsync);                      // §3.7

        foreach (var type in OfferedRoles.Types)                    // Okta's entitlement discovery
        {
            var offered = ActivatorUtilities.CreateInstance<OfferedEndpoints>(app.Services, type);
            scim.MapRead(type.Endpoint, offered.ListAsync);
            scim.MapPost(type.Endpoint + "/.search", offered.SearchAsync);
            scim.MapRead(type.Endpoint + "/{id}", offered.GetAsync);
            scim.MapMethods(type.Endpoint, ["POST"], offered.RefuseAsync);
            scim.MapMethods(type.Endpoint + "/{id}", ["PUT", "PATCH", "DELETE"], offered.RefuseAsync);
        }

        var discovery = app.Services.GetRequiredService<DiscoveryEndpoints>();
        scim.MapRead("/ServiceProviderConfig", DiscoveryEndpoints.ServiceProviderConfigAsync); // §4
        scim.MapRead("/ResourceTypes", discovery.ListResourceTypesAsync);
        scim.MapRead("/ResourceTypes/{id}", discovery.GetResourceTypeAsync);
        scim.MapRead("/Schemas", discovery.ListSchemasAsync);
        scim.MapRead("/Schemas/{id}", discovery.GetSchemaAsync);
        scim.Map("/Me", DiscoveryEndpoints.MeAsync);                // §3.11
    }
}
