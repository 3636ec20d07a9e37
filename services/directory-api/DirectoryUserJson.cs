using System.Text.Json;

namespace DirectorySync.DirectoryApi;

/// <summary>A directory user as the contract writes it, in answers and in events alike.</summary>
public static class DirectoryUserJson
{
    /// <summary>Writes an object.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="user">What.</param>
    /// <param name="more">Further fields, at the end.</param>
    public static void Write(Utf8JsonWriter json, DirectoryUser user, Action<Utf8JsonWriter>? more = null)
    {
        json.WriteStartObject();
        json.WriteString("object", "directory_user");
        json.WriteString("id", user.Id);
        json.WriteString("directory_id", user.DirectoryId);
        json.WriteString("organization_id", user.OrganizationId);
        WriteFields(json, user);
        json.WriteString("managed_by", "directory");
        if (user.ApplicationId.Length > 0)
        {
            json.WriteString("application_id", user.ApplicationId);
        }

        json.WriteTime("created_at", user.CreateTime);
        json.WriteTime("updated_at", user.UpdateTime);
        more?.Invoke(json);
        json.WriteEndObject();
    }

    /// <summary>Writes what can change about a user.</summary>
    internal static void WriteFields(Utf8JsonWriter json, DirectoryUser user)
    {
        json.WriteString("idp_id", user.IdpId);
        json.WriteText("email", user.Email);
        json.WriteText("first_name", user.FirstName);
        json.WriteText("last_name", user.LastName);
        json.WriteText("name", string.Join(' ', new[] { user.FirstName, user.LastName }.Where(part => part.Length > 0)));
        json.WriteText("username", user.UserName);
        json.WriteString("state", user.Active ? "active" : "inactive");
        json.WriteStartObject("custom_attributes");
        foreach (var attribute in user.Attributes)
        {
            json.WritePropertyName(attribute.Name);
            json.WriteRawValue(attribute.Json);
        }

        if (user.Tags.Count > 0)
        {
            json.WriteStartObject("tags");
            foreach (var tag in user.Tags)
            {
                json.WritePropertyName(tag.Name);
                json.WriteRawValue(tag.Json);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        if (user.Roles.Count > 0)
        {
            json.WriteStartObject("role");
            json.WriteString("slug", user.Roles[0]);
            json.WriteEndObject();
        }

        json.WriteStartArray("roles");
        foreach (var role in user.Roles)
        {
            json.WriteStartObject();
            json.WriteString("slug", role);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteRaw(json, user.RawJson);
    }

    // As they came, and two of them also where clients of the contract's earlier versions read them.
    private static void WriteRaw(Utf8JsonWriter json, string rawJson)
    {
        if (rawJson.Length > 0)
        {
            using var raw = JsonDocument.Parse(rawJson);
            json.WriteText("job_title", Text(raw.RootElement, "title"));
            json.WriteStartArray("emails");
            if (raw.RootElement.TryGetProperty("emails", out var emails) && emails.ValueKind == JsonValueKind.Array)
            {
                foreach (var email in emails.EnumerateArray().Where(email => email.ValueKind == JsonValueKind.Object))
                {
                    WriteEmail(json, email);
                }
            }

            json.WriteEndArray();
        }

        json.WriteObject("raw_attributes", rawJson);
    }

    private static void WriteEmail(Utf8JsonWriter json, JsonElement email)
    {
        json.WriteStartObject();
        json.WriteBoolean("primary", email.TryGetProperty("primary", out var primary) && primary.ValueKind == JsonValueKind.True);
        if (Text(email, "type") is { Length: > 0 } type)
        {
            json.WriteString("type", type);
        }

        json.WriteText("value", Text(email, "value"));
        json.WriteEndObject();
    }

    // Empty for what is not there, or is something else.
    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
