using System.Globalization;
using DirectorySync.AttributeMapping.V1;
using DirectorySync.Gateway.Portal.Guides;
using DirectorySync.Scim;

namespace DirectorySync.Gateway.Portal.Checks;

/// <summary>Whether attributes arrive, from what attribute-mapping found, with what an administrator of the identity provider can do about it.</summary>
internal static class AttributeCheck
{
    /// <summary>One row for each attribute that is not always there.</summary>
    public static IReadOnlyList<AttributeRow> Rows(
        Guide guide, IEnumerable<Definition> definitions, IEnumerable<EffectiveMapping> mapping, IReadOnlyCollection<Diagnosis> diagnoses, bool hasPeople)
    {
        var rules = mapping.ToDictionary(one => one.Rule.Attribute, one => one.Rule, StringComparer.OrdinalIgnoreCase);
        return
        [
            .. definitions.Where(definition => definition.Enabled && definition.Origin != DefinitionOrigin.Standard).Select(definition =>
            {
                var external = ExternalName.Of(rules.GetValueOrDefault(definition.Name)?.Paths.FirstOrDefault() ?? definition.Name);
                var found = diagnoses.Where(diagnosis => diagnosis.Attribute.Equals(definition.Name, StringComparison.OrdinalIgnoreCase)).ToList();
                return new AttributeRow(
                    definition.Name, definition.Description, TypeOf(definition.Type), definition.Required, external,
                    Of(guide, definition, external, found, hasPeople));
            }),
        ];
    }

    /// <summary>All of them in one.</summary>
    public static Check Sum(IReadOnlyCollection<AttributeRow> rows, IReadOnlyCollection<Check> tags, bool hasPeople)
    {
        if (rows.Select(row => row.Check).Concat(tags).FirstOrDefault(check => check.State == CheckState.Wrong) is { } wrong)
        {
            return wrong;
        }

        var (all, arriving) = (rows.Count + tags.Count, rows.Select(row => row.Check).Concat(tags).Count(check => check.State == CheckState.Done));
        return !hasPeople ? new(CheckState.Waiting, "Attributes are checked as soon as people arrive")
            : all == 0 ? new(CheckState.Done, "Nothing beyond names and e-mail addresses is asked for")
            : arriving == 0 ? new(CheckState.Waiting, "None of these attributes arrives yet")
            : new(CheckState.Done, string.Create(CultureInfo.InvariantCulture, $"{arriving} of {all} attributes arrive"));
    }

    /// <summary>Tags that arrive, and what is meant as one and is not read.</summary>
    public static IReadOnlyList<Check> Tags(Guide guide, IEnumerable<InventoryEntry> arrived, IEnumerable<Diagnosis> diagnoses) =>
    [
        .. arrived.Where(entry => IsTag(entry.Name) && entry.UserCount > 0 && entry.Namespace != SchemaUrns.EnterpriseUser
                && !diagnoses.Any(diagnosis => diagnosis.Attribute == TagsAttribute && diagnosis.ArrivingPath == entry.Path))
            .Select(entry => new Check(CheckState.Done, $"Tag “{entry.Name[TagPrefix.Length..].Replace('_', ' ')}” arrives", People(entry.UserCount))),
        .. diagnoses.Where(diagnosis => diagnosis.Attribute == TagsAttribute)
            .Select(stray => new Check(
                CheckState.Wrong, $"{Tail(stray.ArrivingPath)} is not arriving: wrong External namespace", stray.Detail,
                Replace(guide, new(Tail(stray.ArrivingPath), SchemaUrns.User)))),
    ];

    private const string TagsAttribute = "tags";
    private const string TagPrefix = "tag_";

