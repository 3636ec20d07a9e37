using System.Collections.Frozen;
using DirectorySync.AttributeMapping.V1;
using DirectorySync.Audit.V1;
using DirectorySync.Events.V1;
using DirectorySync.Feed.V1;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Keys.V1;
using DirectorySync.Roles.V1;
using Google.Protobuf.Reflection;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace DirectorySync.Gateway.Internal;

/// <summary>Which methods internal callers may call, and what each asks of an API key: read from the contracts, not from a list.</summary>
internal static class InternalMethods
{
    public static readonly ServiceDescriptor[] AttributeMapping =
    [
        Service(DefinitionServiceReflection.Descriptor), Service(MappingServiceReflection.Descriptor),
        Service(ProfileServiceReflection.Descriptor),
    ];

    public static readonly ServiceDescriptor[] Identity =
    [
        Service(OrganizationServiceReflection.Descriptor), Service(DirectoryServiceReflection.Descriptor),
        Service(CredentialServiceReflection.Descriptor), Service(UserServiceReflection.Descriptor),
        Service(RequestLogServiceReflection.Descriptor), Service(KeyRingServiceReflection.Descriptor), Service(PortalLinkServiceReflection.Descriptor),
    ];

    public static readonly ServiceDescriptor[] GroupMembership = [Service(GroupServiceReflection.Descriptor)];

    public static readonly ServiceDescriptor[] Roles =
    [
        Service(RoleServiceReflection.Descriptor), Service(RulesServiceReflection.Descriptor), Service(UserRolesServiceReflection.Descriptor),
    ];

    public static readonly ServiceDescriptor[] Events =
    [
        Service(EventServiceReflection.Descriptor), Service(ReadModelServiceReflection.Descriptor),
        Service(WebhookServiceReflection.Descriptor), Service(ReconciliationServiceReflection.Descriptor),
        Service(AdoptionServiceReflection.Descriptor), Service(InvitationServiceReflection.Descriptor), Service(AlertServiceReflection.Descriptor),
    ];

    /// <summary>Served by every service with data: the caller says whose is meant.</summary>
    public static readonly ServiceDescriptor Feed = Service(ChangeFeedServiceReflection.Descriptor);

    /// <summary>As well, of what was administered there.</summary>
    public static readonly ServiceDescriptor Audit = Service(AuditServiceReflection.Descriptor);

    private static readonly string[] Reading = ["Get", "List", "BatchGet", "Check", "Read", "Watch", "Count", "Await", "Preview", "Diagnose", "Export", "Compare"];

    // As in the REST API: what ends a customer's connection, or cannot be undone.
    private static readonly string[] Ending = ["DeleteDirectory", "DeleteOrganization", "EraseUser"];

    // Whoever may ask these can test tokens, keys and links without being slowed, log what nobody sent, or make cookies.
    private static readonly string[] GatewayOnly =
    [
        "ResolveToken", "ResolveApiKey", "ResolvePortalLink", "OpenPortalLink", "AppendRequests", "CountRequests", "ListKeys", "AddKey",
    ];

    // Their answers hold the secrets with which webhooks are signed.
    private static readonly string[] ShowingSecrets = ["GetWebhookEndpoint", "ListWebhookEndpoints"];

    /// <summary>All of them.</summary>
    public static readonly ServiceDescriptor[] Served =
        [.. AttributeMapping, .. Identity, .. GroupMembership, .. Roles, .. Events, Feed, Audit];

    /// <summary>Every method by its path: "/directorysync.identity.v1.UserService/GetUser", in exactly this case.</summary>
    public static readonly FrozenDictionary<string, InternalMethod> All = Served.SelectMany(service => service.Methods).ToFrozenDictionary(
        method => $"/{method.Service.FullName}/{method.Name}",
        method => new InternalMethod(method, Scope(method), IsReading(method) && !method.IsClientStreaming),
        StringComparer.Ordinal);

    private static ApiKeyScope? Scope(MethodDescriptor method) =>
        GatewayOnly.Contains(method.Name) ? null
        : method.Service.Name is "CredentialService" or "PortalLinkService" or "AuditService" || Ending.Contains(method.Name) ? ApiKeyScope.Admin
        : ShowingSecrets.Contains(method.Name) ? ApiKeyScope.Write
        : IsReading(method) ? ApiKeyScope.Read
        : ApiKeyScope.Write;

    private static bool IsReading(MethodDescriptor method) => Reading.Any(verb => method.Name.StartsWith(verb, StringComparison.Ordinal));

    private static ServiceDescriptor Service(FileDescriptor file) => file.Services.Single();
}

/// <summary>A method that internal callers may know of.</summary>
/// <param name="Contract">Its contract.</param>
/// <param name="Scope">What it asks of an API key; null: it is the gateway's own.</param>
/// <param name="IsRepeatable">One message that only reads: it may be sent twice.</param>
internal sealed record InternalMethod(MethodDescriptor Contract, ApiKeyScope? Scope, bool IsRepeatable);
