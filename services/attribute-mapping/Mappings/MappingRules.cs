using System.Text.Json;
using DirectorySync.AttributeMapping.Engine;

namespace DirectorySync.AttributeMapping.Mappings;

/// <summary>What mappings may hold: rules come out in their usual spelling, or an error says what is wrong with them.</summary>
internal static class MappingRules
{
    private const int MostRules = 600;
    private const int MostPaths = 10;
    private const int MostTransforms = 10;
    private const int MostEntries = 1000;
    private const int LongestText = 256;
    private const int LongestDefault = 4096;

    public static List<MappingRule> Normalize(IReadOnlyCollection<MappingRule> rules, IReadOnlyCollection<Definition> definitions)
    {
        if (rules.Count > MostRules)
        {
            throw Inputs.TooMany("rules", rules.Count, MostRules);
        }

        if (rules.GroupBy(r => r.Attribute, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw Inputs.Invalid("rules", twice.Key, "An attribute has two rules.", "Give one rule; it may name several paths.");
        }

        return [.. rules.Select(rule => Normalize(rule, definitions)).OrderBy(rule => rule.Attribute, StringComparer.Ordinal)];
    }

    private static MappingRule Normalize(MappingRule rule, IReadOnlyCollection<Definition> definitions)
    {
        var definition = definitions.FirstOrDefault(d => d.Name.Equals(rule.Attribute, StringComparison.OrdinalIgnoreCase))
            ?? throw Inputs.Invalid("rules.attribute", Shown(rule.Attribute), "No such attribute is defined.",
                "Define it first, or name one that is defined.");
        if (definition.Name == KnownDefinitions.State)
        {
            throw Inputs.Invalid("rules.attribute", definition.Name, "The state follows SCIM's active and cannot be mapped.",
                "Leave the rule out.");
        }

        if (rule.Paths.Count > MostPaths)
        {
            throw Inputs.TooMany("rules.paths", rule.Paths.Count, MostPaths);
        }

        if (rule.Transforms.Count > MostTransforms)
        {
            throw Inputs.TooMany("rules.transforms", rule.Transforms.Count, MostTransforms);
        }

        return new()
        {
            Attribute = definition.Name,
            Paths = { rule.Paths.Select(path => SourcePath.Parse(path).Text).Distinct(StringComparer.OrdinalIgnoreCase) },
            Transforms = { rule.Transforms.Select(transform => Normalize(transform, definition)) },
        };
    }

    private static Transform Normalize(Transform transform, Definition definition)
    {
        switch (transform.KindCase)
        {
            case Transform.KindOneofCase.Trim or Transform.KindOneofCase.Lower:
                return transform;
            case Transform.KindOneofCase.Prefix:
                Inputs.Text("rules.transforms.prefix", transform.Prefix.Text, LongestText);
                return transform;
            case Transform.KindOneofCase.Default:
                return new() { Default = new() { Json = Constant(transform.Default.Json, definition) } };
            case Transform.KindOneofCase.ValueTable:
                Check(transform.ValueTable);
                return transform;
            default:
                throw Inputs.Invalid("rules.transforms", "", "A transform is empty.",
                    "Give trim, lower, prefix, default or value_table.");
        }
    }

    private static string Constant(string json, Definition definition)
    {
        Inputs.Text("rules.transforms.default", json, LongestDefault);
        if (json.Contains("\\u0000", StringComparison.OrdinalIgnoreCase))
        {
            throw Inputs.Invalid("rules.transforms.default", "", "The value contains the character U+0000.", "Remove it.");
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            var value = document.RootElement;
            List<MappedValue> values = value.ValueKind == JsonValueKind.Array
                ? [.. value.EnumerateArray().Select(MappedValue.Of)]
                : [MappedValue.Of(value)];
            var fault = "a value that is not empty";
            if (!SourcePath.IsEmpty(value) && TypedJson.Of(definition.Type, values, out fault) is not null)
            {
                return JsonText.Of(value);
            }

            throw Inputs.Invalid("rules.transforms.default", Shown(json), $"The default of {definition.Name} is not {fault}.",
                $"Give {fault}.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Inputs.Invalid("rules.transforms.default", Shown(json), "The default is not JSON.",
                "Give JSON text; text stands in quotation marks.");
        }
    }

    private static void Check(ValueTable table)
    {
        if (table.Entries.Count > MostEntries)
        {
            throw Inputs.TooMany("rules.transforms.value_table.entries", table.Entries.Count, MostEntries);
        }

        foreach (var entry in table.Entries)
        {
            Inputs.Text("rules.transforms.value_table.entries.from", entry.From, LongestText);
            Inputs.Text("rules.transforms.value_table.entries.to", entry.To, LongestText);
        }

        if (table.Entries.GroupBy(e => e.From, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw Inputs.Invalid("rules.transforms.value_table.entries", Shown(twice.Key), "A value is listed twice, whatever the case.",
                "List it once.");
        }

        if (!Enum.IsDefined(table.Unlisted))
        {
            throw Inputs.Invalid("rules.transforms.value_table.unlisted", $"{(int)table.Unlisted}", "There is no such choice.",
                "Give keep, drop or report.");
        }
    }

    private static string Shown(string value) => value.Length <= 64 ? value : value[..64];
}
