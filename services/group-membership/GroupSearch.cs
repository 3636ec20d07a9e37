using System.Globalization;
using System.Security.Cryptography;
using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Paging;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Scim;
using DirectorySync.Scim.V1;
using Google.Protobuf;
using Npgsql;

namespace DirectorySync.GroupMembership;

/// <summary>
/// Lists groups: what matches, in order, page by page, counted exactly, all in one statement and so in one snapshot. Rows of members are
/// touched only by a filter that names them.
/// </summary>
internal sealed class GroupSearch(Database database)
{
    private const string Method = "ListGroups";

    // Half of what a gRPC message may have; a group's attributes have at most 1 MiB.
    private const int LargestAnswer = 8 * 1024 * 1024;

    private const string LastModified = """
        greatest(g.update_time, (
          select max(s.last_modified) from group_slots s where s.directory_id = g.directory_id and s.group_id = g.id))
        """;

    private const string Version = """
        (g.version + (
          select coalesce(sum(s.version), 0) from group_slots s where s.directory_id = g.directory_id and s.group_id = g.id)::bigint)
        """;

    private const string Edges = "group_members e where e.directory_id = g.directory_id and e.group_id = g.id and e.resolved";

    private static KeyColumns Columns(string directoryId) => new KeyColumns(ResourceType.Group, "g.doc")
        .Add("id", "g.id", KeyKind.RequiredText)
        .Add("externalId", "g.external_id")
        .Add("displayName", "g.display_name_key", KeyKind.RequiredText)
        .Add("meta.created", "g.create_time", KeyKind.Time)
        .AddTime("meta.lastModified", LastModified, (sql, comparison, time) => Narrow(sql, comparison, time, directoryId))
        .Add("meta.version", Version, KeyKind.Version)
        .AddRows("members.value", "e.member_id", Edges)
        .AddRows("members.display", "lower(e.display collate \"und-x-icu\")", Edges, KeyKind.Text)
        .AddRows("members.type", "case e.type when 1 then 'user' when 2 then 'group' else '' end", Edges, KeyKind.Text);

    /// <summary>
    /// What indexes know of the groups changed before or since a time: the row says when its attributes changed, the slots in which hour
    /// a member came or went last.
    /// </summary>
    private static void Narrow(SqlFragment sql, ComparisonOperator comparison, DateTimeOffset time, string directoryId)
    {
        switch (comparison)
        {
            case ComparisonOperator.LessThan or ComparisonOperator.LessOrEqual:
                sql.Sql("g.update_time <= ").Parameter(time);
                break;
            case ComparisonOperator.NotEqual:
                sql.Sql("true");
                break;
            default:
                sql.Sql("g.id = any(array(select c.id from groups c where c.directory_id = ").Parameter(directoryId)
                    .Sql(" and c.update_time >= ").Parameter(time)
                    .Sql(" union all select s.group_id from group_slots s where s.directory_id = ").Parameter(directoryId)
                    .Sql(" and s.modified_hour >= hour_of(").Parameter(time).Sql(")))");
                break;
        }
    }

    public async Task<ListGroupsResponse> ListAsync(ListGroupsRequest request, CancellationToken ct)
    {
        Require(request);
        var token = ReadToken(request);
        var page = new GroupPage(LargestAnswer);
        var query = Query(request, token);
        var rows = IsPlannedOnce(request)
            ? await database.ListPlannedOnceAsync(query, page.Read, ct)
            : await database.Sql(query).ListAsync(page.Read, ct);
        var groups = rows.Where(row => row.Group is not null).Take(request.PageSize).ToList();
        var total = request.SkipTotal ? 0 : token?.Total ?? rows[0].Total;
        var response = new ListGroupsResponse { Groups = { groups.Select(row => row.Group) }, TotalSize = total };
        if (groups is [.., var last] && rows.Count > groups.Count)
        {
            response.NextPageToken = PageToken.Issue(
                Method, Fingerprint(request), last.Key is null ? "" : "=" + last.Key, last.Group!.Id,
                total.ToString(CultureInfo.InvariantCulture));
        }

        return response;
    }

