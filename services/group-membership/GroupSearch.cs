using System.Security.Cryptography;
using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Paging;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Scim;
using Google.Protobuf;

namespace DirectorySync.GroupMembership;

/// <summary>
/// Lists groups: what matches, in order, page by page, counted exactly, all in one statement and so in one snapshot. Rows of members are
/// touched only by a filter that names them.
/// </summary>
internal sealed class GroupSearch(Database database)
{
    private const string Method = "ListGroups";

    private const string LastModified = """
        greatest(g.update_time, (
          select max(s.last_modified) from group_slots s where s.directory_id = g.directory_id and s.group_id = g.id))
        """;

    private const string Version = """
        (g.version + (
          select coalesce(sum(s.version), 0) from group_slots s where s.directory_id = g.directory_id and s.group_id = g.id)::bigint)
        """;

    private static readonly KeyColumns Columns = new KeyColumns(ResourceType.Group, "g.doc")
        .Add("id", "g.id", KeyKind.RequiredText)
        .Add("externalId", "g.external_id")
        .Add("displayName", "g.display_name_key", KeyKind.RequiredText)
        .Add("meta.created", "g.create_time", KeyKind.Time)
        .Add("meta.lastModified", LastModified, KeyKind.Time)
        .Add("meta.version", Version, KeyKind.Version)
        .Add(
            "members.value",
            "e.member_id",
            "exists (select from group_members e where e.directory_id = g.directory_id and e.group_id = g.id and e.resolved and ",
            ")");

    public async Task<ListGroupsResponse> ListAsync(ListGroupsRequest request, CancellationToken ct)
    {
        Require(request);
        var rows = await database.Sql(Query(request)).ListAsync(
            row => (Total: row.GetInt64(0), Key: row.IsDBNull(1) ? null : row.GetString(1),
                Group: row.IsDBNull(2) ? null : StoredGroup.Read(row, 2)),
            ct);
        var response = new ListGroupsResponse { TotalSize = rows[0].Total };
        response.Groups.AddRange(rows.Where(r => r.Group is not null).Take(request.PageSize).Select(r => r.Group));
        if (rows.Count > request.PageSize && request.PageSize > 0)
        {
            var (_, key, last) = rows[request.PageSize - 1];
            response.NextPageToken = PageToken.Issue(Method, Fingerprint(request), key is null ? "" : "=" + key, last!.Id);
        }

        return response;
    }

    /// <summary>Total, sort key and group of each row of the page and of the one behind it; without any, a row without group.</summary>
    internal static SqlText Query(ListGroupsRequest request)
    {
        var order = GroupOrder.Of(request.Sort, Columns);
        var after = request.PageToken.Length == 0 ? SqlText.Empty : After(request.PageToken, Fingerprint(request), order);
        return $"""
            select t.total, p.key, p.data, p.total_version, p.last_modified
            from (select {Total(request)} as total) t
            left join (
              select page.key, g.id, {StoredGroup.Columns}
              from (
                select g.id, {order.Key} as key
                from groups g
                where g.directory_id = {request.DirectoryId} {Matching(request)} {after}
                order by {order.By}
                limit {request.PageSize + 1} offset {request.Skip}
              ) page
              join groups g on g.directory_id = {request.DirectoryId} and g.id = page.id
            ) p on true
            order by {order.ByPage}
            """;
    }

    private static SqlText Total(ListGroupsRequest request)
    {
        SqlText none = $"0::bigint";
        SqlText all = $"(select coalesce(sum(c.delta), 0)::bigint from group_counts c where c.directory_id = {request.DirectoryId})";
        return request.SkipTotal ? none
            : request.Filter is null ? all
            : (SqlText)$"(select count(*) from groups g where g.directory_id = {request.DirectoryId} {Matching(request)})";
    }

    private static SqlText Matching(ListGroupsRequest request) =>
        request.Filter is null ? SqlText.Empty : (SqlText)$"and {GroupOrder.Splice(FilterSql.Compile(request.Filter, Columns))}";

    private static SqlText After(string token, string fingerprint, GroupOrder order)
    {
        var values = PageToken.Read(Method, token, 3);
        return values[0] == fingerprint
            ? (SqlText)$"and {order.After(values[1].Length == 0 ? null : values[1][1..], values[2])}"
            : throw ErrorReason.InvalidPageToken.ToRpc(
                "The page token belongs to another filter or order.",
                ("attribute", "pageToken"), ("remedy", "Send the filter and order of the page before, or start without a token."));
    }

    private static void Require(ListGroupsRequest request)
    {
        if (request.PageSize is < 0 or > GroupRules.MaxNamesPerRequest)
        {
            throw ErrorReason.InvalidValue.ToRpc(
                $"page_size is 0 to {GroupRules.MaxNamesPerRequest}.", ("attribute", "page_size"), ("value", $"{request.PageSize}"));
        }

        if (request.Skip < 0 || (request.Skip > 0 && request.PageToken.Length > 0))
        {
            throw ErrorReason.InvalidValue.ToRpc(
                "skip is not negative, and not given together with page_token.", ("attribute", "skip"), ("value", $"{request.Skip}"));
        }
    }

    // What a token belongs to: it goes on only with the same directory, filter and order.
    private static string Fingerprint(ListGroupsRequest request)
    {
        var question = new ListGroupsRequest { DirectoryId = request.DirectoryId, Filter = request.Filter, Sort = request.Sort };
        return Convert.ToHexString(SHA256.HashData(question.ToByteArray()).AsSpan(0, 8));
    }
}
