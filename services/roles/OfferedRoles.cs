using System.Globalization;
using System.Security.Cryptography;
using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Paging;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using DirectorySync.Scim;
using DirectorySync.Scim.V1;
using Google.Protobuf;

namespace DirectorySync.Roles;

/// <summary>Lists what identity providers are offered to assign: what matches, in order, counted, all in one statement.</summary>
internal sealed class OfferedRoles(Database database)
{
    private const string Method = "ListOfferedRoles";
    private const int LargestPage = 1_000;

    private static readonly KeyColumns Roles = Columns(ResourceType.Role);
    private static readonly KeyColumns Entitlements = Columns(ResourceType.Entitlement)
        .Add("type", $"'{SearchForm.Key(ResourceType.Entitlement.Name)}'::text", KeyKind.RequiredText);

    public async Task<ListOfferedRolesResponse> ListAsync(ListOfferedRolesRequest request, CancellationToken ct)
    {
        Require(request);
        var columns = request.Entitlement ? Entitlements : Roles;
        var matching = request.Filter is null ? SqlText.Empty : (SqlText)$"and {Splice(FilterSql.Compile(request.Filter, columns))}";
        var (after, order) = request.Sort is { Descending: true }
            ? ((SqlText)$"<", (SqlText)$"m.absent desc, m.key desc, m.slug desc")
            : ((SqlText)$">", (SqlText)$"m.absent, m.key, m.slug");
        var behind = SqlText.Empty;
        if (ReadToken(request) is [_, var absent, var key, var slug])
        {
            behind = $"where (m.absent, m.key, m.slug) {after} ({absent == bool.TrueString}, {key}, {slug})";
        }

        // Who has no value comes last, or first if descending (RFC 7644 §3.4.2.3).
        var rows = await database.Sql($"""
            with matching as materialized (
              select r.slug, r.data, k.key is null as absent, coalesce(k.key, '') collate "C" as key
              from roles r
              cross join lateral (select {KeyOf(request.Sort, columns)} as key) k
              where r.assignable and r.entitlement = {request.Entitlement} {matching})
            select (select count(*) from matching), m.data, m.absent, m.key
            from (select 1) one
            left join lateral (select * from matching m {behind} order by {order} limit {request.PageSize + 1} offset {request.Skip}) m on true
            order by {order}
            """).ListAsync(
            row => (Total: row.GetInt64(0), Role: row.IsDBNull(1) ? null : Role.Parser.ParseFrom(row.GetFieldValue<byte[]>(1)),
                IsAbsent: !row.IsDBNull(2) && row.GetBoolean(2), Key: row.IsDBNull(3) ? "" : row.GetString(3)),
            ct);
        var page = rows.Where(row => row.Role is not null).Take(request.PageSize).ToList();
        var response = new ListOfferedRolesResponse { Roles = { page.Select(row => row.Role) }, TotalSize = rows[0].Total };
        if (page is [.., var last] && rows.Count > page.Count)
        {
            response.NextPageToken = PageToken.Issue(Method, Fingerprint(request), last.IsAbsent.ToString(), last.Key, last.Role!.Slug);
        }

        return response;
    }

    private static KeyColumns Columns(ResourceType type) => new KeyColumns(type, $$"""'{"schemas": ["{{SearchForm.Key(type.Core.Urn)}}"]}'::jsonb""")
        .Add("id", "r.slug", KeyKind.RequiredText)
        .Add("externalId", "''::text")
        .Add("displayName", "r.name_key", KeyKind.RequiredText)
        .Add("description", "r.description_key")
        .Add("meta.created", "r.create_time", KeyKind.Time)
        .Add("meta.lastModified", "r.update_time", KeyKind.Time)
        .Add("meta.version", "r.version", KeyKind.Version);

    // Text, times and numbers at fixed width, so that a token can hold it.
    private static SqlText KeyOf(Sort? sort, KeyColumns columns)
    {
        if (sort?.Path is not { } path)
        {
            return $"to_char(2147483647 - r.priority::bigint, 'FM0000000000') collate \"C\"";
        }

        var compiled = Splice(SortSql.Compile(path, columns));
        return path switch
        {
            { Attribute: "meta", SubAttribute: "created" or "lastModified" } =>
                $"to_char({compiled} at time zone 'utc', 'YYYYMMDDHH24MISSUS') collate \"C\"",
            { Attribute: "meta", SubAttribute: "version" } => $"to_char({compiled}, 'FM0000000000000000000') collate \"C\"",
            _ => $"({compiled})::text collate \"C\"",
        };
    }

    private static IReadOnlyList<string>? ReadToken(ListOfferedRolesRequest request)
    {
        if (request.PageToken.Length == 0)
        {
            return null;
        }

        var values = PageToken.Read(Method, request.PageToken, 4);
        return values[0] == Fingerprint(request) ? values : throw ErrorReason.InvalidPageToken.ToRpc(
            "The page token belongs to another filter or order.",
            ("attribute", "pageToken"), ("remedy", "Send the filter and order of the page before, or start without a token."));
    }

    // A token continues one list only.
    private static string Fingerprint(ListOfferedRolesRequest request)
    {
        var list = new ListOfferedRolesRequest { Entitlement = request.Entitlement, Filter = request.Filter, Sort = request.Sort };
        return Convert.ToHexString(SHA256.HashData(list.ToByteArray()).AsSpan(0, 8));
    }

    private static void Require(ListOfferedRolesRequest request)
    {
        if (request.PageSize is < 0 or > LargestPage)
        {
            throw Inputs.Invalid("page_size", request.PageSize.ToString(CultureInfo.InvariantCulture), "It is out of range.", $"Give 0 to {LargestPage}.");
        }

        if (request.Skip < 0 || (request.Skip > 0 && request.PageToken.Length > 0))
        {
            throw Inputs.Invalid(
                "skip", request.Skip.ToString(CultureInfo.InvariantCulture), "It is negative, or given together with page_token.", "Give one of them.");
        }
    }

    private static SqlText Splice(SqlFragment fragment) => SqlText.FromParts(fragment.Literals, fragment.Parameters);
}
