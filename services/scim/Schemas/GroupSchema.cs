using DirectorySync.GroupMembership.V1;
using DirectorySync.Scim.V1;
using static DirectorySync.Scim.CommonAttributes;

namespace DirectorySync.Scim;

/// <summary>RFC 7643 §4.2: Group.</summary>
internal static class GroupSchema
{
    public static readonly Schema Core = new(SchemaUrns.Group, "Group", "Group",
    [
        Text("displayName", "Name shown to people.") with { Required = true },
        new()
        {
            Name = "members", Description = "Members of the group.", Type = AttributeType.Complex, MultiValued = true,
            SubAttributes =
            [
                Text("value", "Id of the member.") with { Mutability = Mutability.Immutable, CaseExact = true },
                Uri("$ref", "URI of the member.", "User", "Group") with { Mutability = Mutability.Immutable },
                Text("type", "What the member is.") with { Mutability = Mutability.Immutable, CanonicalValues = ["User", "Group"] },
                Text("display", "Name of the member.") with { Mutability = Mutability.Immutable },
            ],
        },
    ], Group.Descriptor);
}
