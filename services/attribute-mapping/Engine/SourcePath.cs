using System.Text.Json;
using System.Text.RegularExpressions;
using DirectorySync.Scim;
using DirectorySync.Scim.V1;

namespace DirectorySync.AttributeMapping.Engine;

/// <summary>
/// Where a value is looked for: a SCIM path with an optional value filter. Attributes that no core schema declares are found under the
/// core namespace and under our extension alike, since both are ways in which administrators add them.
/// </summary>
internal sealed partial class SourcePath
{
    private const int LongestText = 512;

    private static readonly string[] NotMapped = ["schemas", "id", "meta", "password", "groups"];

    private readonly PatchTarget target;

    // Under which the attribute counts too, or null.
    private readonly string? otherNamespace;

    private SourcePath(PatchTarget target)
    {
        this.target = target;
        Text = FilterPrinter.Print(target, ResourceType.User);
        otherNamespace = OtherNamespace(target.Path.Schema, target.Path.Attribute);
    }

    /// <summary>In its usual spelling.</summary>
    public string Text { get; }

    public string Namespace => target.Path.Schema;

    /// <summary>The attribute without filter and sub-attribute.</summary>
    public string Attribute => target.Path.Attribute;

    /// <summary>Empty for the attribute itself.</summary>
    public string SubAttribute => target.Path.SubAttribute;

    public Filter? Filter => target.ValueFilter;

    /// <summary>Reads SCIM's form, or Okta's: `emails.^[type==work].value`. Throws ScimException with what is wrong.</summary>
    public static SourcePath Parse(string text)
    {
        if (text.Length > LongestText)
        {
            throw ScimException.InvalidPath(text[..64], $"The path is longer than {LongestText} characters.");
        }

        var parsed = new SourcePath(PatchPath.Parse(FromOkta(text.Trim()), ResourceType.User));
        if (parsed.Attribute.Length == 0)
        {
            throw ScimException.InvalidPath(text, $"'{text}' is a namespace. Name one of its attributes: '{text}:attribute'.");
        }

        return parsed.Namespace == SchemaUrns.User && NotMapped.Contains(parsed.Attribute, StringComparer.OrdinalIgnoreCase)
            ? throw ScimException.InvalidPath(text, $"'{parsed.Attribute}' holds nothing that could be mapped. Name another attribute.")
            : parsed;
    }

    /// <summary>The attribute itself.</summary>
    public string Whole => FilterPrinter.Print(
        new PatchTarget { Path = new() { Schema = Namespace, Attribute = Attribute } }, ResourceType.User);

    /// <summary>
    /// Whether the inventory has a count for it: without a filter, and of the elements of one type and the primary one. What elements say of
    /// themselves (type, primary) is not counted.
    /// </summary>
    public bool IsCounted => SubAttribute is not ("type" or "primary") && (Filter is null || (SubAttribute.Length > 0
        && Filter.ExpressionCase == Filter.ExpressionOneofCase.Comparison && Filter.Comparison is
        {
            Operator: ComparisonOperator.Equal, Path.SubAttribute: "type", Value.KindCase: FilterValue.KindOneofCase.StringValue,
        }
        or
        {
            Operator: ComparisonOperator.Equal, Path.SubAttribute: "primary", Value: { KindCase: FilterValue.KindOneofCase.BooleanValue, BooleanValue: true },
        }));

    /// <summary>The same path for all elements, whatever the filter.</summary>
    public string Unfiltered => FilterPrinter.Print(new PatchTarget { Path = target.Path }, ResourceType.User);

    /// <summary>Null for what cannot be mapped.</summary>
    public static SourcePath? Of(string text)
    {
        try
        {
            return Parse(text);
        }
        catch (ScimException)
        {
            return null;
        }
    }

    /// <summary>Its usual spelling, and the one in the other namespace under which it counts too.</summary>
    public IEnumerable<string> Spellings => otherNamespace is null
        ? [Text]
        : [Text, otherNamespace == SchemaUrns.User ? Text[(Namespace.Length + 1)..] : $"{otherNamespace}:{Text}"];

    /// <summary>The namespace under which an undeclared attribute of this one counts too; null for declared ones and other namespaces.</summary>
    public static string? OtherNamespace(string urn, string attribute) =>
        ResourceType.User.FindCore(attribute) is not null ? null
        : urn.Equals(SchemaUrns.User, StringComparison.OrdinalIgnoreCase) ? SchemaUrns.CustomUser
        : urn.Equals(SchemaUrns.CustomUser, StringComparison.OrdinalIgnoreCase) ? SchemaUrns.User
        : null;

    /// <summary>The values there, the one that stands for all first: the primary one, if one is. Empty ones do not count.</summary>
    public List<JsonElement> Read(UserDocument document)
    {
        var values = new List<JsonElement>();
        if ((document.Find(Namespace, Attribute) ?? (otherNamespace is null ? null : document.Find(otherNamespace, Attribute)))
            is not { } attribute)
        {
            return values;
        }

        if (attribute.ValueKind != JsonValueKind.Array)
        {
            Add(attribute, values);
            return values;
        }

        foreach (var element in attribute.EnumerateArray())
        {
            Add(element, values);
        }

        return values;
    }

    /// <summary>null, "", [] and {} are no values (RFC 7643 §2.5).</summary>
    public static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => true,
        JsonValueKind.String => value.ValueEquals(""u8),
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => value.GetPropertyCount() == 0,
        _ => false,
    };

    private void Add(JsonElement element, List<JsonElement> values)
    {
        if (Filter is not null && !ElementFilter.Matches(Filter, element))
        {
            return;
        }

        var value = SubAttribute.Length == 0 ? element : ElementFilter.Find(element, SubAttribute);
        if (value is not { } found || IsEmpty(found))
        {
            return;
        }

        if (values.Count > 0 && ElementFilter.Find(element, "primary") is { ValueKind: JsonValueKind.True })
        {
            values.Insert(0, found);
        }
        else
        {
            values.Add(found);
        }
    }

    private static string FromOkta(string text)
    {
        var match = OktaForm().Match(text);
        if (!match.Success)
        {
            return text;
        }

        var conditions = match.Groups[2].Value.Split("&&", StringSplitOptions.TrimEntries).Select(condition =>
        {
            var (name, value) = condition.Split("==", 2, StringSplitOptions.TrimEntries) is [{ Length: > 0 } left, { Length: > 0 } right]
                ? (left, right)
                : throw ScimException.InvalidPath(
                    text, $"The path '{text}' cannot be used: '{condition}' is not of the form name==value, as in emails.^[type==work].value.");
            return $"{name} eq {Literal(value)}";
        });
        return $"{match.Groups[1].Value}[{string.Join(" and ", conditions)}]{match.Groups[3].Value}";
    }

    private static string Literal(string value) => value switch
    {
        "true" or "false" => value,
        ['\'', .. var inner, '\''] => JsonText.Of(inner),
        ['"', .. var inner, '"'] => JsonText.Of(inner),
        _ => JsonText.Of(value),
    };

    [GeneratedRegex(@"^([^\[\]^]+)\.\^\[([^\[\]]+)\](\.[^\[\]]+)?$")]
    private static partial Regex OktaForm();
}
