using DirectorySync.Chassis.Sql;
using DirectorySync.Scim;
using DirectorySync.Scim.V1;
using Npgsql;

namespace DirectorySync.Identity.Users;

/// <summary>Lists of users: filtered, sorted, counted and paged in one statement, so in one snapshot.</summary>
internal sealed class UserList(Database database)
{
    private const int LargestPage = 1000;

    // Attributes with a column and an index; everything else is searched in doc.
    internal static readonly KeyColumns Columns = new KeyColumns(ResourceType.User, "u.doc")
        .Add("id", "u.id", KeyKind.RequiredText)
        .Add("userName", "u.user_name_key", KeyKind.RequiredText)
        .Add("externalId", "u.external_id")
        .Add("displayName", "u.display_name_key")
        .Add("active", "u.active", KeyKind.Boolean)
        .Add("meta.created", "u.create_time", KeyKind.Time)
        .Add("meta.lastModified", "u.update_time", KeyKind.Time)
        .Add("meta.version", "u.version", KeyKind.Version)
        .Add(
            "emails.value", "e.value_key",
            "exists (select from user_emails e where e.directory_id = u.directory_id and e.user_id = u.id and ", ")");

    public async Task<ListUsersResponse> ReadAsync(ListUsersRequest request, CancellationToken ct)
    {
        Check(request);
        var order = new UserOrder(request, Columns);
        var rows = await database.Sql(Query(request, order)).ListAsync(Read, ct);
        if (!rows[0].Found)
        {
            throw Inputs.NotFound("directory");
        }

        var page = rows.Where(row => row.User is not null).Take(request.PageSize).ToList();
        var more = rows.Count > request.PageSize && page.Count > 0;
        return new()
        {
            Users = { page.Select(row => row.User) },
            TotalSize = rows[0].Total,
            NextPageToken = more ? order.Token(page[^1].Key, page[^1].User!.Id) : "",
        };
    }

    private static void Check(ListUsersRequest request)
    {
        if (request.PageSize is < 0 or > LargestPage)
        {
            throw Inputs.Invalid("page_size", $"{request.PageSize}", "Out of range.", $"Give 0 to {LargestPage}.");
        }

        if (request.Skip < 0 || (request.Skip > 0 && request.PageToken.Length > 0))
        {
            throw Inputs.Invalid("skip", $"{request.Skip}", "Out of range.", "Give 0 or more, and 0 together with a page token.");
        }
    }

    // Ids are chosen first, by an index alone where that is possible; only the page's rows are read whole. One row more than the page
    // tells whether there is another.
    internal static SqlText Query(ListUsersRequest request, UserOrder order)
    {
        var matching = request.Filter is null ? SqlText.Empty : (SqlText)$" and {Condition(request.Filter)}";
        var total = request.SkipTotal ? (SqlText)$"0::bigint"
            : request.Filter is null ? (SqlText)$"""
                (select coalesce(sum(active + inactive), 0)::bigint from user_counts where directory_id = {request.DirectoryId})
                """
            : $"(select count(*) from users u where u.directory_id = {request.DirectoryId}{matching})";
        var limit = request.PageSize == 0 ? 0 : request.PageSize + 1;
        return $"""
            select exists (select from directories where id = {request.DirectoryId}), t.total, p.key::text, p.data
            from (select {total} as total) t
            left join (
              select page.id, page.key, u.data
              from (
                select u.id, {order.Key} as key from users u
                where u.directory_id = {request.DirectoryId}{matching}{order.Continuation}
                order by {order.By(order.Key, $"u.id")} limit {limit} offset {request.Skip}) page
              cross join lateral (
                select data from users where directory_id = {request.DirectoryId} and id = page.id limit 1) u) p on true
            order by {order.By($"p.key", $"p.id")}
            """;
    }

    private static SqlText Condition(Filter filter)
    {
        var compiled = FilterSql.Compile(filter, Columns);
        return SqlText.FromParts(compiled.Literals, compiled.Parameters);
    }

    private static (bool Found, long Total, string? Key, User? User) Read(NpgsqlDataReader row) => (
        row.GetBoolean(0), row.GetInt64(1), row.IsDBNull(2) ? null : row.GetString(2),
        row.IsDBNull(3) ? null : User.Parser.ParseFrom(row.GetFieldValue<byte[]>(3)));
}