    private static Check Of(Guide guide, Definition definition, ExternalName external, List<Diagnosis> found, bool hasPeople)
    {
        var wrong = found.Find(one => one.Code is DiagnosisCode.ValuesInvalid) ?? found.Find(one => one.Code is DiagnosisCode.RequiredMissing);
        var elsewhere = found.Find(one => one.Code is DiagnosisCode.OtherNamespace or DiagnosisCode.VariableName);
        if (found.Find(one => one.Code == DiagnosisCode.InUse) is { } used && wrong is null)
        {
            return new(CheckState.Done, $"{definition.Name} arrives", People(used.UserCount) + Example(used));
        }

        if (wrong?.Code == DiagnosisCode.ValuesInvalid)
        {
            return new(CheckState.Wrong, $"{definition.Name} is not arriving: {(definition.Type == DefinitionType.Date ? "the date cannot be read" : "the value cannot be read")}",
                wrong.Detail + Example(wrong),
                (definition.Type == DefinitionType.Date ? "Send dates as YYYY-MM-DD or YYYY/MM/DD. " : "") + Correct(guide));
        }

        if (elsewhere is not null)
        {
            return new(CheckState.Wrong,
                $"{definition.Name} is not arriving: {(elsewhere.Code == DiagnosisCode.OtherNamespace ? "wrong External namespace" : "wrong External name")}",
                elsewhere.Detail, Replace(guide, external));
        }

        if (found.Find(one => one.Code == DiagnosisCode.NoLongerArrives) is { } gone)
        {
            return new(CheckState.Wrong, $"{definition.Name} is not arriving any more", gone.Detail, gone.Remedy);
        }

        return definition.Required && hasPeople
            ? new(CheckState.Wrong, $"{definition.Name} is not arriving: nobody has a value, and it is required", wrong?.Detail ?? "", Add(guide, external))
            : new(CheckState.Waiting, $"{definition.Name} has not arrived yet");
    }

    private static string Add(Guide guide, ExternalName external) => guide.Provider switch
    {
        Identity.V1.Provider.Okta => $"Add an attribute with the External name {external.Name} and the External namespace {external.Namespace} as above, map it, "
            + "then choose Force Sync on the app's Provisioning > To App tab.",
        Identity.V1.Provider.Entra => $"Map the target attribute {external.Target}, then choose Restart provisioning.",
        _ => $"Have {external.Name} sent under the schema {external.Namespace}.",
    };

    private static string Replace(Guide guide, ExternalName external) => guide.Provider switch
    {
        Identity.V1.Provider.Okta => "In Directory > Profile Editor > the app's profile, delete the attribute and add it again with the External name "
            + $"{external.Name} and the External namespace {external.Namespace} (Okta cannot change these later). Map it, then choose Force Sync on the app's "
            + "Provisioning > To App tab.",
        Identity.V1.Provider.Entra => $"Under Provisioning > Mappings, delete the mapping and add one with the target attribute {external.Target}, then choose "
            + "Restart provisioning.",
        _ => $"Have it sent as {external.Name} under the schema {external.Namespace}.",
    };

    private static string Correct(Guide guide) => guide.Provider switch
    {
        Identity.V1.Provider.Okta => "Correct the values in the people's profiles (Directory > People), or the expression under Profile Editor > Mappings, then choose "
            + "Force Sync on the app's Provisioning > To App tab.",
        Identity.V1.Provider.Entra => "Correct the values in the people's properties (Users), or the expression under Provisioning > Mappings, then choose Restart "
            + "provisioning.",
        _ => "Correct the values or the attribute mapping, then have the people sent once more.",
    };

    private static string TypeOf(DefinitionType type) => type switch
    {
        DefinitionType.Date => "date",
        DefinitionType.Number => "number",
        DefinitionType.Boolean => "true or false",
        DefinitionType.List => "list",
        DefinitionType.Object => "object",
        _ => "text",
    };

    private static bool IsTag(string name) => name.Length > TagPrefix.Length && name.StartsWith(TagPrefix, StringComparison.OrdinalIgnoreCase)
        && !name.Contains('.', StringComparison.Ordinal);

    private static string Tail(string path) => path[(path.LastIndexOf(':') + 1)..];

    private static string People(long count) => count == 1 ? "1 person has it." : string.Create(CultureInfo.InvariantCulture, $"{count} people have it.");

    private static string Example(Diagnosis diagnosis) => diagnosis.Examples is [{ Value.Length: > 0 } first, ..] ? $" For example: {first.Value}" : "";
}
