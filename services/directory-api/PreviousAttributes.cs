using System.Text.Json;

namespace DirectorySync.DirectoryApi;

/// <summary>What an update changed: a shallow difference, at the root and within custom_attributes.</summary>
public static class PreviousAttributes
{
    private const string Custom = "custom_attributes";

    /// <summary>False if nothing changed but that an absent value became null, or a null one absent.</summary>
    public static bool Differ(DirectoryUser before, DirectoryUser after) => Compare(Parse(before), Parse(after)).Any();

    /// <summary>Writes the values of what changed as they were; null for what was not there.</summary>
    public static void Write(Utf8JsonWriter json, DirectoryUser before, DirectoryUser after) => Write(json, Parse(before), Parse(after));

    /// <summary>The same of a group.</summary>
    public static void Write(Utf8JsonWriter json, DirectoryGroup before, DirectoryGroup after) =>
        Write(json, Parse(json => DirectoryGroupJson.WriteFields(json, before)), Parse(json => DirectoryGroupJson.WriteFields(json, after)));

    private static void Write(Utf8JsonWriter json, JsonElement before, JsonElement after)
    {
        json.WriteStartObject("previous_attributes");
        var ofCustom = new List<(string Name, JsonElement? Value)>();
        foreach (var (isCustom, name, value) in Compare(before, after))
        {
            if (isCustom)
            {
                ofCustom.Add((name, value));
            }
            else
            {
                Write(json, name, value);
            }
        }

        if (ofCustom.Count > 0)
        {
            json.WriteStartObject(Custom);
            foreach (var (name, value) in ofCustom)
            {
                Write(json, name, value);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static IEnumerable<(bool IsCustom, string Name, JsonElement? Value)> Compare(JsonElement before, JsonElement after)
    {
        foreach (var (name, value) in CompareObjects(before, after))
        {
            if (name != Custom)
            {
                yield return (false, name, value);
            }
        }

        if (before.TryGetProperty(Custom, out var customBefore) && after.TryGetProperty(Custom, out var customAfter))
        {
            foreach (var (name, value) in CompareObjects(customBefore, customAfter))
            {
                yield return (true, name, value);
            }
        }
    }

    private static IEnumerable<(string Name, JsonElement? Value)> CompareObjects(JsonElement before, JsonElement after)
    {
        foreach (var property in before.EnumerateObject())
        {
            var now = after.TryGetProperty(property.Name, out var value) ? value : (JsonElement?)null;
            if (!AreSame(property.Value, now))
            {
                yield return (property.Name, property.Value);
            }
        }

        foreach (var property in after.EnumerateObject())
        {
            if (!before.TryGetProperty(property.Name, out _) && property.Value.ValueKind != JsonValueKind.Null)
            {
                yield return (property.Name, null);
            }
        }
    }

    private static bool AreSame(JsonElement before, JsonElement? after) => after is { } value
        ? JsonElement.DeepEquals(before, value)
        : before.ValueKind == JsonValueKind.Null;

    private static void Write(Utf8JsonWriter json, string name, JsonElement? value)
    {
        json.WritePropertyName(name);
        if (value is { } known)
        {
            known.WriteTo(json);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    private static JsonElement Parse(DirectoryUser user) => Parse(json => DirectoryUserJson.WriteFields(json, user));

    private static JsonElement Parse(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(stream.GetBuffer().AsMemory(0, (int)stream.Length));
        return document.RootElement.Clone();
    }
}
