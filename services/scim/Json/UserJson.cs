using System.Text.Json;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;

namespace DirectorySync.Scim;

/// <summary>SCIM JSON ↔ User.</summary>
public static class UserJson
{
    /// <summary>
    /// Reads the body of a POST or PUT. id, meta, groups and password are passed over. Throws invalidSyntax or invalidValue.
    /// </summary>
    public static User Read(ReadOnlyMemory<byte> utf8, ResourceType? type = null)
    {
        using var document = ScimJson.Parse(utf8);
        return Read(document.RootElement, type);
    }

    /// <summary>Reads an object that is part of a larger body (bulk).</summary>
    public static User Read(JsonElement body, ResourceType? type = null)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw ScimException.InvalidSyntax($"A user is a JSON object, not {ScimJson.KindOf(body)}.");
        }

        var user = new User();
        foreach (var property in body.EnumerateObject())
        {
            ResourceReader.ReadProperty(user, type ?? ResourceType.User, ScimJson.Name(property), property.Value);
        }

        return user;
    }

    /// <summary>
    /// Writes the whole user, or what the projection leaves of it. The base URL is that of the SCIM endpoint, without a slash at its end.
    /// Null groups are left out; a name's "formatted" is computed where none is stored.
    /// </summary>
    public static void Write(
        Utf8JsonWriter writer,
        User user,
        string baseUrl,
        IReadOnlyList<GroupReference>? groups = null,
        Projection? projection = null,
        ResourceType? type = null) => UserWriter.Write(
            new ResourceWriter(writer, type ?? ResourceType.User, projection), user, baseUrl, Location(baseUrl, user.Id), groups);

    /// <summary>meta.location and the Location header.</summary>
    public static string Location(string baseUrl, string id) => $"{baseUrl}/Users/{Uri.EscapeDataString(id)}";
}
