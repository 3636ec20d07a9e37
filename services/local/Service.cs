namespace DirectorySync.Local;

/// <summary>A service of the system: its name, its assembly and its usual port. A new service is one more line.</summary>
internal sealed record Service(string Name, string Assembly, int Port)
{
    public static readonly Service Identity = new("identity", "Identity", 5101);
    public static readonly Service GroupMembership = new("group-membership", "GroupMembership", 5102);

    public static IReadOnlyList<Service> All { get; } = [Identity, GroupMembership];

    /// <summary>PostgreSQL role, database and Redis user.</summary>
    public string Role => "directorysync_" + Name.Replace('-', '_');

    public static Service Get(string name) => All.Single(service => service.Name == name);
}
