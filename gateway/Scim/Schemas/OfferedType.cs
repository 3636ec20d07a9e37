using DirectorySync.Scim;

namespace DirectorySync.Gateway.Scim.Schemas;

/// <summary>
/// What identity providers are offered to assign, as Okta's entitlement discovery reads it (fixtures okta/roles): a resource type that only
/// lists.
/// </summary>
/// <param name="Name">Of the resource type.</param>
/// <param name="Endpoint">Where they are listed.</param>
/// <param name="Schema">Of each.</param>
internal sealed record OfferedType(string Name, string Endpoint, Schema Schema)
{
    public static readonly OfferedType Role = new("Role", "/Roles", new(
        "urn:okta:scim:schemas:core:1.0:Role", "Role", "Role",
        [
            Text("id", "What the value of an element of a user's roles is.") with { CaseExact = true },
            Text("displayName", "Name shown to people."),
            Text("description", "What the role is for."),
        ]));

    public static readonly OfferedType Entitlement = new("Entitlement", "/Entitlements", new(
        "urn:okta:scim:schemas:core:1.0:Entitlement", "Entitlement", "Entitlement",
        [
            Text("id", "What the value of an element of a user's entitlements is.") with { CaseExact = true },
            Text("displayName", "Name shown to people."),
            Text("type", "Name of the resource type."),
            Text("description", "What the entitlement is for."),
        ]));

    public static readonly IReadOnlyList<OfferedType> All = [Role, Entitlement];

    private static AttributeDefinition Text(string name, string description) => new()
    {
        Name = name, Description = description, Mutability = Mutability.ReadOnly,
    };
}
