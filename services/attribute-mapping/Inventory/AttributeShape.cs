using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DirectorySync.AttributeMapping.Engine;
using DirectorySync.Scim;

namespace DirectorySync.AttributeMapping.Inventory;

/// <summary>
/// Which attributes a user has, without their values, and under which names they are counted: the attribute, its sub-attributes, and these
/// for each type of element. Most users of a directory have one of a few shapes, which are the same object then.
/// </summary>
internal sealed class AttributeShape
{
    private const int MostRemembered = 10_000;
    private const int LongestType = 64;

    // To be raised when the keys of a user become others.
    private const string Format = "1";

    private static readonly ConcurrentDictionary<string, AttributeShape> Remembered = new(StringComparer.Ordinal);

    private AttributeShape(HashSet<(string, string)> keys, string outline) =>
        (Keys, Hash) = (keys, SHA256.HashData(Encoding.UTF8.GetBytes(Format + outline))[..16]);

    /// <summary>Namespaces and names.</summary>
    public IReadOnlySet<(string Namespace, string Name)> Keys { get; }

    /// <summary>The same for users of the same shape, in every process.</summary>
    public byte[] Hash { get; }

    public static AttributeShape Of(UserDocument document)
    {
        var outline = OutlineOf(document);
        if (Remembered.TryGetValue(outline, out var known))
        {
            return known;
        }

        if (Remembered.Count >= MostRemembered)
        {
            Remembered.Clear();
        }

        return Remembered.GetOrAdd(outline, new AttributeShape(KeysOf(document), outline));
    }

    // All that the keys follow from. What may hold a separator has its length before it.
    private static string OutlineOf(UserDocument document)
    {
        var outline = new StringBuilder(512).Append(IsNameComputed(document) ? '-' : '+');
        foreach (var (urn, name, value) in Counted(document))
        {
            outline.Append('\n').Append(urn.Length).Append(urn).Append(' ').Append(name);
            if (value.ValueKind == JsonValueKind.Array)
            {
                foreach (var element in value.EnumerateArray())
                {
                    Outline(outline.Append('['), element, multiValued: true);
                }
            }
            else
            {
                Outline(outline, value, multiValued: false);
            }
        }

        return outline.ToString();
    }

    private static void Outline(StringBuilder outline, JsonElement element, bool multiValued)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        foreach (var sub in element.EnumerateObject())
        {
            var name = sub.Name;
            if (!SourcePath.IsEmpty(sub.Value) && AttributeNames.IsName(name))
            {
                outline.Append(' ').Append(name);
                if (multiValued && name.Equals("type", StringComparison.OrdinalIgnoreCase) && sub.Value.ValueKind == JsonValueKind.String)
                {
                    var type = sub.Value.GetString()!;
                    outline.Append('=').Append(type.Length).Append(type);
                }
                else if (multiValued && name.Equals("primary", StringComparison.OrdinalIgnoreCase))
                {
                    outline.Append('=').Append((int)sub.Value.ValueKind);
                }
            }
        }
    }

    private static HashSet<(string Namespace, string Name)> KeysOf(UserDocument document)
    {
        var keys = new HashSet<(string, string)>();
        foreach (var (urn, name, value) in Counted(document))
        {
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

        if (IsNameComputed(document))
        {
            keys.Remove((SchemaUrns.User, "name.formatted"));
        }

        return keys;
    }

    // From the parts, where it was not sent.
    private static bool IsNameComputed(UserDocument document) => document.User.Name is { Formatted: "" };

    private static IEnumerable<ArrivedAttribute> Counted(UserDocument document) =>
        document.Attributes.Where(attribute => !SourcePath.IsEmpty(attribute.Value) && AttributeNames.IsName(attribute.Name));

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
            if (type.Length is > 0 and <= LongestType)
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

    public static bool IsName(string name)
    {
        foreach (var c in name)
        {
            if (!char.IsLetterOrDigit(c) && c is not ('-' or '_' or '$'))
            {
                return false;
            }
        }

        return name.Length is > 0 and <= Longest;
    }
}
