using DirectorySync.Identity.V1;
using DirectorySync.Scim.V1;
using static DirectorySync.Scim.CommonAttributes;

namespace DirectorySync.Scim;

/// <summary>RFC 7643 §4.1: User.</summary>
internal static class UserSchema
{
    public static readonly Schema Core = new(SchemaUrns.User, "User", "User account",
    [
        Text("userName", "Name by which the person signs in. Unique in the directory, whatever its case.") with
        {
            Required = true, Uniqueness = Uniqueness.Server,
        },
        Complex("name", "The parts of the person's name.",
            Text("formatted", "The whole name; computed from the parts if none is given."),
            Text("familyName", "Last name."),
            Text("givenName", "First name."),
            Text("middleName", "Middle names."),
            Text("honorificPrefix", "For example 'Ms.'."),
            Text("honorificSuffix", "For example 'III'.")),
        Text("displayName", "Name shown to people."),
        Text("nickName", "Casual name."),
        Uri("profileUrl", "URL of a page about the person.", "external"),
        Text("title", "Job title."),
        Text("userType", "Relation to the organization, for example 'Contractor'."),
        Text("preferredLanguage", "Preferred language, as in Accept-Language."),
        Text("locale", "For example 'en-US'."),
        Text("timezone", "For example 'Europe/Berlin'."),
        Flag("active", "Whether the person may work."),
        new()
        {
            Name = "password", Description = "Accepted and dropped: never stored, never returned.", CaseExact = true,
            Mutability = Mutability.WriteOnly, Returned = Returned.Never,
        },
        Values("emails", "E-mail addresses.", types: ["work", "home", "other"]),
        Values("phoneNumbers", "Telephone numbers.", types: ["work", "home", "mobile", "fax", "pager", "other"]),
        Values("ims", "Instant messaging addresses.", types: ["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"]),
        Values("photos", "URLs of pictures.", Uri("value", "URL of a picture.", "external"), ["photo", "thumbnail"]),
        new()
        {
            Name = "addresses", Description = "Postal addresses.", Type = AttributeType.Complex, MultiValued = true,
            SubAttributes =
            [
                Text("formatted", "The whole address, lines separated by newlines."),
                Text("streetAddress", "Street and number."),
                Text("locality", "City."),
                Text("region", "State or region."),
                Text("postalCode", "Postal code."),
                Text("country", "ISO 3166-1 alpha-2."),
                Text("type", "What the address is for.") with { CanonicalValues = ["work", "home", "other"] },
                Primary,
            ],
        },
        new()
        {
            Name = "groups", Description = "Groups to which the person belongs directly.", Type = AttributeType.Complex, MultiValued = true,
            Mutability = Mutability.ReadOnly,
            SubAttributes =
            [
                ReadOnly("value", "Id of the group.", caseExact: true),
                ReadOnly("$ref", "URI of the group.", AttributeType.Reference, caseExact: true, "Group"),
                ReadOnly("display", "Name of the group."),
                ReadOnly("type", "How the person belongs.") with { CanonicalValues = ["direct"] },
            ],
        },
        Values("entitlements", "What the identity provider says the person is entitled to.", keepsShape: true),
        Values("roles", "Roles as the identity provider sent them.", keepsShape: true),
        Values("x509Certificates", "Certificates.", new()
        {
            Name = "value", Description = "DER, base64.", Type = AttributeType.Binary, CaseExact = true,
        }),
    ], User.Descriptor);

    /// <summary>RFC 7643 §4.3.</summary>
    public static readonly Schema Enterprise = new(SchemaUrns.EnterpriseUser, "EnterpriseUser", "Enterprise User",
    [
        Text("employeeNumber", "Number or letters given by the employer."),
        Text("costCenter", "Cost center."),
        Text("organization", "Organization."),
        Text("division", "Division."),
        Text("department", "Department."),
        Complex("manager", "The person's manager.",
            Text("value", "Id of the manager, or whatever the identity provider sends."),
            Uri("$ref", "URI of the manager.", "User"),
            Text("displayName", "Name of the manager.")),
    ], EnterpriseUser.Descriptor);
}
