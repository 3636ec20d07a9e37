using System.Text.Json;
using DirectorySync.Roles.V1;

namespace DirectorySync.Scim;

/// <summary>Role → SCIM JSON, as what it is offered as.</summary>
public static class RoleJson
{
    public static void Write(Utf8JsonWriter writer, Role role, string baseUrl, ResourceType type, Projection? projection = null)
    {
        var resource = new ResourceWriter(writer, type, projection);
        writer.WriteStartObject();
        resource.Schemas(enterprise: false, [], []);
        writer.WriteString("id", role.Slug);
        resource.Text("displayName", role.Name);
        if (type == ResourceType.Entitlement)
        {
            resource.Text("type", type.Name);
        }

        resource.Text("description", role.Description);
        resource.Meta(Location(baseUrl, role, type), role.Version, role.CreateTime, role.UpdateTime);
        writer.WriteEndObject();
    }

    /// <summary>meta.location.</summary>
    public static string Location(string baseUrl, Role role, ResourceType type) => $"{baseUrl}{type.Endpoint}/{Uri.EscapeDataString(role.Slug)}";
}
