using System.Text.Json;
using DirectorySync.GroupMembership.V1;

namespace DirectorySync.Scim;

/// <summary>
/// Group → SCIM JSON, its members written one by one as they arrive:
/// <c>WriteStart</c>, then (if the members are wanted) <c>WriteMembersStart</c>, <c>WriteMember</c>…, <c>WriteMembersEnd</c>, then <c>WriteEnd</c>.
/// <see cref="GroupBody"/> goes the other way.
/// </summary>
public static class GroupJson
{
    /// <summary>Everything but the members; the object stays open.</summary>
    public static void WriteStart(
        Utf8JsonWriter writer, Group group, string baseUrl, Projection? projection = null, ResourceType? type = null)
    {
        var resource = new ResourceWriter(writer, type ?? ResourceType.Group, projection);
        writer.WriteStartObject();
        resource.Schemas(enterprise: false, group.RawAttributes, group.NamedSchemas);
        writer.WriteString("id", group.Id);
        resource.Text("externalId", group.ExternalId);
        resource.Text("displayName", group.DisplayName);
        resource.CoreRaw(group.RawAttributes);
        resource.Extensions(group.RawAttributes);
        resource.Meta(Location(baseUrl, group.Id), group.Version, group.CreateTime, group.UpdateTime);
    }

    public static void WriteMembersStart(Utf8JsonWriter writer) => writer.WriteStartArray("members");

    /// <summary>One member; nothing if the projection leaves nothing of it.</summary>
    public static void WriteMember(Utf8JsonWriter writer, Member member, string baseUrl, Projection? projection = null)
    {
        bool Wants(string sub) => projection?.Includes(SchemaUrns.Group, "members", sub) ?? true;
        var (hasValue, hasRef) = (Wants("value"), Wants("$ref"));
        var hasDisplay = member.Display.Length > 0 && Wants("display");
        var hasType = member.Type != MemberType.Unspecified && Wants("type");
        if (!(hasValue || hasRef || hasDisplay || hasType))
        {
            return;
        }

        writer.WriteStartObject();
        if (hasValue)
        {
            writer.WriteString("value", member.Value);
        }

        if (hasRef)
        {
            var endpoint = member.Type == MemberType.Group ? "Groups" : "Users";
            writer.WriteString("$ref", $"{baseUrl}/{endpoint}/{Uri.EscapeDataString(member.Value)}");
        }

        if (hasDisplay)
        {
            writer.WriteString("display", member.Display);
        }

        if (hasType)
        {
            writer.WriteString("type", member.Type == MemberType.Group ? "Group" : "User");
        }

        writer.WriteEndObject();
    }

    public static void WriteMembersEnd(Utf8JsonWriter writer) => writer.WriteEndArray();

    public static void WriteEnd(Utf8JsonWriter writer) => writer.WriteEndObject();

    /// <summary>A whole group with members at hand; null members are left out.</summary>
    public static void Write(
        Utf8JsonWriter writer,
        Group group,
        IEnumerable<Member>? members,
        string baseUrl,
        Projection? projection = null,
        ResourceType? type = null)
    {
        WriteStart(writer, group, baseUrl, projection, type);
        if (members is not null && (projection?.Includes("members") ?? true))
        {
            WriteMembersStart(writer);
            foreach (var member in members)
            {
                WriteMember(writer, member, baseUrl, projection);
            }

            WriteMembersEnd(writer);
        }

        WriteEnd(writer);
    }

    /// <summary>meta.location and the Location header.</summary>
    public static string Location(string baseUrl, string id) => $"{baseUrl}/Groups/{Uri.EscapeDataString(id)}";
}
