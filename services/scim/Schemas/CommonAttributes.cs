using DirectorySync.Scim.V1;

namespace DirectorySync.Scim;

/// <summary>Attributes of every resource (RFC 7643 §3.1), and the shapes that attributes share.</summary>
internal static class CommonAttributes
{
    public static readonly AttributeDefinition[] All =
    [
        new()
        {
            Name = "schemas", Description = "The schemas of the attributes present.", Type = AttributeType.Reference, MultiValued = true,
            Required = true, Mutability = Mutability.ReadOnly, Returned = Returned.Always, ReferenceTypes = ["uri"],
        },
        new()
        {
            Name = "id", Description = "Identifier that the service provider gave the resource.", CaseExact = true,
            Mutability = Mutability.ReadOnly, Returned = Returned.Always, Uniqueness = Uniqueness.Server,
        },
        new() { Name = "externalId", Description = "Identifier that the provisioning client gave the resource.", CaseExact = true },
        new()
        {
            Name = "meta", Description = "Metadata of the resource.", Type = AttributeType.Complex, Mutability = Mutability.ReadOnly,
            SubAttributes =
            [
                ReadOnly("resourceType", "Name of the resource type.", caseExact: true),
                ReadOnly("created", "When the resource was created.", AttributeType.DateTime),
                ReadOnly("lastModified", "When the resource was last changed.", AttributeType.DateTime),
                ReadOnly("location", "URI of the resource.", AttributeType.Reference, caseExact: true),
                ReadOnly("version", "Version of the resource: its ETag.", caseExact: true),
            ],
        },
    ];

    public static AttributeDefinition Text(string name, string description) => new() { Name = name, Description = description };

    public static AttributeDefinition Uri(string name, string description, params string[] types) => new()
    {
        Name = name, Description = description, Type = AttributeType.Reference, CaseExact = true, ReferenceTypes = types,
    };

    public static AttributeDefinition Flag(string name, string description) =>
        new() { Name = name, Description = description, Type = AttributeType.Boolean };

    public static AttributeDefinition Complex(string name, string description, params AttributeDefinition[] subAttributes) =>
        new() { Name = name, Description = description, Type = AttributeType.Complex, SubAttributes = subAttributes };

    public static AttributeDefinition ReadOnly(
        string name, string description, AttributeType type = AttributeType.String, bool caseExact = false, params string[] types) => new()
        {
            Name = name, Description = description, Type = type, CaseExact = caseExact, Mutability = Mutability.ReadOnly,
            ReferenceTypes = types,
        };

    public static readonly AttributeDefinition Primary =
        Flag("primary", "Whether this is the preferred value. True for at most one value.");

    /// <summary>A multi-valued attribute with the default sub-attributes of RFC 7643 §2.4.</summary>
    public static AttributeDefinition Values(
        string name, string description, AttributeDefinition? value = null, string[]? types = null, bool keepsShape = false) => new()
        {
            Name = name, Description = description, Type = AttributeType.Complex, MultiValued = true, KeepsShape = keepsShape,
            SubAttributes =
            [
                value ?? Text("value", "The value."),
                Text("display", "Shown to people."),
                Text("type", "What the value is for.") with { CanonicalValues = types ?? [] },
                Primary,
                Uri("$ref", "URI of what the value refers to.", "uri") with { Untold = true },
            ],
        };
}
