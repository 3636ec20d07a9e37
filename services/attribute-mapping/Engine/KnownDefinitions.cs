using DirectorySync.Scim;

namespace DirectorySync.AttributeMapping.Engine;

/// <summary>The standard and predefined attributes, and where each definition is found when nobody has said where.</summary>
internal static class KnownDefinitions
{
    /// <summary>Whether the person may work. It is the user's `active`, and cannot be mapped.</summary>
    public const string State = "state";

    private const string Enterprise = SchemaUrns.EnterpriseUser + ":";

    private static readonly Dictionary<string, string[]> Paths = new(StringComparer.OrdinalIgnoreCase)
    {
        ["idp_id"] = ["externalId"],
        ["first_name"] = ["name.givenName"],
        ["last_name"] = ["name.familyName"],
        // Never simply the first: an address that nobody marked may be anyone's.
        ["email"] = ["emails[primary eq true].value", "emails[type eq \"work\"].value", "emails[type eq \"home\"].value"],
        [State] = ["active"],
        ["addresses"] = ["addresses"],
        ["cost_center_name"] = [Enterprise + "costCenter"],
        ["department_name"] = [Enterprise + "department"],
        ["display_name"] = ["displayName"],
        ["division_name"] = [Enterprise + "division"],
        ["emails"] = ["emails"],
        ["employee_number"] = [Enterprise + "employeeNumber"],
        ["employee_type"] = ["userType"],
        ["employment_start_date"] =
            ["employment_start_date", "employmentStartDate", "start_date", "startDate", "hire_date", "hireDate", Enterprise + "startDate"],
        ["job_title"] = ["title"],
        ["manager_name"] = [Enterprise + "manager.displayName"],
        ["manager_id"] = [Enterprise + "manager.value"],
        ["manager_email"] = ["manager_email", "managerEmail", Enterprise + "manager.email"],
        ["organization"] = [Enterprise + "organization"],
        ["phone_numbers"] = ["phoneNumbers"],
        ["username"] = ["userName"],
    };

    /// <summary>As they are until somebody changes them.</summary>
    public static IReadOnlyList<Definition> All { get; } =
    [
        Standard("idp_id", "The identity provider's own id of the person."),
        Standard("first_name", "First name."),
        Standard("last_name", "Last name."),
        Standard("email", "The primary e-mail address."),
        Standard(State, "active or inactive."),
        Predefined("addresses", "Postal addresses.", DefinitionType.List),
        Predefined("cost_center_name", "Cost center."),
        Predefined("department_name", "Department."),
        Predefined("display_name", "Name shown to people."),
        Predefined("division_name", "Division."),
        Predefined("emails", "E-mail addresses.", DefinitionType.List),
        Predefined("employee_number", "Number or letters given by the employer."),
        Predefined("employee_type", "Relation to the organization, for example 'Contractor'."),
        Predefined("employment_start_date", "First day of work.", DefinitionType.Date),
        Predefined("job_title", "Job title."),
        Predefined("manager_email", "E-mail address of the manager."),
        Predefined("manager_id", "Id of the manager, or whatever the identity provider sends."),
        Predefined("manager_name", "Name of the manager."),
        Predefined("organization", "Organization."),
        Predefined("phone_numbers", "Telephone numbers.", DefinitionType.List),
        Predefined("username", "Name by which the person signs in."),
    ];

    public static Definition? Find(string name) => All.FirstOrDefault(d => d.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>A custom attribute is found under its own name, in the core namespace and under our extension.</summary>
    public static MappingRule AutomaticRule(Definition definition) => new()
    {
        Attribute = definition.Name,
        Paths =
        {
            definition.Origin != DefinitionOrigin.Custom && Paths.TryGetValue(definition.Name, out var paths) ? paths : [definition.Name],
        },
    };

    private static Definition Standard(string name, string description) => new()
    {
        Name = name, Origin = DefinitionOrigin.Standard, Type = DefinitionType.String, Enabled = true, Description = description,
    };

    private static Definition Predefined(string name, string description, DefinitionType type = DefinitionType.String) => new()
    {
        Name = name, Origin = DefinitionOrigin.Predefined, Type = type, Description = description,
    };
}
