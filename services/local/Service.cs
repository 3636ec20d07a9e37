namespace DirectorySync.Local;

/// <summary>A service of the system: its name, its assembly and its usual port. A new service is one more line.</summary>
internal sealed record Service(string Name, string Assembly, int Port)
{
    public static readonly Service Identity = new("identity", "Identity", 5101);
    public static readonly Service GroupMembership = new("group-membership", "GroupMembership", 5102) { Needs = [(Identity, "IdentityUrl")] };
    public static readonly Service AttributeMapping = new("attribute-mapping", "AttributeMapping", 5103) { Needs = [(Identity, "IdentityUrl")] };
    public static readonly Service Roles = new("roles", "Roles", 5104)
    {
        Needs = [(Identity, "IdentityUrl"), (AttributeMapping, "AttributeMappingUrl"), (GroupMembership, "GroupMembershipUrl")],
    };

    public static readonly Service Events = new("events", "Events", 5105)
    {
        Needs =
        [
            (Identity, "IdentityUrl"), (GroupMembership, "GroupMembershipUrl"), (AttributeMapping, "AttributeMappingUrl"), (Roles, "RolesUrl"),
        ],
    };

    public static IReadOnlyList<Service> All { get; } = [Identity, GroupMembership, AttributeMapping, Roles, Events];

    /// <summary>Services that it calls, each with the setting that holds the address.</summary>
    public IReadOnlyList<(Service Other, string Setting)> Needs { get; init; } = [];

    /// <summary>PostgreSQL role, database and Redis user.</summary>
    public string Role => "directorysync_" + Name.Replace('-', '_');

    /// <summary>The variable with which a person moves the port.</summary>
    public string PortVariable => Name.Replace('-', '_').ToUpperInvariant() + "_PORT";

    public static Service Get(string name) => All.Single(service => service.Name == name);
}
