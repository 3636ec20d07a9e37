using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace DirectorySync.AttributeMapping.Engine;

/// <summary>Values as JSON of a definition's type.</summary>
internal static partial class TypedJson
{
    /// <summary>The JSON text; null with what was expected if the value is not of the type. One or more values, the preferred first.</summary>
    public static string? Of(DefinitionType type, List<MappedValue> values, out string fault)
    {
        fault = "";
        var value = values[0];
        switch (type)
        {
            case DefinitionType.List:
                return $"[{string.Join(',', values.Select(v => v.Json))}]";
            case DefinitionType.Object:
                fault = "an object";
                return value.Kind == JsonValueKind.Object ? value.Json : null;
            case DefinitionType.Number:
                fault = "a number such as 12 or 12.5";
                return value.Kind == JsonValueKind.Number ? value.Json : Number(value.Text);
            case DefinitionType.Boolean:
                fault = "true or false";
                return value.Scalar?.Trim().ToLowerInvariant() is "true" or "false" ? value.Scalar.Trim().ToLowerInvariant() : null;
            case DefinitionType.Date:
                fault = "a date such as 2026-03-31 or 2026/03/31";
                return Date(value.Text) is { } date ? $"\"{date}\"" : null;
            default:
                fault = "text";
                return value.Scalar is { } text ? JsonText.Of(text) : null;
        }
    }

    private static string? Date(string? text) =>
        DateOnly.TryParseExact(
            text?.Trim(), ["yyyy-MM-dd", "yyyy/MM/dd"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
            : null;

    // Every digit stays, but zeros in front that JSON does not allow.
    private static string? Number(string? text)
    {
        var match = NumberForm().Match(text?.Trim() ?? "");
        return match.Success ? $"{match.Groups[1].Value}{match.Groups[2].Value}{match.Groups[3].Value}" : null;
    }

    [GeneratedRegex(@"^\+?(-?)0*([0-9]+)((?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)$")]
    private static partial Regex NumberForm();
}
