using DirectorySync.AttributeMapping.Engine;
using DirectorySync.AttributeMapping.Inventory;
using DirectorySync.Identity.V1;
using DirectorySync.Scim;

namespace DirectorySync.AttributeMapping.Mappings;

/// <summary>Why an attribute arrives or does not, told from what did arrive, with the remedy in the identity provider's words.</summary>
internal static class DiagnosisRules
{
    /// <summary>One finding for each path of a rule; for an automatic one only what matters.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="arrived">What arrived.</param>
    /// <param name="used">Gets the findings that are to be shown with samples.</param>
    public static IEnumerable<Diagnosis> Of(CompiledRule rule, Arrivals arrived, List<(Diagnosis, InventoryRow)> used)
    {
        var found = new List<Diagnosis>();
        foreach (var path in rule.Paths)
        {
            var row = arrived.Find(path);
            if (row is { UserCount: > 0 })
            {
                var diagnosis = New(rule, path, DiagnosisCode.InUse, $"{Count(row.UserCount)} a value at {row.Path}.", "", row.Path, row.UserCount);
                used.Add((diagnosis, row));
                found.Add(diagnosis);
                if (!path.Spellings.Contains(row.Path, StringComparer.Ordinal))
                {
                    found.Add(New(rule, path, DiagnosisCode.DiffersInCase,
                        $"The mapping says {path.Text}, and {row.Path} arrives. Both mean the same here.",
                        $"Nothing has to be done. For one spelling, map {row.Path}.", row.Path, row.UserCount));
                }
            }
            else
            {
                found.Add(NotArriving(rule, path, row, arrived));
            }
        }

        var inUse = found.Exists(d => d.Code == DiagnosisCode.InUse);
        if (inUse)
        {
            // What looks like another spelling of a path, or the same in another namespace, and is read as another path of this rule, is no fault.
            var read = found.Where(d => d.Code == DiagnosisCode.InUse).Select(d => d.ArrivingPath).ToHashSet();
            foreach (var other in found.Where(d => d.Code is DiagnosisCode.NeverArrived or DiagnosisCode.NoLongerArrives
                || (d.Code is DiagnosisCode.VariableName or DiagnosisCode.OtherNamespace && read.Contains(d.ArrivingPath))))
            {
                other.Code = DiagnosisCode.NotNeeded;
                other.Detail = $"No user has a value at {other.Path}; another path of the mapping gives values.";
                other.Remedy = "";
            }
        }

        return !rule.Automatic ? found
            : inUse ? found.Where(d => d.Code != DiagnosisCode.NotNeeded)
            : found.OrderBy(d => d.Code is DiagnosisCode.NeverArrived).Take(1);
    }

    /// <summary>Rules that rest, because what they name is not defined or not enabled.</summary>
    public static IEnumerable<Diagnosis> WithoutDefinition(IEnumerable<MappingRule> rules, IReadOnlyList<Definition> definitions) => rules
        .Where(rule => !definitions.Any(d => d.Enabled && d.Name.Equals(rule.Attribute, StringComparison.OrdinalIgnoreCase)))
        .Select(rule => new Diagnosis
        {
            Attribute = rule.Attribute,
            Code = DiagnosisCode.NoDefinition,
            Detail = $"The mapping has a rule for {rule.Attribute}, which is not defined or not enabled.",
            Remedy = "Define or enable the attribute, or remove the rule.",
        });

    /// <summary>Attributes meant as tags that arrive where tags are not read.</summary>
    public static IEnumerable<Diagnosis> StrayTags(Arrivals arrived, Provider provider) => arrived.Arriving
        .Where(row => !row.Name.Contains('.', StringComparison.Ordinal)
            && MappingPlan.TagOf(row.Namespace, row.Name) is null && MappingPlan.TagOf(SchemaUrns.User, row.Name) is not null)
        .Select(row => new Diagnosis
        {
            Attribute = "tags",
            Path = row.Path,
            Code = DiagnosisCode.OtherNamespace,
            Detail = $"{row.Name} arrives under the namespace {row.Namespace}, where tags are not read.",
            Remedy = Remedies.Replace(provider, row.Name, SchemaUrns.User),
            ArrivingPath = row.Path,
            UserCount = row.UserCount,
        });

    private static Diagnosis NotArriving(CompiledRule rule, SourcePath path, InventoryRow? row, Arrivals arrived)
    {
        if (arrived.FindUnfiltered(path) is { UserCount: > 0 } unfiltered)
        {
            return New(rule, path, DiagnosisCode.NeverArrived,
                $"{Count(unfiltered.UserCount)} a value at {unfiltered.Path}, but none that fits the filter of {path.Text}.",
                Remedies.CheckFilter(rule.Provider, path),
                unfiltered.Path, unfiltered.UserCount);
        }

        var tail = Tail(path);
        if (arrived.Arriving.FirstOrDefault(other => other.Name.Equals(tail, StringComparison.OrdinalIgnoreCase)) is { } elsewhere)
        {
            return New(rule, path, DiagnosisCode.OtherNamespace,
                $"{path.Text} never arrived, but {tail} arrives under the namespace {elsewhere.Namespace}.",
                $"Map {elsewhere.Path} instead. Or: {Remedies.Replace(rule.Provider, tail, path.Namespace)}", elsewhere.Path, elsewhere.UserCount);
        }

        var plain = Plain(tail);
        if (arrived.Arriving.FirstOrDefault(other => Plain(other.Name) == plain) is { } similar)
        {
            return New(rule, path, DiagnosisCode.VariableName,
                $"{path.Text} never arrived, but {similar.Path} does. {Remedies.NameSent(rule.Provider)}",
                $"Map {similar.Path} instead. Or: {Remedies.Replace(rule.Provider, tail, path.Namespace)}",
                similar.Path, similar.UserCount);
        }

        return row is null
            ? New(rule, path, DiagnosisCode.NeverArrived, $"No user ever had a value at {path.Text}.",
                Remedies.AddAttribute(rule.Provider, tail, path.Namespace), "", 0)
            : New(rule, path, DiagnosisCode.NoLongerArrives,
                $"Users had a value at {path.Text}; nobody has one now. It last came on {row.LastSeen:yyyy-MM-dd}.",
                Remedies.CheckMapping(rule.Provider), "", 0);
    }

    private static string Tail(SourcePath path) =>
        path.SubAttribute.Length == 0 ? path.Attribute : $"{path.Attribute}.{path.SubAttribute}";

    // What a Variable name and an External name of the same attribute have in common: startDate, start_date, Start-Date.
    private static string Plain(string name) => string.Concat(name.Where(c => c == '.' || char.IsLetterOrDigit(c))).ToLowerInvariant();

    private static string Count(long users) => users == 1 ? "1 user has" : $"{users} users have";

    private static Diagnosis New(
        CompiledRule rule, SourcePath path, DiagnosisCode code, string detail, string remedy, string arriving, long users) => new()
    {
        Attribute = rule.Definition.Name,
        Path = path.Text,
        Code = code,
        Detail = detail,
        Remedy = remedy,
        ArrivingPath = arriving,
        UserCount = users,
    };
}
