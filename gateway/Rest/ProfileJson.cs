using System.Text.Json;
using DirectorySync.AttributeMapping.V1;

namespace DirectorySync.Gateway.Rest;

/// <summary>A mapped profile as the vendor's programs read it.</summary>
internal static class ProfileJson
{
    public static void Write(Utf8JsonWriter json, Profile profile)
    {
        json.WriteStartObject();
        json.WriteString("object", "attribute_profile");
        json.WriteString("directory_id", profile.DirectoryId);
        json.WriteString("user_id", profile.UserId);
        json.WriteNumber("user_version", profile.UserVersion);
        json.WriteText("idp_id", profile.IdpId);
        json.WriteText("first_name", profile.FirstName);
        json.WriteText("last_name", profile.LastName);
        json.WriteText("email", profile.Email);
        json.WriteString("state", profile.Active ? "active" : "inactive");
        json.WriteStartObject("custom_attributes");
        foreach (var attribute in profile.Attributes)
        {
            json.WritePropertyName(attribute.Name);
            json.WriteRawValue(attribute.Json);
        }

        json.WriteStartObject("tags");
        foreach (var tag in profile.Tags)
        {
            json.WritePropertyName(tag.Name);
            json.WriteRawValue(tag.Json);
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartArray("problems");
        foreach (var problem in profile.Problems)
        {
            json.WriteStartObject();
            json.WriteString("code", problem.Code);
            json.WriteString("attribute", problem.Attribute);
            json.WriteText("path", problem.Path);
            json.WriteText("value", problem.Value);
            json.WriteString("message", problem.Detail);
            json.WriteString("remedy", problem.Remedy);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteTime("updated_at", profile.UpdateTime);
        json.WriteEndObject();
    }
}
