using System.Text.Json;
using DirectorySync.Audit.V1;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.Gateway.Rest;

/// <summary>/audit_log: who administered what, in all services, by time.</summary>
internal sealed class AuditLogEndpoints(AuditReads reads)
{
    private static readonly (string Name, ActorType Type)[] ActorTypes =
    [
        ("api_key", ActorType.ApiKey), ("user", ActorType.User), ("service", ActorType.Service), ("command", ActorType.Command),
        ("system", ActorType.System), ("portal", ActorType.Portal),
    ];

    public async Task ListAsync(HttpContext http)
    {
        var query = RestQuery.OfPages(http, "organization_id", "directory_id", "actor_id", "action", "resource_id", "range_start", "range_end");
        var request = new ListAuditEntriesRequest
        {
            OrganizationId = query.FindText("organization_id") ?? "",
            DirectoryId = query.FindText("directory_id") ?? "",
            ActorId = query.FindText("actor_id") ?? "",
            Action = query.FindText("action") ?? "",
            ResourceId = query.FindText("resource_id") ?? "",
            StartTime = query.FindTime("range_start"),
            EndTime = query.FindTime("range_end"),
            Page = query.Page(),
        };
        var (entries, page) = await reads.ListAsync(http, request);
        var (before, after) = query.Neighbours(page);
        await RestResponse.WriteListAsync(http, entries, Write, before, after);
    }

    private static void Write(Utf8JsonWriter json, AuditEntry entry)
    {
        json.WriteStartObject();
        json.WriteString("object", "audit_log_entry");
        json.WriteString("id", entry.Id);
        json.WriteTime("created_at", entry.CreateTime);
        json.WriteString("action", entry.Action);
        json.WriteStartObject("actor");
        json.WriteString("type", ActorTypes.FirstOrDefault(type => type.Type == entry.Actor.Type).Name ?? "system");
        json.WriteText("id", entry.Actor.Id);
        json.WriteText("name", entry.Actor.Name);
        json.WriteText("ip_address", entry.Actor.Address);
        json.WriteText("user_agent", entry.Actor.UserAgent);
        json.WriteEndObject();
        json.WriteString("service", entry.Service);
        json.WriteText("organization_id", entry.OrganizationId);
        json.WriteText("directory_id", entry.DirectoryId);
        json.WriteText("resource_id", entry.ResourceId);
        WriteImage(json, "before", entry.Before);
        WriteImage(json, "after", entry.After);
        json.WriteText("request_id", entry.RequestId);
        json.WriteEndObject();
    }

    private static void WriteImage(Utf8JsonWriter json, string name, Any? image)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(AuditReads.Format(image) ?? "null");
    }
}
