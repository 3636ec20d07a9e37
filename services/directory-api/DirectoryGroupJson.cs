using System.Text.Json;

namespace DirectorySync.DirectoryApi;

/// <summary>A directory group as the contract writes it, in answers and in events alike.</summary>
public static class DirectoryGroupJson
{
    /// <summary>Writes an object.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="group">What.</param>
    /// <param name="more">Further fields, at the end.</param>
    public static void Write(Utf8JsonWriter json, DirectoryGroup group, Action<Utf8JsonWriter>? more = null)
    {
        json.WriteStartObject();
        json.WriteString("object", "directory_group");
        json.WriteString("id", group.Id);
        json.WriteString("directory_id", group.DirectoryId);
        json.WriteString("organization_id", group.OrganizationId);
        WriteFields(json, group);
        json.WriteString("managed_by", "directory");
        json.WriteTime("created_at", group.CreateTime);
        json.WriteTime("updated_at", group.UpdateTime);
        more?.Invoke(json);
        json.WriteEndObject();
    }

    /// <summary>Writes what can change about a group.</summary>
    internal static void WriteFields(Utf8JsonWriter json, DirectoryGroup group)
    {
        json.WriteString("idp_id", group.IdpId);
        json.WriteString("name", group.Name);
        json.WriteObject("raw_attributes", group.RawJson);
    }
}
