using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace DirectorySync.Gateway.Scim.Bulk;

/// <summary>
/// "bulkId:…" in the place of ids (RFC 7644 §3.7.2): found, and replaced once the ids are known. Ids stand in members, in the manager, in
/// complex attributes of extensions, and in the filter of a path; a text anywhere else is a text, whatever it begins with.
/// </summary>
internal static partial class BulkReferences
{
    private const string Prefix = "bulkId:";

    /// <summary>The bulkId that a text refers to; null if it refers to none.</summary>
    public static string? Find(string? text) =>
        text is { Length: > 7 } && text.StartsWith(Prefix, StringComparison.Ordinal) ? text[Prefix.Length..] : null;

    /// <summary>The bulkIds to which an operation refers.</summary>
    public static HashSet<string> Of(string? target, JsonElement data)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        if (Find(target) is { } bulkId)
        {
            found.Add(bulkId);
        }

        foreach (var place in Places(data))
        {
            found.UnionWith(place.BulkIds);
        }

        return found;
    }

    /// <summary>The data as a body of its own, ids in the place of references. All else keeps its bytes.</summary>
    public static ReadOnlyMemory<byte> Resolve(JsonElement data, IReadOnlyDictionary<string, string> ids)
    {
        if (data.ValueKind == JsonValueKind.Undefined)
        {
            return default;
        }

        var source = JsonMarshal.GetRawUtf8Value(data);
        var resolved = new ArrayBufferWriter<byte>(source.Length + 256);
        var copied = 0;
        foreach (var place in Places(data).OrderBy(place => Offset(data, place.Value)))
        {
            var start = Offset(data, place.Value);
            resolved.Write(source[copied..start]);
            resolved.Write(JsonSerializer.SerializeToUtf8Bytes(place.With(ids)));
            copied = start + JsonMarshal.GetRawUtf8Value(place.Value).Length;
        }

        resolved.Write(source[copied..]);
        return resolved.WrittenMemory;
    }

    private static int Offset(JsonElement data, JsonElement value)
    {
        JsonMarshal.GetRawUtf8Value(data).Overlaps(JsonMarshal.GetRawUtf8Value(value), out var offset);
        return offset;
    }

    private static List<Place> Places(JsonElement data)
    {
        var places = new List<Place>();
        Visit(data, Kind.Any, places);
        return places;
    }

    private static void Visit(JsonElement value, Kind kind, List<Place> places)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String when kind == Kind.Reference && Text(value) is { } text && Find(text) is not null:
                places.Add(new(value, text, IsPath: false));
                break;
            case JsonValueKind.Array:
                foreach (var element in value.EnumerateArray())
                {
                    Visit(element, kind, places);
                }

                break;
            case JsonValueKind.Object:
                VisitObject(value, kind, places);
                break;
        }
    }

    // An operation of a PATCH is an object with a path: its value is what the path names.
    private static void VisitObject(JsonElement value, Kind kind, List<Place> places)
    {
        var path = value.EnumerateObject().FirstOrDefault(property => Is(Name(property), "path")).Value;
        var target = path.ValueKind == JsonValueKind.String ? Text(path) : null;
        var leads = target is not null && LeadsToReference(target);
        if (leads && InPath().IsMatch(target!))
        {
            places.Add(new(path, target!, IsPath: true));
        }

        foreach (var property in value.EnumerateObject())
        {
            var name = Name(property);
            var isReference = LeadsToReference(name) || Is(name, "$ref")
                || (Is(name, "value") && (leads || kind is Kind.Reference or Kind.OfExtension));
            Visit(property.Value, isReference ? Kind.Reference : KindOf(name, kind), places);
        }
    }

    private static Kind KindOf(string name, Kind parent) =>
        parent == Kind.Extension ? Kind.OfExtension
        : name.StartsWith("urn:", StringComparison.OrdinalIgnoreCase) ? Kind.Extension
        : Kind.Any;

    // members, members[…], urn:…:manager, urn:…:manager.value
    private static bool LeadsToReference(string path)
    {
        var bracket = path.IndexOf('[', StringComparison.Ordinal);
        var attribute = (bracket < 0 ? path : path[..bracket]).Trim();
        if (attribute.StartsWith("urn:", StringComparison.OrdinalIgnoreCase))
        {
            attribute = attribute[(attribute.LastIndexOf(':') + 1)..];
        }

        return Is(attribute, "members") || Is(attribute, "manager") || Is(attribute, "manager.value");
    }

    private static bool Is(string name, string wanted) => name.Equals(wanted, StringComparison.OrdinalIgnoreCase);

    private static string Name(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            // Not valid Unicode: whoever reads the resource refuses it.
            return "";
        }
    }

    private static string? Text(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    [GeneratedRegex("""(?<=\beq\s+")bulkId:([^"\\]+)(?=")""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex InPath();

    private enum Kind
    {
        Any,

        /// <summary>Text is a reference, and so is an object's "value".</summary>
        Reference,

        /// <summary>An extension, of whose complex attributes nothing is known but that a reference is their "value" or "$ref".</summary>
        Extension,

        /// <summary>An attribute of one.</summary>
        OfExtension,
    }

    /// <summary>A text with references: one, or a path with some in its filter.</summary>
    private sealed record Place(JsonElement Value, string Text, bool IsPath)
    {
        public IEnumerable<string> BulkIds => IsPath
            ? InPath().Matches(Text).Select(match => match.Groups[1].Value)
            : [Text[Prefix.Length..]];

        public string With(IReadOnlyDictionary<string, string> ids) => IsPath
            ? InPath().Replace(Text, match => JsonEncodedText.Encode(ids[match.Groups[1].Value]).ToString())
            : ids[Text[Prefix.Length..]];
    }
}
