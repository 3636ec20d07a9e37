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
    private static readonly KeyColumns Columns = new KeyColumns(ResourceType.User, "u.doc")
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
        if (request.PageSize is < 0 or > LargestPage)
        {
            throw Inputs.Invalid("page_size", $"{request.PageSize}", "Out of range.", $"Give 0 to {LargestPage}.");
        }

        if (request.Skip < 0)
        {
            throw Inputs.Invalid("skip", $"{request.Skip}", "Out of range.", "Give 0 or more.");
        }

        var rows = await database.Sql(Query(request)).ListAsync(Read, ct);
        if (!rows[0].Found)
        {
            throw Inputs.NotFound("directory");
        }

        var response = new ListUsersResponse { TotalSize = rows[0].Total };
        response.Users.Add(rows.Where(row => row.User is not null).Select(row => row.User));
        return response;
    }

    // Ids are chosen first, by an index alone where that is possible; only the page's rows are read whole.
    private static SqlText Query(ListUsersRequest request)
    {
        var matching = request.Filter is null ? SqlText.Empty : (SqlText)$" and {Condition(request.Filter)}";
        var total = request.SkipTotal ? (SqlText)$"0::bigint"
            : request.Filter is null ? (SqlText)$"""
                (select coalesce(sum(active + inactive), 0)::bigint from user_counts where directory_id = {request.DirectoryId})
                """
            : $"(select count(*) from users u where u.directory_id = {request.DirectoryId}{matching})";
        return $"""
            select exists (select from directories where id = {request.DirectoryId}), t.total, p.data
            from (select {total} as total) t
            left join (
              select u.id, u.data
              from (
                select u.id from users u where u.directory_id = {request.DirectoryId}{matching}
                order by u.id limit {request.PageSize} offset {request.Skip}) page
              join users u on u.directory_id = {request.DirectoryId} and u.id = page.id) p on true
            order by p.id
            """;
    }

    private static SqlText Condition(Filter filter)
    {
        var compiled = FilterSql.Compile(filter, Columns);
        return SqlText.FromParts(compiled.Literals, compiled.Parameters);
    }

    private static (bool Found, long Total, User? User) Read(NpgsqlDataReader row) => (
        row.GetBoolean(0), row.GetInt64(1), row.IsDBNull(2) ? null : User.Parser.ParseFrom(row.GetFieldValue<byte[]>(2)));
}
