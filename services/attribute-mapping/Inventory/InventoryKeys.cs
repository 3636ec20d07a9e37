using System.Text.Json;
using DirectorySync.AttributeMapping.Engine;
using DirectorySync.Scim;

namespace DirectorySync.AttributeMapping.Inventory;

/// <summary>Under which names a user's attributes are counted: the attribute, its sub-attributes, and these for each type of element.</summary>
internal static class InventoryKeys
{
    public static HashSet<(string Namespace, string Name)> Of(UserDocument document)
    {
        var keys = new HashSet<(string, string)>();
        foreach (var (urn, name, value) in document.Attributes)
        {
            if (SourcePath.IsEmpty(value) || !AttributeNames.IsName(name))
            {
                continue;
            }

            keys.Add((urn, name));
            if (value.ValueKind == JsonValueKind.Array)
            {
                foreach (var element in value.EnumerateArray())
                {
                    AddElement(keys, urn, name, element, multiValued: true);
                }
            }
            else
            {
                AddElement(keys, urn, name, value, multiValued: false);
            }
        }

        // Computed from the parts, where it was not sent.
        if (document.User.Name is { Formatted: "" })
        {
            keys.Remove((SchemaUrns.User, "name.formatted"));
        }

        return keys;
    }

    private static void AddElement(HashSet<(string, string)> keys, string urn, string name, JsonElement element, bool multiValued)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        var type = multiValued && ElementFilter.Find(element, "type") is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";
        var primary = multiValued && ElementFilter.Find(element, "primary") is { ValueKind: JsonValueKind.True };
        foreach (var sub in element.EnumerateObject())
        {
            if (SourcePath.IsEmpty(sub.Value) || (multiValued && sub.Name is "type" or "primary") || !AttributeNames.IsName(sub.Name))
            {
                continue;
            }

            keys.Add((urn, $"{name}.{sub.Name}"));
            if (type.Length is > 0 and <= 64)
            {
                keys.Add((urn, $"{name}[type eq {JsonText.Of(type)}].{sub.Name}"));
            }

            if (primary)
            {
                keys.Add((urn, $"{name}[primary eq true].{sub.Name}"));
            }
        }
    }
}

/// <summary>Which names a path can name.</summary>
internal static class AttributeNames
{
    private const int Longest = 256;

    public static bool IsName(string name) =>
        name.Length is > 0 and <= Longest && name.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '$');
}
