using DirectorySync.Scim.V1;

namespace DirectorySync.Scim;

/// <summary>"path" of a PATCH operation (RFC 7644 §3.5.2, figure 7) → <see cref="PatchTarget"/>.</summary>
public static class PatchPath
{
    /// <summary>Throws invalidPath. A path that is only a schema's URN has an empty attribute: all of that extension.</summary>
    public static PatchTarget Parse(string text, ResourceType type)
    {
        ScimException Invalid(string what) => ScimException.InvalidPath(text, $"The path '{text}' cannot be used: {what}");
        if (text.Length > FilterLimits.Length)
        {
            throw ScimException.InvalidPath(text[..64], $"The path is longer than {FilterLimits.Length} characters.");
        }

        var trimmed = text.Trim();
        var bracket = trimmed.IndexOf('[', StringComparison.Ordinal);
        if (AttributePaths.Resolve(bracket < 0 ? trimmed : trimmed.AsSpan(0, bracket), type, out var path) is { } error)
        {
            throw Invalid(error);
        }

        if (type.Excludes(path.Schema))
        {
            throw Invalid($"'{path.Schema}' is not a schema of a {type.Name}.");
        }

        if (bracket < 0)
        {
            return new PatchTarget { Path = path };
        }

        var isMultiValued = path.MultiValued && path.Type == AttributeType.Complex;
        if (path.SubAttribute.Length > 0 || path.Attribute.Length == 0 || !(isMultiValued || path.Type == AttributeType.Unspecified))
        {
            throw Invalid("a filter in brackets can only follow a multi-valued attribute.");
        }

        var scanner = new FilterScanner(
            trimmed, what => ScimException.InvalidFilter($"The path '{text}' cannot be used: {what}"), bracket + 1);
        var filter = FilterParser.ParseValueFilter(ref scanner, path, type);
        scanner.Expect(']', "to close the filter");
        if (scanner.Here == '.')
        {
            scanner.Take();
            if (AttributePaths.ResolveSubAttribute(path, scanner.Word(), type, out path) is { } subError)
            {
                throw Invalid(subError);
            }
        }

        return scanner.Peek() == '\0' && scanner.AtEnd
            ? new PatchTarget { Path = path, ValueFilter = filter }
            : throw Invalid("behind the brackets only one sub-attribute can follow.");
    }
}
