using System.Data;
using DirectorySync.Chassis.Sql;
using DirectorySync.Scim;
using DirectorySync.Scim.V1;
using Microsoft.Extensions.Options;
using Npgsql;

namespace DirectorySync.Identity.Users;

/// <summary>
/// Lists of users: filtered, sorted, counted and paged in one statement, so in one snapshot; a page far behind in two, with the same snapshot.
/// </summary>
internal sealed class UserList(Database database, IOptions<IdentityOptions> options)
{
    private const int LargestPage = 1000;

    // Half of what a gRPC message may have; a user has at most 1 MiB.
    private const int LargestAnswer = 8 * 1024 * 1024;

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
        .AddRows("emails.value", "e.value_key", "user_emails e where e.directory_id = u.directory_id and e.user_id = u.id");

    public async Task<ListUsersResponse> ReadAsync(ListUsersRequest request, CancellationToken ct)
    {
        Check(request);
        if (IsOfOne(request))
        {
            return await FindAsync(request, ct);
        }

        var order = new UserOrder(request, Columns);
        var page = new UserPage(LargestAnswer);
        var rows = request.Filter is null && request.Skip > options.Value.FarPage && order.Sort is not null ? await ReadFarAsync(request, order, page, ct)
            : IsPlannedOnce(request) ? await database.ListPlannedOnceAsync(Query(request, order), page.Read, ct)
            : await database.Sql(Query(request, order)).ListAsync(page.Read, ct);
        if (!rows[0].Found)
        {
            throw Inputs.NotFound("directory");
        }

        var users = rows.Where(row => row.User is not null).Take(request.PageSize).ToList();
        var total = request.SkipTotal ? 0 : order.Total ?? rows[0].Total;
        var more = users.Count > 0 && rows.Count > users.Count;
        return new()
        {
            Users = { users.Select(row => row.User) },
            TotalSize = total,
            NextPageToken = more ? order.Token(users[^1].Key, users[^1].User!.Id, total) : "",
        };
    }

    // How far a page is from the beginning is a value that a plan depends on.
    internal static bool IsPlannedOnce(ListUsersRequest request) => request.Skip == 0 && !FilterSql.DependsOnValues(request.Filter);

    // The question that is asked most: is there a user of this name?
    private static bool IsOfOne(ListUsersRequest request) =>
        request is { Skip: 0, PageSize: > 0, PageToken: "" }
        && (NameQuestion.Find(request.Filter) is not null || request.Filter is
        {
            Comparison: { Operator: ComparisonOperator.Equal, Path: { Attribute: "id", SubAttribute: "" } path },
        } && path.Schema == ResourceType.User.Core.Urn);

    private async Task<ListUsersResponse> FindAsync(ListUsersRequest request, CancellationToken ct)
    {
        var page = new UserPage(LargestAnswer);
        SqlText query = $"""
            select exists (select from directories where id = {request.DirectoryId}), 1::bigint, null::text,
              (select u.data from users u where u.directory_id = {request.DirectoryId} and {Condition(request.Filter)})
            """;
        var found = (await database.LookUpAsync(query, page.Read, ct))[0];
        return !found.Found ? throw Inputs.NotFound("directory")
            : found.User is null ? new()
            : new() { Users = { found.User }, TotalSize = request.SkipTotal ? 0 : 1 };
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
        var rows = request.PageSize == 0 ? 0 : request.PageSize + 1;
        // A plan that does not know how few rows are wanted sorts all users.
        var limit = request.Filter is null ? SqlText.Number(rows) : (SqlText)$"{rows}";
        var total = request.SkipTotal || order.Total is not null ? (SqlText)$"0::bigint"
            : request.Filter is null ? Count(request.DirectoryId)
            : $"(select count(*) from users u where u.directory_id = {request.DirectoryId}{matching})";
        var users = order.Parts.Select((part, number) => (SqlText)$"""
            select u.id, {order.Key} as key from users u
            where u.directory_id = {request.DirectoryId}{matching}{part}
            order by {order.By(order.Key, $"u.id")} limit {limit}{Offset(number == 0 ? request.Skip : 0)}
            """).ToList();
        var page = users is [var first, var second]
            ? $"({first}) union all ({second}) order by {order.By($"key", $"id")} limit {limit}" : users[0];
        return $"""
            select exists (select from directories where id = {request.DirectoryId}), t.total, p.key::text, p.data
            from (select {total} as total) t
            left join (
              select page.id, page.key, u.data
              from (
                {page}) page
              cross join lateral (
                select data from users where directory_id = {request.DirectoryId} and id = page.id limit 1) u) p on true
            order by {order.By($"p.key", $"p.id")}
            """;
    }

    private static SqlText Offset(long skip) => skip == 0 ? SqlText.Empty : (SqlText)$" offset {skip}";

    private static SqlText Count(string directoryId) =>
        $"(select coalesce(sum(active + inactive), 0)::bigint from user_counts where directory_id = {directoryId})";

    private Task<List<UserPageRow>> ReadFarAsync(ListUsersRequest request, UserOrder order, UserPage page, CancellationToken ct) =>
        database.InTransactionAsync(
            async tx =>
            {
                if (await UserPlaces.FindAsync(tx, request, order, ct) is { } place)
                {
                    order = order.From(place);
                    request = new(request) { Skip = place.Skip };
                }

                return await tx.Sql(Query(request, order)).ListAsync(page.Read, ct);
            },
            ct,
            IsolationLevel.RepeatableRead);

    private static SqlText Condition(Filter filter)
    {
        var compiled = FilterSql.Compile(filter, Columns);
        return SqlText.FromParts(compiled.Literals, compiled.Parameters);
    }
}

/// <summary>Reads rows as long as they fit into an answer: a page may be shorter than asked for (RFC 7644 §3.4.2.4).</summary>
internal sealed class UserPage(int largest)
{
    private long bytes;

    /// <summary>The user is null if there is none, or if it, like all behind it, does not fit.</summary>
    public UserPageRow Read(NpgsqlDataReader row) => new(
        row.GetBoolean(0), row.GetInt64(1), row.IsDBNull(2) ? null : row.GetString(2),
        row.IsDBNull(3) || (bytes += row.GetBytes(3, 0, null, 0, 0)) > largest
            ? null : User.Parser.ParseFrom(row.GetFieldValue<byte[]>(3)));
}

/// <param name="Found">Whether there is such a directory.</param>
/// <param name="Total">Users in all, of this list.</param>
/// <param name="Key">What the user is sorted by; null: nothing.</param>
/// <param name="User">The user.</param>
internal readonly record struct UserPageRow(bool Found, long Total, string? Key, User? User);
