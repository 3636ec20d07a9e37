using System.Buffers;
using System.Text.Json;

namespace DirectorySync.Scim;

/// <summary>A place in a buffered body right before a value, from which reading can go on later.</summary>
internal readonly record struct JsonCursor(ReadOnlySequence<byte> Rest, JsonReaderState State)
{
    public static JsonCursor Start(ReadOnlySequence<byte> body) => new(body, new JsonReaderState(ScimJson.ReaderOptions));

    /// <summary>Reads on from here.</summary>
    public Utf8JsonReader Reader() => new(Rest, isFinalBlock: true, State);

    /// <summary>Where the reader, made from this cursor, is now.</summary>
    public JsonCursor At(ref Utf8JsonReader reader) => new(Rest.Slice(reader.Position), reader.CurrentState);

    /// <summary>The value at this place as a document of its own; the caller disposes it. Throws LimitExceeded.</summary>
    public JsonDocument Document(AttributeBudget budget)
    {
        var reader = Reader();
        reader.Read();
        var start = reader.TokenStartIndex;
        reader.Skip();
        budget.Take(reader.BytesConsumed - start);
        try
        {
            return JsonDocument.Parse(Rest.Slice(start, reader.BytesConsumed - start), ScimJson.DocumentOptions);
        }
        catch (JsonException)
        {
            throw ScimJson.SameName();
        }
        catch (InvalidOperationException)
        {
            throw ScimJson.BrokenName();
        }
    }

    /// <summary>Type of the value at this place.</summary>
    public JsonTokenType Kind()
    {
        var reader = Reader();
        reader.Read();
        return reader.TokenType;
    }

    /// <summary>The properties of the object at this place. Throws LimitExceeded, and invalidSyntax for the same name twice.</summary>
    public List<(string Name, JsonCursor Value)> Properties()
    {
        var properties = new List<(string, JsonCursor)>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var reader = Reader();
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (properties.Count == BodyLimits.Properties)
            {
                throw ScimException.LimitExceeded($"An object in the body has more than {BodyLimits.Properties} names; send fewer.");
            }

            var name = Text(ref reader);
            if (!names.Add(name))
            {
                throw ScimJson.SameName();
            }

            properties.Add((name, At(ref reader)));
            reader.Read();
            reader.Skip();
        }

        return properties;
    }

    /// <summary>The elements of the array at this place; null as soon as there are more than the most.</summary>
    public List<JsonCursor>? FindElements(int most)
    {
        var elements = new List<JsonCursor>();
        var reader = Reader();
        reader.Read();
        for (var next = At(ref reader); reader.Read() && reader.TokenType != JsonTokenType.EndArray; next = At(ref reader))
        {
            if (elements.Count == most)
            {
                return null;
            }

            elements.Add(next);
            reader.Skip();
        }

        return elements;
    }

    /// <summary>The string or name that the reader stands on. Throws ScimException for text that cannot be stored.</summary>
    public static string Text(ref Utf8JsonReader reader)
    {
        string text;
        try
        {
            text = reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw ScimException.InvalidSyntax("The body has text that is not valid Unicode.");
        }

        return Strings.Fault(text) is { } fault ? throw ScimException.InvalidValue("", $"The body has text that {fault}.") : text;
    }
}
