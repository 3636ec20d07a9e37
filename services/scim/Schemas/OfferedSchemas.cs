namespace DirectorySync.Scim;

/// <summary>What Okta's entitlement discovery reads (okta-wire §11): what can be assigned to users. Nobody writes it through SCIM.</summary>
internal static class OfferedSchemas
{
    public static readonly Schema Role = new("urn:okta:scim:schemas:core:1.0:Role", "Role", "Role",
    [
        Id("What the value of an element of a user's roles is."),
        Text("displayName", "Name shown to people."),
        Text("description", "What the role is for."),
    ]);

    public static readonly Schema Entitlement = new("urn:okta:scim:schemas:core:1.0:Entitlement", "Entitlement", "Entitlement",
    [
        Id("What the value of an element of a user's entitlements is."),
        Text("displayName", "Name shown to people."),
        Text("type", "Name of the resource type."),
        Text("description", "What the entitlement is for."),
    ]);

    private static AttributeDefinition Id(string description) =>
        Text("id", description) with { CaseExact = true, Returned = Returned.Always, Uniqueness = Uniqueness.Server };

    private static AttributeDefinition Text(string name, string description) => CommonAttributes.ReadOnly(name, description);
}
