using DirectorySync.Audit.V1;
using DirectorySync.Gateway.Calls;
using DirectorySync.Identity.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.Gateway.Rest;

/// <summary>Reads the audit log of all services, as far as the caller sees it. Each keeps its own entries; their pages are merged by id.</summary>
internal sealed class AuditReads(IEnumerable<AuditedService> services, ServiceCalls calls)
{
    private static readonly TypeRegistry Types = TypeRegistry.FromFiles(InternalFiles());

    private static readonly JsonFormatter Images = new(new JsonFormatter.Settings(formatDefaultValues: false, Types).WithPreserveProtoFieldNames(true));

    public async Task<(List<AuditEntry> Entries, PageMetadata Page)> ListAsync(HttpContext http, ListAuditEntriesRequest request)
    {
        if (RestCaller.Of(http).OrganizationId is { } own)
        {
            // Of another organization there is nothing, whether it exists or not.
            if (request.OrganizationId.Length > 0 && request.OrganizationId != own)
            {
                return ([], new());
            }

            request.OrganizationId = own;
        }

        // Without one of them the page would look whole, and would not be.
        var pages = await Task.WhenAll(services.Select(
            service => calls.SendAsync(http, call => service.Client.ListAuditEntriesAsync(request, call).ResponseAsync)));
        return Merge(pages, request.Page);
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

    /// <summary>JSON as the contracts name its fields, without those that are empty; null: there is none.</summary>
    public static string? Format(Any? image) => image is null ? null
        : Types.Find(Any.GetTypeName(image.TypeUrl)) is { } type ? Images.Format(type.Parser.ParseFrom(image.Value))
        // Of a newer version of a service.
        : "{}";

    private static FileDescriptor[] InternalFiles() => [.. typeof(AuditEntry).Assembly.GetTypes()
        .Where(type => type.Name.EndsWith("Reflection", StringComparison.Ordinal) && type.Namespace?.StartsWith("DirectorySync.", StringComparison.Ordinal) == true)
        .Select(type => type.GetProperty("Descriptor")?.GetValue(null)).OfType<FileDescriptor>()];
}
