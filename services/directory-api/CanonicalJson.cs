using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace DirectorySync.DirectoryApi;

/// <summary>
/// JSON as JavaScript's JSON.stringify writes what JSON.parse has read. Client libraries verify the signature of a webhook over a body that they
/// have parsed and written again.
/// </summary>
public static class CanonicalJson
{
    // So many digits a double holds exactly.
    private const int ExactDigits = 15;

    private static readonly SearchValues<char> Special = SearchValues.Create(
        [.. "\"\\", .. Enumerable.Range(0, 0x20).Select(c => (char)c), .. Enumerable.Range(0xd800, 0x800).Select(c => (char)c)]);

    /// <summary>The same value. Numbers that JavaScript cannot hold stay as they are.</summary>
    public static string Of(JsonElement value)
    {
        var text = new StringBuilder();
        Write(text, value);
        return text.ToString();
    }

    private static void Write(StringBuilder text, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(text, value);
                break;
            case JsonValueKind.Array:
                text.Append('[');
                foreach (var (index, element) in value.EnumerateArray().Index())
                {
                    text.Append(index > 0 ? "," : "");
                    Write(text, element);
                }

                text.Append(']');
                break;
            case JsonValueKind.String:
                WriteString(text, value.GetString()!);
                break;
            case JsonValueKind.Number:
                text.Append(Number(value.GetRawText()));
                break;
            default:
                text.Append(value.GetRawText());
                break;
        }
    }

    // Names that are array indices come first, by number; of two of a name the last counts, in the place of the first.
    private static void WriteObject(StringBuilder text, JsonElement value)
    {
        var names = new List<string>();
        var values = new Dictionary<string, JsonElement>();
        foreach (var property in value.EnumerateObject())
        {
            if (!values.ContainsKey(property.Name))
            {
                names.Add(property.Name);
            }

            values[property.Name] = property.Value;
        }

        text.Append('{');
        foreach (var (index, name) in names.OrderBy(name => Index(name) ?? long.MaxValue).Index())
        {
            text.Append(index > 0 ? "," : "");
            WriteString(text, name);
            text.Append(':');
            Write(text, values[name]);
        }

        text.Append('}');
    }

    private static long? Index(string name) =>
        uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < uint.MaxValue
        && (name[0] != '0' || name.Length == 1) ? index : null;

    private static void WriteString(StringBuilder text, string value)
    {
        text.Append('"');
        if (value.AsSpan().IndexOfAny(Special) < 0)
        {
            text.Append(value).Append('"');
            return;
        }

        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            if (char.IsHighSurrogate(c) && i + 1 < value.Length && char.IsLowSurrogate(value[i + 1]))
            {
                text.Append(c).Append(value[++i]);
                continue;
            }

            text.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\b' => "\\b",
                '\f' => "\\f",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                _ when c < ' ' || char.IsSurrogate(c) => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => c.ToString(),
            });
        }

        text.Append('"');
    }

    private static string Number(string raw)
    {
        var number = double.Parse(raw, NumberStyles.Float, CultureInfo.InvariantCulture);
        var digits = raw.AsSpan(0, raw.AsSpan().IndexOfAny('e', 'E') is var e and >= 0 ? e : raw.Length).ToString().Count(char.IsAsciiDigit);
        return digits <= ExactDigits && double.IsFinite(number) ? Text(number) : raw;
    }

    // ECMA-262, Number::toString.
    private static string Text(double number)
    {
        if (number == 0)
        {
            return "0";
        }

        // As few digits as say which double it is, "123.45" or "1.2345E+22"; the point is to stand behind the first of the digits.
        var shortest = Math.Abs(number).ToString("R", CultureInfo.InvariantCulture).Split('E');
        var exponent = shortest.Length > 1 ? int.Parse(shortest[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0;
        var whole = shortest[0].Split('.')[0].Length;
        var all = shortest[0].Replace(".", "", StringComparison.Ordinal);
        var digits = all.TrimStart('0');
        var point = whole - (all.Length - digits.Length) + exponent;
        digits = digits.TrimEnd('0');
        var sign = number < 0 ? "-" : "";
        return sign + (point, digits.Length) switch
        {
            ( > 0 and <= 21, var length) when length <= point => digits.PadRight(point, '0'),
            ( > 0 and <= 21, _) => $"{digits[..point]}.{digits[point..]}",
            ( > -6 and <= 0, _) => $"0.{new string('0', -point)}{digits}",
            _ => $"{digits[0]}{(digits.Length > 1 ? "." + digits[1..] : "")}e{(point > 0 ? "+" : "-")}{Math.Abs(point - 1)}",
        };
    }
}
