using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Text.Unicode;

namespace DirectorySync.Gateway.Scim.Requests;

/// <summary>
/// Makes bodies and queries fit to be kept: what may be a secret is replaced, also where a request names it wrongly. What is not JSON, or was cut
/// off, counts as far as it can be read: what follows is left out, since nobody can say what it is.
/// </summary>
internal sealed partial class Redaction
{
    public const string Mark = "[redacted]";

    private const int ShortestEcho = 4;

    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private static readonly string[] Secrets = ["password", "passwd", "passphrase", "secret", "token", "credential", "privatekey", "apikey"];

    // Names come again and again; who sends ever new ones does not fill the memory with them.
    private const int MostKnown = 1000;
    private const int LongestKnown = 100;

    private static readonly ConcurrentDictionary<string, bool> Known = new(StringComparer.Ordinal);

    private static int known;

    private readonly List<string> found = [];

    /// <summary>The JSON without secrets, and whether all of it was read.</summary>
    public (string Text, bool IsWhole) Json(ReadOnlySpan<byte> utf8)
    {
        utf8 = utf8.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8;
        var text = new ArrayBufferWriter<byte>(utf8.Length + 64);
        using var writer = new Utf8JsonWriter(text, Writing);
        var reader = new Utf8JsonReader(utf8, isFinalBlock: false, new JsonReaderState(new() { MaxDepth = 128 }));
        var isWhole = false;
        try
        {
            isWhole = reader.Read() && Copy(ref reader, writer) && IsBlank(utf8[(int)reader.BytesConsumed..]);
        }
        catch (JsonException)
        {
            // From here on it is not JSON.
        }
        catch (InvalidOperationException)
        {
            // A text that is not UTF-8, or half a surrogate pair.
        }

        writer.Flush();
        return (Encoding.UTF8.GetString(text.WrittenSpan), isWhole);
    }

    /// <summary>A query without its "?": names stay, values only of the parameters that SCIM has.</summary>
    public string Query(string query) => query.Length <= 1 ? "" : string.Join('&', query[1..].Split('&').Select(part =>
    {
        var (name, value) = part.IndexOf('=', StringComparison.Ordinal) is >= 0 and var at ? (Decode(part[..at]), Decode(part[(at + 1)..])) : (Decode(part), "");
        return value.Length == 0 ? name : $"{name}={(IsKept(name, value) ? value : Hide(value))}";
    }));

    /// <summary>A text of ours in which something of the request can be said again.</summary>
    public string Echo(string text) =>
        found.Aggregate(text, (current, secret) => current.Replace(secret, Mark, StringComparison.OrdinalIgnoreCase));

    /// <summary>True for names of attributes, and paths to them, behind which a secret may be.</summary>
    public static bool IsSecret(string name) => Known.TryGetValue(name, out var isSecret) ? isSecret : Judge(name);

    private static bool Judge(string name)
    {
        var isSecret = NamesSecret(name);
        if (known < MostKnown && name.Length <= LongestKnown && Known.TryAdd(name, isSecret))
        {
            Interlocked.Increment(ref known);
        }

        return isSecret;
    }

    private static bool NamesSecret(string name)
    {
        var plain = name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
        return Array.Exists(Secrets, secret => plain.Contains(secret, StringComparison.OrdinalIgnoreCase));
    }

    // False: the text ended.
    private bool Copy(ref Utf8JsonReader reader, Utf8JsonWriter writer) => reader.TokenType switch
    {
        JsonTokenType.StartObject => CopyObject(ref reader, writer),
        JsonTokenType.StartArray => CopyArray(ref reader, writer),
        _ => CopyValue(ref reader, writer),
    };

    private bool CopyArray(ref Utf8JsonReader reader, Utf8JsonWriter writer)
    {
        writer.WriteStartArray();
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.EndArray)
            {
                writer.WriteEndArray();
                return true;
            }

