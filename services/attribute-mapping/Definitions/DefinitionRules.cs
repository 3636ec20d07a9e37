using System.Text.RegularExpressions;
using DirectorySync.AttributeMapping.Engine;
using Google.Protobuf.WellKnownTypes;
using Enum = System.Enum;

namespace DirectorySync.AttributeMapping.Definitions;

/// <summary>What definitions may hold and what may be changed of them.</summary>
internal static partial class DefinitionRules
{
    public const int Most = 500;

    private const int LongestDescription = 1000;

    // Names of properties that stand beside the attributes in the application's view of a user.
    private static readonly string[] Reserved = ["id", "tags", "groups", "active", "schemas", "meta", "password"];

    public static Definition Create(Definition wanted, DateTimeOffset now)
    {
        if (!Name().IsMatch(wanted.Name))
        {
            throw Inputs.Invalid("name", wanted.Name.Length > 64 ? wanted.Name[..64] : wanted.Name, "This is no name of an attribute.",
                "Give 1 to 64 letters, digits and '_', starting with a letter.");
        }

        if (Reserved.Contains(wanted.Name, StringComparer.OrdinalIgnoreCase)
            || wanted.Name.StartsWith("tag_", StringComparison.OrdinalIgnoreCase))
        {
            throw Inputs.Invalid("name", wanted.Name, "This name has a meaning of its own.", "Choose another name.");
        }

        return new()
        {
            Name = wanted.Name,
            Origin = DefinitionOrigin.Custom,
            Type = TypeOf(wanted.Type),
            Required = wanted.Required,
            Enabled = true,
            Description = Inputs.Text("description", wanted.Description, LongestDescription),
            CreateTime = now.ToTimestamp(),
            UpdateTime = now.ToTimestamp(),
        };
    }

    /// <summary>Changes the definition as the mask says.</summary>
    public static Definition Update(Definition current, Definition wanted, FieldMask? mask, DateTimeOffset now)
    {
        var before = current.Clone();
        foreach (var field in mask?.Paths ?? [])
        {
            switch (field)
            {
                case "required" when current.Name != KnownDefinitions.State:
                    current.Required = wanted.Required;
                    break;
                case "description":
                    current.Description = Inputs.Text("description", wanted.Description, LongestDescription);
                    break;
                case "enabled" when current.Origin == DefinitionOrigin.Predefined:
                    current.Enabled = wanted.Enabled;
                    break;
                case "type" when current.Origin == DefinitionOrigin.Custom:
                    current.Type = TypeOf(wanted.Type);
                    break;
                default:
                    throw Inputs.Invalid("update_mask", field, $"This cannot be changed of the attribute {current.Name}.",
                        "Name some of: required, description; of a predefined attribute also enabled; of a custom one also type.");
            }
        }

        if (!current.Equals(before))
        {
            current.CreateTime ??= now.ToTimestamp();
            current.UpdateTime = now.ToTimestamp();
        }

        return current;
    }

    /// <summary>Whether two say the same, whatever their versions and times.</summary>
    public static bool AreSame(Definition one, Definition other) =>
        (one.Name, one.Origin, one.Type, one.Required, one.Description)
            == (other.Name, other.Origin, other.Type, other.Required, other.Description);

    public static void RequireCustom(Definition definition)
    {
        if (definition.Origin != DefinitionOrigin.Custom)
        {
            throw Inputs.Invalid("name", definition.Name, "Only the vendor's own attributes can be deleted.",
                definition.Origin == DefinitionOrigin.Predefined ? "Set enabled to false instead." : "It is in every profile.");
        }
    }

    private static DefinitionType TypeOf(DefinitionType type) => type switch
    {
        DefinitionType.Unspecified => DefinitionType.String,
        _ when Enum.IsDefined(type) => type,
        _ => throw Inputs.Invalid("type", $"{(int)type}", "There is no such type.", "Give string, number, boolean, date, list or object."),
    };

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_]{0,63}$")]
    private static partial Regex Name();
}
