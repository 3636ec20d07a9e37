using System.Buffers;
using DirectorySync.Scim.V1;

namespace DirectorySync.Scim;

/// <summary>Attribute notation (RFC 7644 §3.10): text ↔ <see cref="AttributePath"/>.</summary>
public static class AttributePaths
{
    private static readonly SearchValues<char> VersionCharacters = SearchValues.Create("0123456789.");

    /// <summary>Reads "sortBy": an attribute that has one comparable value, for example name.familyName or emails.</summary>
    public static AttributePath ParseSortBy(string text, ResourceType type)
    {
        if (Resolve(text, type, out var path) is { } error)
        {
            throw ScimException.InvalidPath(text, $"sortBy '{text}' cannot be used: {error}");
        }

        return ToComparable(path, type, out error) ?? throw ScimException.InvalidPath(text, $"sortBy '{text}' cannot be used: {error}");
    }

    /// <summary>Writes a path: core attributes by their name, others with their URN.</summary>
    public static string Print(AttributePath path, ResourceType type)
    {
        var name = path.SubAttribute.Length == 0 ? path.Attribute : $"{path.Attribute}.{path.SubAttribute}";
        return path.Schema == type.Core.Urn ? name : name.Length == 0 ? path.Schema : $"{path.Schema}:{name}";
    }

    /// <summary>
    /// Resolves a path; answers what is wrong with it, or null. A path that is only a schema's URN has an empty attribute.
    /// Names that no schema declares are resolved too, without type: such attributes are kept, so they can be named.
    /// </summary>
    internal static string? Resolve(ReadOnlySpan<char> text, ResourceType type, out AttributePath path)
    {
        path = new AttributePath { Schema = type.Core.Urn };
        var rest = text;
        if (text.StartsWith("urn:", StringComparison.OrdinalIgnoreCase))
        {
            path.Schema = SchemaOf(text, type, out rest);
            if (rest.IsEmpty)
            {
                path.Type = AttributeType.Complex;
                return null;
            }
        }

        var dot = rest.IndexOf('.');
        var attribute = dot < 0 ? rest : rest[..dot];
        var sub = dot < 0 ? default : rest[(dot + 1)..];
        if (!IsName(attribute))
        {
            return $"'{attribute}' is not an attribute name. Names have letters, digits, '-' and '_'.";
        }

        if (dot >= 0 && !IsName(sub))
        {
            return $"'{sub}' is not the name of a sub-attribute. Only one sub-attribute can be named.";
        }

        var definition = type.Find(path.Schema, attribute.ToString());
        return Fill(path, definition, attribute, sub);
    }

    /// <summary>The path of a sub-attribute of the attribute that <paramref name="parent"/> names.</summary>
    internal static string? ResolveSubAttribute(
        AttributePath parent, ReadOnlySpan<char> name, ResourceType type, out AttributePath path)
    {
        path = new AttributePath { Schema = parent.Schema };
        return IsName(name)
            ? Fill(path, type.Find(parent), parent.Attribute, name)
            : $"'{name}' is not the name of a sub-attribute.";
    }

    internal static AttributePath Of(string schema, AttributeDefinition attribute, AttributeDefinition? sub = null) => new()
    {
        Schema = schema,
        Attribute = attribute.Name,
        SubAttribute = sub?.Name ?? "",
        Type = (sub ?? attribute).Type,
        CaseExact = (sub ?? attribute).CaseExact,
        MultiValued = attribute.MultiValued,
    };

    internal static AttributePath OfUndeclared(string schema, string name, string sub = "") =>
        new() { Schema = schema, Attribute = name, SubAttribute = sub };

    /// <summary>A path that ends at a simple value: "emails" means emails.value. Null with an error if there is none.</summary>
    internal static AttributePath? ToComparable(AttributePath path, ResourceType type, out string? error)
    {
        error = null;
        if (path.Type != AttributeType.Complex)
        {
            return path;
        }

        var definition = path.Attribute.Length == 0 ? null : type.Find(path);
        if (definition?.FindSubAttribute("value") is { } value && path.SubAttribute.Length == 0)
        {
            return Of(path.Schema, definition, value);
        }

        error = definition is null
            ? $"'{path.Schema}' is a schema; name one of its attributes."
            : $"'{path.Attribute}' is complex; name a sub-attribute, for example "
                + $"'{path.Attribute}.{definition.SubAttributes[0].Name}'.";
        return null;
    }

    internal static bool IsName(ReadOnlySpan<char> name)
    {
        foreach (var c in name)
        {
            if (!char.IsLetterOrDigit(c) && c is not ('-' or '_' or '$'))
            {
                return false;
            }
        }

        return !name.IsEmpty;
    }

    private static string? Fill(AttributePath path, AttributeDefinition? definition, ReadOnlySpan<char> attribute, ReadOnlySpan<char> sub)
    {
        path.Attribute = definition?.Name ?? attribute.ToString();
        path.MultiValued = definition?.MultiValued ?? false;
        if (definition is null)
        {
            path.SubAttribute = sub.ToString();
            return null;
        }

        if (sub.IsEmpty)
        {
            path.Type = definition.Type;
            path.CaseExact = definition.CaseExact;
            return null;
        }

        if (definition.Type != AttributeType.Complex)
        {
            return $"'{definition.Name}' has no sub-attributes.";
        }

        var found = definition.FindSubAttribute(sub);
        path.SubAttribute = found?.Name ?? sub.ToString();
        path.Type = found?.Type ?? AttributeType.Unspecified;
        path.CaseExact = found?.CaseExact ?? false;
        return null;
    }

    /// <summary>
    /// Splits urn:…:User:name.sub. The longest schema of the type wins; of an unknown URN, all up to the last colon is the schema,
    /// or all of it where a version comes last but one (urn:example:2.0:User).
    /// </summary>
    private static string SchemaOf(ReadOnlySpan<char> text, ResourceType type, out ReadOnlySpan<char> rest)
    {
        string? best = null;
        foreach (var urn in type.Extensions.Select(e => e.Urn).Prepend(type.Core.Urn))
        {
            if (text.StartsWith(urn, StringComparison.OrdinalIgnoreCase) && (text.Length == urn.Length || text[urn.Length] == ':')
                && urn.Length > (best?.Length ?? 0))
            {
                best = urn;
            }
        }

        if (best is not null)
        {
            rest = text.Length == best.Length ? default : text[(best.Length + 1)..];
            return best;
        }

        var last = text.LastIndexOf(':');
        var before = text[..last].LastIndexOf(':');
        var isVersion = before >= 0 && last - before > 1 && text[(before + 1)..last].IndexOfAnyExcept(VersionCharacters) < 0;
        rest = isVersion ? default : text[(last + 1)..];
        return (isVersion ? text : text[..last]).ToString();
    }
}
