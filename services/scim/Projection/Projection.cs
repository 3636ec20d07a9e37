using DirectorySync.Scim.V1;

namespace DirectorySync.Scim;

/// <summary>
/// "attributes" and "excludedAttributes" (RFC 7644 §3.9): which attributes an answer has. No projection at all (null) is the default:
/// everything.
/// </summary>
public sealed class Projection
{
    private readonly ResourceType type;
    private readonly Selection? only;
    private readonly Selection? without;

    private Projection(ResourceType type, Selection? only, Selection? without)
    {
        this.type = type;
        this.only = only;
        this.without = without;
    }

    /// <summary>From comma-separated lists as in a query; null if neither names anything.</summary>
    public static Projection? Of(ResourceType type, string? attributes, string? excludedAttributes) =>
        Of(type, attributes?.Split(','), excludedAttributes?.Split(','));

    /// <summary>From lists as in the body of a .search. Throws invalidValue for what is not an attribute name.</summary>
    public static Projection? Of(ResourceType type, IEnumerable<string>? attributes, IEnumerable<string>? excludedAttributes)
    {
        var only = Selection.Of(type, "attributes", attributes);
        var without = Selection.Of(type, "excludedAttributes", excludedAttributes);
        return only is null && without is null ? null : new Projection(type, only, without);
    }

    /// <summary>Whether the core attribute, or a part of it, is returned: what need not be, need not be read.</summary>
    public bool Includes(string attribute) => Includes(type.Core.Urn, attribute);

    /// <summary>Whether the attribute, or a part of it, is returned.</summary>
    public bool Includes(string schema, string attribute) =>
        Rule(type.Find(schema, attribute)) ?? (
            (only?.Names(schema, attribute) ?? true) && !(without?.NamesWhole(schema, attribute) ?? false));

    /// <summary>Whether the sub-attribute of an included attribute is returned.</summary>
    public bool Includes(string schema, string attribute, string sub) =>
        (only?.Names(schema, attribute, sub) ?? true) && !(without?.Names(schema, attribute, sub) ?? false);

    private bool? Rule(AttributeDefinition? definition) => definition?.Returned switch
    {
        Returned.Always => true,
        Returned.Never => false,
        Returned.Request when only is null => false,
        _ => null,
    };

    private sealed class Selection
    {
        private readonly HashSet<string> schemas = new(StringComparer.OrdinalIgnoreCase);
        private readonly Dictionary<(string Schema, string Attribute), HashSet<string>?> attributes = new(PathComparer.Instance);

        public static Selection? Of(ResourceType type, string parameter, IEnumerable<string>? names)
        {
            var selection = new Selection();
            foreach (var name in names?.Select(n => n.Trim()).Where(n => n.Length > 0) ?? [])
            {
                if (AttributePaths.Resolve(name, type, out var path) is { } error)
                {
                    throw ScimException.InvalidValue(parameter, $"'{parameter}' cannot be used: {error}");
                }

                selection.Add(path);
            }

            return selection.schemas.Count + selection.attributes.Count == 0 ? null : selection;
        }

        public bool Names(string schema, string attribute) =>
            schemas.Contains(schema) || attributes.ContainsKey((schema, attribute));

        public bool NamesWhole(string schema, string attribute) =>
            schemas.Contains(schema) || (attributes.TryGetValue((schema, attribute), out var subs) && subs is null);

        public bool Names(string schema, string attribute, string sub) => schemas.Contains(schema)
            || (attributes.TryGetValue((schema, attribute), out var subs) && (subs is null || subs.Contains(sub)));

        private void Add(AttributePath path)
        {
            if (path.Attribute.Length == 0)
            {
                schemas.Add(path.Schema);
            }
            else if (path.SubAttribute.Length == 0)
            {
                attributes[(path.Schema, path.Attribute)] = null;
            }
            else if (!attributes.TryGetValue((path.Schema, path.Attribute), out var subs))
            {
                attributes[(path.Schema, path.Attribute)] = new(StringComparer.OrdinalIgnoreCase) { path.SubAttribute };
            }
            else
            {
                subs?.Add(path.SubAttribute);
            }
        }
    }

    private sealed class PathComparer : IEqualityComparer<(string Schema, string Attribute)>
    {
        public static readonly PathComparer Instance = new();

        public bool Equals((string Schema, string Attribute) x, (string Schema, string Attribute) y) =>
            x.Schema.Equals(y.Schema, StringComparison.OrdinalIgnoreCase)
            && x.Attribute.Equals(y.Attribute, StringComparison.OrdinalIgnoreCase);

        public int GetHashCode((string Schema, string Attribute) path) => HashCode.Combine(
            path.Schema.GetHashCode(StringComparison.OrdinalIgnoreCase), path.Attribute.GetHashCode(StringComparison.OrdinalIgnoreCase));
    }
}
