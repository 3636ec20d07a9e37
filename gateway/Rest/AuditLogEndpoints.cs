using System.Text.Json;
using DirectorySync.Audit.V1;
using DirectorySync.Gateway.Calls;
using DirectorySync.Identity.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.Gateway.Rest;

/// <summary>/audit_log: who administered what, in all services, by time. Each keeps its own entries; their pages are merged by id.</summary>
internal sealed class AuditLogEndpoints(IEnumerable<AuditedService> services, ServiceCalls calls)
{
    private static readonly (string Name, ActorType Type)[] ActorTypes =
    [
        ("api_key", ActorType.ApiKey), ("user", ActorType.User), ("service", ActorType.Service), ("command", ActorType.Command),
        ("system", ActorType.System),
    ];

    private static readonly TypeRegistry Types = TypeRegistry.FromFiles(InternalFiles());

    private static readonly JsonFormatter Images = new(new JsonFormatter.Settings(formatDefaultValues: false, Types).WithPreserveProtoFieldNames(true));

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
        if (RestCaller.Of(http).OrganizationId is { } own)
        {
            // Of another organization there is nothing, whether it exists or not.
            if (request.OrganizationId.Length > 0 && request.OrganizationId != own)
            {
                await RestResponse.WriteListAsync<AuditEntry>(http, [], Write);
                return;
            }

            request.OrganizationId = own;
        }

        // Without one of them the page would look whole, and would not be.
        var pages = await Task.WhenAll(services.Select(
            service => calls.SendAsync(http, call => service.Client.ListAuditEntriesAsync(request, call).ResponseAsync)));
        var (entries, page) = Merge(pages, request.Page);
        var (before, after) = query.Neighbours(page);
        await RestResponse.WriteListAsync(http, entries, Write, before, after);
    }

    /// <summary>The part of all that is nearest to where the page starts.</summary>
    internal static (List<AuditEntry> Entries, PageMetadata Page) Merge(IReadOnlyCollection<ListAuditEntriesResponse> pages, Page page)
    {
        var all = pages.SelectMany(one => one.Entries).OrderBy(entry => entry.Id, StringComparer.Ordinal).ToList();
        if (!page.Ascending)
        {
            all.Reverse();
        }

        var backwards = page.Before.Length > 0 && page.After.Length == 0;
        var more = all.Count > page.Limit || pages.Any(one => (backwards ? one.Page.Before : one.Page.After).Length > 0);
        var entries = backwards ? all[Math.Max(0, all.Count - page.Limit)..] : all[..Math.Min(all.Count, page.Limit)];
        if (entries.Count == 0)
        {
            return (entries, new());
        }

        return (entries, new()
        {
            Before = (backwards ? more : page.After.Length > 0) ? entries[0].Id : "",
            After = backwards || more ? entries[^1].Id : "",
        });
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

    // As the contracts name its fields, without those that are empty.
    private static void WriteImage(Utf8JsonWriter json, string name, Any? image)
    {
        json.WritePropertyName(name);
        if (image is null)
        {
            json.WriteNullValue();
        }
        else if (Types.Find(Any.GetTypeName(image.TypeUrl)) is { } type)
        {
            json.WriteRawValue(Images.Format(type.Parser.ParseFrom(image.Value)));
        }
        else
        {
            // Of a newer version of a service.
            json.WriteStartObject();
            json.WriteEndObject();
        }
    }

    private static FileDescriptor[] InternalFiles() => [.. typeof(AuditEntry).Assembly.GetTypes()
        .Where(type => type.Name.EndsWith("Reflection", StringComparison.Ordinal) && type.Namespace?.StartsWith("DirectorySync.", StringComparison.Ordinal) == true)
        .Select(type => type.GetProperty("Descriptor")?.GetValue(null)).OfType<FileDescriptor>()];
}