    // How far a page is from the beginning is a value that a plan depends on.
    internal static bool IsPlannedOnce(ListGroupsRequest request) => request.Skip == 0 && !FilterSql.DependsOnValues(request.Filter);

    internal static SqlText Query(ListGroupsRequest request) => Query(request, ReadToken(request));

    // Total, sort key and group of each row of the page and of the one behind it; without any, a row without group.
    private static SqlText Query(ListGroupsRequest request, Token? token)
    {
        var columns = Columns(request.DirectoryId);
        var order = GroupOrder.Of(request.Sort, columns);
        var matching = request.Filter is null
            ? SqlText.Empty : (SqlText)$"and {GroupOrder.Splice(FilterSql.Compile(request.Filter, columns))}";
        var after = token is null ? SqlText.Empty : (SqlText)$"and {order.After(token.Key, token.Id)}";
        // A plan that does not know how few rows are wanted sorts all groups.
        var limit = request.Filter is null ? SqlText.Number(request.PageSize + 1) : (SqlText)$"{request.PageSize + 1}";
        var offset = request.Skip == 0 ? SqlText.Empty : (SqlText)$"offset {request.Skip}";
        return $"""
            select t.total, p.key, p.data, p.total_version, p.last_modified
            from (select {Total(request, token, matching)} as total) t
            left join (
              select page.key, g.id, {StoredGroup.Columns}
              from (
                select g.id, {order.Key} as key
                from groups g
                where g.directory_id = {request.DirectoryId} {matching} {after}
                order by {order.By}
                limit {limit} {offset}
              ) page
              join groups g on g.directory_id = {request.DirectoryId} and g.id = page.id
            ) p on true
            order by {order.ByPage}
            """;
    }

    private static SqlText Total(ListGroupsRequest request, Token? token, SqlText matching)
    {
        SqlText none = $"0::bigint";
        SqlText all = $"(select coalesce(sum(c.delta), 0)::bigint from group_counts c where c.directory_id = {request.DirectoryId})";
        return request.SkipTotal || token is not null ? none
            : request.Filter is null ? all
            : (SqlText)$"(select count(*) from groups g where g.directory_id = {request.DirectoryId} {matching})";
    }

    private static Token? ReadToken(ListGroupsRequest request)
    {
        if (request.PageToken.Length == 0)
        {
            return null;
        }

        var values = PageToken.Read(Method, request.PageToken, 4);
        return values[0] == Fingerprint(request) && long.TryParse(values[3], NumberStyles.None, CultureInfo.InvariantCulture, out var total)
            ? new(values[1].Length == 0 ? null : values[1][1..], values[2], total)
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

    /// <summary>Where a page starts: behind this group. The total is what the first page counted.</summary>
    private sealed record Token(string? Key, string Id, long Total);

    // What a token belongs to: it goes on only with the same directory, filter and order.
    private static string Fingerprint(ListGroupsRequest request)
    {
        var question = new ListGroupsRequest { DirectoryId = request.DirectoryId, Filter = request.Filter, Sort = request.Sort };
        return Convert.ToHexString(SHA256.HashData(question.ToByteArray()).AsSpan(0, 8));
    }
}

/// <summary>Reads rows as long as they fit into an answer: a page may be shorter than asked for (RFC 7644 §3.4.2.4).</summary>
internal sealed class GroupPage(int largest)
{
    private long bytes;

    /// <summary>The group is null if there is none, or if it, like all behind it, does not fit.</summary>
    public (long Total, string? Key, Group? Group) Read(NpgsqlDataReader row) => (
        row.GetInt64(0), row.IsDBNull(1) ? null : row.GetString(1),
        row.IsDBNull(2) || (bytes += row.GetBytes(2, 0, null, 0, 0)) > largest ? null : StoredGroup.Read(row, 2));
}
