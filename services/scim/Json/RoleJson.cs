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
        resource.Meta($"{baseUrl}{type.Endpoint}/{Uri.EscapeDataString(role.Slug)}", role.Version, role.CreateTime, role.UpdateTime);
        writer.WriteEndObject();
    }
}
