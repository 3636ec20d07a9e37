using System.Text.Json;
using DirectorySync.Events.Telling;

namespace DirectorySync.Events.Erasure;

/// <summary>What remains of someone who is erased: ids and times, in the contract's own shape.</summary>
internal static class Tombstone
{
    private const string User = "directory_user";

    // Of a user; all else that the contract asks for is empty.
    private static readonly string[] OfUser = ["object", "id", "directory_id", "organization_id", "state", "managed_by", "created_at", "updated_at"];

    /// <summary>A user as applications knew it, without anything personal.</summary>
    public static DirectoryUser Of(DirectoryUser told) => new()
    {
        DirectoryId = told.DirectoryId, Id = told.Id, Active = told.Active, CreateTime = told.CreateTime, UpdateTime = told.UpdateTime,
        UserVersion = told.UserVersion,
    };

    /// <summary>The event without what it says of a person, and, of a directory that is gone, without what groups are called.</summary>
    public static Event Of(Event told, bool wholeDirectory)
    {
        var emptied = told.Clone();
        using var data = JsonDocument.Parse(told.DataJson);
        emptied.DataJson = DirectoryEventJson.Text(json => Write(json, data.RootElement, wholeDirectory));
        return emptied;
    }

    private static void Write(Utf8JsonWriter json, JsonElement data, bool wholeDirectory)
    {
        if (data.TryGetProperty("object", out var type) && type.ValueEquals(User))
        {
            WriteUser(json, data);
            return;
        }

        json.WriteStartObject();
        foreach (var property in data.EnumerateObject())
        {
            json.WritePropertyName(property.Name);
            switch (property.Name)
            {
                case "user" or "group" when property.Value.ValueKind == JsonValueKind.Object:
                    Write(json, property.Value, wholeDirectory);
                    break;
                case "name" or "idp_id" when wholeDirectory:
                    json.WriteStringValue("");
                    break;
                case "raw_attributes" or "previous_attributes" when wholeDirectory:
                    json.WriteStartObject();
                    json.WriteEndObject();
                    break;
                case "domains" when wholeDirectory:
                    json.WriteStartArray();
                    json.WriteEndArray();
                    break;
                default:
                    property.Value.WriteTo(json);
                    break;
            }
        }

        json.WriteEndObject();
    }

    private static void WriteUser(Utf8JsonWriter json, JsonElement user)
    {
        json.WriteStartObject();
        foreach (var property in user.EnumerateObject().Where(property => OfUser.Contains(property.Name)))
        {
            property.WriteTo(json);
        }

        json.WriteString("idp_id", "");
        foreach (var absent in (string[])["email", "first_name", "last_name", "name", "username"])
        {
            json.WriteNull(absent);
        }

        foreach (var empty in (string[])["custom_attributes", "raw_attributes"])
        {
            json.WriteStartObject(empty);
            json.WriteEndObject();
        }

        json.WriteStartArray("roles");
        json.WriteEndArray();
        if (user.TryGetProperty("previous_attributes", out _))
        {
            json.WriteStartObject("previous_attributes");
            json.WriteEndObject();
        }

        json.WriteBoolean("erased", true);
        json.WriteEndObject();
    }
}
