using DirectorySync.AttributeMapping.V1;
using DirectorySync.Chassis.Hosting;
using DirectorySync.Events.V1;
using DirectorySync.Gateway.Hosting;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Roles.V1;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
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
        services.AddSingleton<ServiceCalls>();
        services.AddSingleton(provider => new ServiceHealth(
        [
            ("identity", HealthClient(Identity(provider))),
            ("group-membership", HealthClient(GroupMembership(provider))),
        ]));
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

    private static Health.HealthClient HealthClient(Uri address) =>
        new(GrpcChannel.ForAddress(address, new()
        {
            Credentials = ChannelCredentials.Insecure,
            InitialReconnectBackoff = TimeSpan.FromMilliseconds(100),
            MaxReconnectBackoff = TimeSpan.FromSeconds(1),
        }));
}
