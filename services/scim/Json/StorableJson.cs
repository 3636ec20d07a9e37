using System.Text;
using System.Text.Json;

namespace DirectorySync.Scim.Json;

/// <summary>Tells JSON that PostgreSQL can keep from what it cannot: malformed text, lone surrogates, the character U+0000.</summary>
public static class StorableJson
{
    private const char Nul = '\0';

    /// <summary>True if the text is one JSON value that can be kept.</summary>
    public static bool Is(string json)
    {
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.GetString()!.Contains(Nul))
                {
                    return false;
                }
            }

            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
