using DirectorySync.Scim.V1;

namespace DirectorySync.Scim;

/// <summary>What discovery answers with, described as it describes users and groups (RFC 7643 §8.7.2).</summary>
public static class DiscoverySchemas
{
    private static readonly AttributeDefinition[] OfAttribute =
    [
        Text("name", "Name of the attribute.", required: true, caseExact: true),
        Text("type", "What its values are.", required: true) with
        {
            CanonicalValues = ["string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"],
        },
        Flag("multiValued", "Whether it is a list."),
        Text("description", "What it is for."),
        Flag("required", "Whether a resource must have it."),
        Text("canonicalValues", "Usual values.", caseExact: true) with { MultiValued = true },
        Flag("caseExact", "Whether values that differ in case are different."),
        Text("mutability", "Who may write it.", caseExact: true) with { CanonicalValues = ["readOnly", "readWrite", "immutable", "writeOnly"] },
        Text("returned", "When it is returned.", caseExact: true) with { CanonicalValues = ["always", "never", "default", "request"] },
        Text("uniqueness", "Where a value must be unique.", caseExact: true) with { CanonicalValues = ["none", "server", "global"] },
        Text("referenceTypes", "What it may refer to.", caseExact: true) with { MultiValued = true },
    ];

    public static Schema ServiceProviderConfig { get; } = new(
        SchemaUrns.ServiceProviderConfig, "Service Provider Configuration", "What the service provider can do.",
    [
        Uri("documentationUri", "Address of its documentation."),
        Feature("patch", "PATCH."),
        Feature("bulk", "Bulk operations.",
            Number("maxOperations", "Operations in a request, at most."), Number("maxPayloadSize", "Bytes of a request, at most.")),
        Feature("filter", "Filters.", Number("maxResults", "Resources in a response, at most.")),
        Feature("changePassword", "Changes of passwords."),
        Feature("sort", "Sorting."),
        Feature("etag", "ETags."),
        Complex("pagination", "Ways in which lists are paged (RFC 9865).",
            Flag("cursor", "By cursor.", required: true),
            Flag("index", "By index.", required: true),
            Text("defaultPaginationMethod", "The way if none is asked for.") with { CanonicalValues = ["cursor", "index"] },
            Number("defaultPageSize", "Resources of a page if no count is asked for.", required: false),
            Number("maxPageSize", "Resources of a page, at most.", required: false),
            Number("cursorTimeout", "Seconds for which a cursor can be used.", required: false)),
        Complex("authenticationSchemes", "Ways to authenticate.",
            Text("type", "The kind of scheme.", required: true) with
            {
                CanonicalValues = ["oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"],
            },
            Text("name", "Its name.", required: true),
            Text("description", "What to send.", required: true),
            Uri("specUri", "Address of its specification."),
            Uri("documentationUri", "Address of its documentation."),
            Flag("primary", "Whether it is the preferred one.")) with { MultiValued = true, Required = true },
    ]);

    public static Schema ResourceType { get; } = new(
        SchemaUrns.ResourceType, "Resource Type", "A kind of resource, and where it is found.",
    [
        Text("id", "Its name."),
        Text("name", "Its name.", required: true),
        Text("description", "What it is for."),
        Uri("endpoint", "Where its resources are, behind the base URL.", required: true),
        Uri("schema", "URI of its schema.", required: true),
        Complex("schemaExtensions", "Further schemas of its resources.",
            Uri("schema", "URI of the extension.", required: true),
            Flag("required", "Whether every resource has it.", required: true)) with { MultiValued = true },
    ]);

    public static Schema Schema { get; } = new(
        SchemaUrns.Schema, "Schema", "A set of attributes.",
    [
        Text("id", "Its URI.", required: true),
        Text("name", "Shown to people."),
        Text("description", "What it is for."),
        Complex("attributes", "The attributes.",
            [.. OfAttribute, Complex("subAttributes", "Attributes of a complex attribute.", OfAttribute) with { MultiValued = true }])
            with { MultiValued = true, Required = true },
    ]);

    public static IReadOnlyList<Schema> All { get; } = [ServiceProviderConfig, ResourceType, Schema];

    private static AttributeDefinition Text(string name, string description, bool required = false, bool caseExact = false) =>
        CommonAttributes.ReadOnly(name, description, caseExact: caseExact) with { Required = required };

    private static AttributeDefinition Uri(string name, string description, bool required = false) =>
        CommonAttributes.ReadOnly(name, description, AttributeType.Reference, caseExact: true, "uri") with { Required = required };

    private static AttributeDefinition Flag(string name, string description, bool required = false) =>
        CommonAttributes.ReadOnly(name, description, AttributeType.Boolean) with { Required = required };

    private static AttributeDefinition Number(string name, string description, bool required = true) =>
        CommonAttributes.ReadOnly(name, description, AttributeType.Integer) with { Required = required };

    private static AttributeDefinition Complex(string name, string description, params AttributeDefinition[] subAttributes) =>
        CommonAttributes.Complex(name, description, subAttributes) with { Mutability = Mutability.ReadOnly };

    private static AttributeDefinition Feature(string name, string description, params AttributeDefinition[] more) =>
        Complex(name, description, [Flag("supported", "Whether it can be used.", required: true), .. more]) with { Required = true };
}