            if (!Copy(ref reader, writer))
            {
                return false;
            }
        }

        return false;
    }

    private bool CopyObject(ref Utf8JsonReader reader, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        var place = reader;
        bool? isTarget = null;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.EndObject)
            {
                writer.WriteEndObject();
                return true;
            }

            var name = reader.GetString()!;
            writer.WritePropertyName(name);
            if (!reader.Read())
            {
                return false;
            }

            // The value of an operation is what its path says, which may stand behind it.
            var isHidden = IsSecret(name)
                || (name.Equals("value", StringComparison.OrdinalIgnoreCase) && (isTarget ??= HasSecretTarget(place)))
                || (name.Equals("filter", StringComparison.OrdinalIgnoreCase) && reader.TokenType == JsonTokenType.String && !IsKept(name, reader.GetString()!));
            if (isHidden ? !HideValue(ref reader, writer) : !Copy(ref reader, writer))
            {
                return false;
            }
        }

        return false;
    }

    private static bool CopyValue(ref Utf8JsonReader reader, Utf8JsonWriter writer)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            // As it is, where nothing has to be decoded.
            if (!reader.ValueIsEscaped && Utf8.IsValid(reader.ValueSpan))
            {
                writer.WriteStringValue(reader.ValueSpan);
            }
            else
            {
                writer.WriteStringValue(reader.GetString());
            }
        }
        else
        {
            writer.WriteRawValue(reader.ValueSpan, skipInputValidation: true);
        }

        return true;
    }

    private bool HideValue(ref Utf8JsonReader reader, Utf8JsonWriter writer)
    {
        writer.WriteStringValue(Mark);
        for (var depth = reader.CurrentDepth; ;)
        {
            if (reader.TokenType is JsonTokenType.String)
            {
                Hide(reader.GetString()!);
            }

            var isContainer = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray;
            if (!isContainer && reader.CurrentDepth <= depth)
            {
                return true;
            }

            if (!reader.Read())
            {
                return false;
            }
        }
    }

    // True for an object with a path that leads to a secret or is none, or whose path may be in what is cut off.
    private static bool HasSecretTarget(Utf8JsonReader reader)
    {
        var isOperation = false;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.EndObject)
            {
                return false;
            }

            var name = reader.GetString()!;
            isOperation |= name.Equals("op", StringComparison.OrdinalIgnoreCase);
            if (!reader.Read())
            {
                return isOperation;
            }

            if (name.Equals("path", StringComparison.OrdinalIgnoreCase))
            {
                return reader.TokenType == JsonTokenType.String && reader.GetString() is { Length: > 0 } path && (IsSecret(path) || !Path().IsMatch(path));
            }

            if (!reader.TrySkip())
            {
                return isOperation;
            }
        }

        return isOperation;
    }

    private string Hide(string value)
    {
        if (value.Length >= ShortestEcho && !found.Contains(value))
        {
            found.Add(value);
        }

        return Mark;
    }

    private bool IsKept(string name, string value) => name.ToLowerInvariant() switch
    {
        "filter" => !IsSecret(value) || NoteFilter(value),
        "attributes" or "excludedattributes" or "sortby" or "sortorder" or "startindex" or "count" or "cursor" => true,
        _ => false,
    };

    // What the filter compares with may be said again by the error.
    private bool NoteFilter(string filter)
    {
        foreach (Match quoted in Quoted().Matches(filter))
        {
            Hide(quoted.Groups[1].Value);
        }

        return false;
    }

    private static string Decode(string part) => Uri.UnescapeDataString(part.Replace('+', ' '));

    private static bool IsBlank(ReadOnlySpan<byte> rest) => rest.IndexOfAnyExcept(" \t\r\n"u8) < 0;

    [GeneratedRegex(@"^[\p{L}\p{Nd}:._$/-]+(\[[^\[\]]*\])?(\.[\p{L}\p{Nd}_$-]+)?$")]
    private static partial Regex Path();

    [GeneratedRegex("\"((?:[^\"\\\\]|\\\\.)*)\"?")]
    private static partial Regex Quoted();
}
