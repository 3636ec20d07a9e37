using DirectorySync.AttributeMapping.V1;
using DirectorySync.Audit.V1;
using DirectorySync.Chassis.Hosting;
using DirectorySync.Events.V1;
using DirectorySync.Gateway.Hosting;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Keys.V1;
using DirectorySync.Roles.V1;
using Grpc.Health.V1;
using Grpc.Net.ClientFactory;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Calls;

/// <summary>gRPC clients of the services.</summary>
internal static class ServiceClients
{
    public static IServiceCollection AddServiceClients(this IServiceCollection services)
    {
        services.AddServiceClient<DefinitionService.DefinitionServiceClient>(AttributeMapping);
        services.AddServiceClient<MappingService.MappingServiceClient>(AttributeMapping);
        services.AddServiceClient<ProfileService.ProfileServiceClient>(AttributeMapping);
        services.AddServiceClient<OrganizationService.OrganizationServiceClient>(Identity);
        services.AddServiceClient<DirectoryService.DirectoryServiceClient>(Identity);
        services.AddServiceClient<CredentialService.CredentialServiceClient>(Identity);
        services.AddServiceClient<PortalLinkService.PortalLinkServiceClient>(Identity);
        services.AddServiceClient<KeyRingService.KeyRingServiceClient>(Identity);
        services.AddServiceClient<UserService.UserServiceClient>(Identity);
        services.AddServiceClient<RequestLogService.RequestLogServiceClient>(Identity);
        services.AddServiceClient<GroupService.GroupServiceClient>(GroupMembership);
        services.AddServiceClient<RoleService.RoleServiceClient>(Roles);
        services.AddServiceClient<RoleRulesService.RoleRulesServiceClient>(Roles);
        services.AddServiceClient<UserRolesService.UserRolesServiceClient>(Roles);
        services.AddServiceClient<EventService.EventServiceClient>(Events);
        services.AddServiceClient<ReadModelService.ReadModelServiceClient>(Events);
        services.AddServiceClient<WebhookService.WebhookServiceClient>(Events);
        services.AddServiceClient<ReconciliationService.ReconciliationServiceClient>(Events);
        services.AddServiceClient<AdoptionService.AdoptionServiceClient>(Events);
        services.AddServiceClient<InvitationService.InvitationServiceClient>(Events);
        services.AddServiceClient<AlertService.AlertServiceClient>(Events);
        foreach (var (name, address) in (ReadOnlySpan<(string, Func<IServiceProvider, Uri>)>)[
            ("attribute-mapping", AttributeMapping), ("identity", Identity), ("group-membership", GroupMembership), ("roles", Roles), ("events", Events)])
        {
            services.AddServiceClient<AuditService.AuditServiceClient>(address, $"audit log of {name}");
            services.AddSingleton(provider => new AuditedService(
                name, provider.GetRequiredService<GrpcClientFactory>().CreateClient<AuditService.AuditServiceClient>($"audit log of {name}")));
        }

        services.AddSingleton<ServiceCalls>();
        services.AddServiceClient<Health.HealthClient>(Identity, "health of identity");
        services.AddServiceClient<Health.HealthClient>(GroupMembership, "health of group-membership");
        services.AddSingleton(provider => new ServiceHealth([.. ((string[])["identity", "group-membership"]).Select(
            name => (name, provider.GetRequiredService<GrpcClientFactory>().CreateClient<Health.HealthClient>($"health of {name}")))]));
        return services;
    }

    private static Uri AttributeMapping(IServiceProvider services) =>
        services.GetRequiredService<IOptions<GatewayOptions>>().Value.AttributeMappingUrl!;

    private static Uri Identity(IServiceProvider services) =>
        services.GetRequiredService<IOptions<GatewayOptions>>().Value.IdentityUrl!;

    private static Uri GroupMembership(IServiceProvider services) =>
        services.GetRequiredService<IOptions<GatewayOptions>>().Value.GroupMembershipUrl!;

    private static Uri Roles(IServiceProvider services) => services.GetRequiredService<IOptions<GatewayOptions>>().Value.RolesUrl!;

    private static Uri Events(IServiceProvider services) => services.GetRequiredService<IOptions<GatewayOptions>>().Value.EventsUrl!;
}

/// <summary>A service with an audit log.</summary>
internal sealed record AuditedService(string Name, AuditService.AuditServiceClient Client);
