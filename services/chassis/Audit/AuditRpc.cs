using DirectorySync.Audit.V1;
using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Hosting;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using DirectorySync.Identity.V1;
using Grpc.Core;

namespace DirectorySync.Chassis.Audit;

/// <summary>Serves AuditService.</summary>
internal sealed class AuditRpc(Database database, ServiceName service) : AuditService.AuditServiceBase
{
    private const int Usual = 10;
    private const int Largest = 100;
    private const int Longest = 256;

    public override async Task<ListAuditEntriesResponse> ListAuditEntries(ListAuditEntriesRequest request, ServerCallContext context)
    {
        var page = Check(request);
        var limit = page.Limit == 0 ? Usual : page.Limit;
        // A page before something is read backwards from there, unless it is bounded on both sides.
        var backwards = page.Before.Length > 0 && page.After.Length == 0;
        var order = page.Ascending != backwards ? (SqlText)$"order by a.id" : $"order by a.id desc";
        var rows = await database.Sql($"""
            select a.data from audit_log a
            where true{Only($"a.organization_id", request.OrganizationId)}{Only($"a.directory_id", request.DirectoryId)
                }{Only($"a.actor_id", request.ActorId)}{Only($"a.resource_id", request.ResourceId)}{Actions(request.Action)
                }{Times(request)}{Bounds(page)}
            {order}
            limit {limit + 1}
            """).ListAsync(row => AuditEntry.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), context.CancellationToken);
        var more = rows.Count > limit;
        rows.RemoveRange(Math.Min(limit, rows.Count), rows.Count - Math.Min(limit, rows.Count));
        if (backwards)
        {
            rows.Reverse();
        }

        rows.ForEach(entry => entry.Service = service.Value);
        var response = new ListAuditEntriesResponse { Entries = { rows }, Page = new() };
        if (rows.Count > 0)
        {
            response.Page.Before = (backwards ? more : page.After.Length > 0) ? rows[0].Id : "";
            response.Page.After = backwards || more ? rows[^1].Id : "";
        }

        return response;
    }

    private static Page Check(ListAuditEntriesRequest request)
    {
        var page = request.Page ?? new();
        if (page.Limit is < 0 or > Largest)
        {
            throw ErrorReason.InvalidValue.ToRpc(
                $"limit: a page has 1 to {Largest} entries.", ("attribute", "limit"), ("value", $"{page.Limit}"),
                ("remedy", $"Give a limit from 1 to {Largest}, or none for {Usual}."));
        }

        if (!IsText(page.After) || !IsText(page.Before))
        {
            throw ErrorReason.InvalidPageToken.ToRpc("A page starts at an id of this list.");
        }

        foreach (var (name, value) in ((string, string)[])[
            ("organization_id", request.OrganizationId), ("directory_id", request.DirectoryId), ("actor_id", request.ActorId),
            ("action", request.Action), ("resource_id", request.ResourceId)])
        {
            if (!IsText(value))
            {
                throw ErrorReason.InvalidValue.ToRpc(
                    $"{name}: the value is longer than {Longest} characters, or has the character U+0000.", ("attribute", name), ("value", ""));
            }
        }

        return page;
    }

    private static bool IsText(string text) => text.Length <= Longest && !text.Contains('\0');

    private static SqlText Only(SqlText column, string value) => value.Length == 0 ? SqlText.Empty : $" and {column} = {value}";

    private static SqlText Actions(string action) =>
        action.Length == 0 ? SqlText.Empty : $" and (a.action = {action} or starts_with(a.action, {action + "."}))";

    private static SqlText Times(ListAuditEntriesRequest request)
    {
        var since = request.StartTime is { } start ? $" and a.create_time >= {start.ToDateTimeOffset()}" : SqlText.Empty;
        var until = request.EndTime is { } end ? $" and a.create_time < {end.ToDateTimeOffset()}" : SqlText.Empty;
        return $"{since}{until}";
    }

    private static SqlText Bounds(Page page)
    {
        var above = page.Ascending ? page.After : page.Before;
        var below = page.Ascending ? page.Before : page.After;
        var from = above.Length == 0 ? SqlText.Empty : (SqlText)$" and a.id > {above}";
        var to = below.Length == 0 ? SqlText.Empty : (SqlText)$" and a.id < {below}";
        return $"{from}{to}";
    }
}
