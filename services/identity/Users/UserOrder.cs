using System.Globalization;
using System.Security.Cryptography;
using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Paging;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using DirectorySync.Scim;
using DirectorySync.Scim.V1;
using Google.Protobuf;
using Grpc.Core;

namespace DirectorySync.Identity.Users;

/// <summary>
/// The order of a list and where in it a page starts. Users without the attribute come last, or first if descending; users with the same
/// value come in the order of their ids. A page token holds the key and the id of the last user before the page, and how many there were
/// in all when the list began: counting them for every page would make each cost as much as the first.
/// </summary>
internal sealed class UserOrder
{
    private const string Method = "ListUsers";
    private const int TokenValues = 5;
    private const string Present = "1";
    private const string Absent = "0";

    private readonly bool descending;
    private readonly string fingerprint;
    private readonly bool required;
    private readonly Func<string, SqlText> typed = key => $"{key}::text";

    public UserOrder(ListUsersRequest request, KeyColumns columns)
    {
        var path = request.Sort?.Path is { Attribute.Length: > 0 } wanted ? wanted : null;
        var name = path is null ? "id" : AttributePaths.Print(path, ResourceType.User).ToLowerInvariant();
        descending = request.Sort is { Descending: true };
        fingerprint = Fingerprint(request);
        Sort = UserSort.All.FirstOrDefault(sort => sort.Attribute == name);
        if (Sort is { } sort)
        {
            (Key, required, typed) = (sort.Value, sort.IsRequired, sort.Typed);
        }
        else
        {
            Key = Compile(path!, columns);
            switch (name)
            {
                case "active":
                    (required, typed) = (true, key => $"{key}::boolean");
                    break;
                case "meta.version":
                    (required, typed) = (true, key => $"{key}::bigint");
                    break;
                default:
                    // Long texts are compared by their beginning, so that the key fits into a page token.
                    Key = $"left({Key}, 512)";
                    break;
            }
        }

        if (request.PageToken.Length > 0)
        {
            var values = PageToken.Read(Method, request.PageToken, TokenValues);
            Parts = values[0] == fingerprint ? Behind(values[1] == Absent ? null : values[2], values[3]) : throw Foreign();
            Total = long.TryParse(values[4], NumberStyles.None, CultureInfo.InvariantCulture, out var total) ? total : throw Foreign();
        }
    }

    private UserOrder(UserOrder order, UserPlace place)
    {
        (descending, fingerprint, required, typed) = (order.descending, order.fingerprint, order.required, order.typed);
        (Sort, Key) = (order.Sort, order.Key);
        Parts = Behind(Sort!.ValueOf(place.Key), place.UserId, inclusive: descending);
    }

    /// <summary>The order, if an index serves it; else null.</summary>
    public UserSort? Sort { get; }

    public bool IsDescending => descending;

    /// <summary>What users (called `u`) are ordered by before their ids.</summary>
    public SqlText Key { get; }

    /// <summary>
    /// " and …": only what comes after the page before. Two parts, one behind the other, where users without the attribute follow those who
    /// have it, or the other way about: as one condition no index would serve them.
    /// </summary>
    public IReadOnlyList<SqlText> Parts { get; } = [SqlText.Empty];

    /// <summary>What the first page counted; null on the first page.</summary>
    public long? Total { get; }

    /// <summary>For "order by".</summary>
    public SqlText By(SqlText key, SqlText id) => (Sort is { IsUnique: true }, descending) switch
    {
        (true, true) => $"{key} desc",
        (true, false) => key,
        (false, true) => $"{key} desc, {id} desc",
        (false, false) => $"{key}, {id}",
    };

    /// <summary>The same order, from a place on.</summary>
    public UserOrder From(UserPlace place) => new(this, place);

    /// <summary>The token of the page that starts behind a user.</summary>
    public string Token(string? key, string id, long total) => PageToken.Issue(
        Method, fingerprint, key is null ? Absent : Present, key ?? "", id, total.ToString(CultureInfo.InvariantCulture));

    // Null: a user without the attribute. Inclusive: with that user.
    private IReadOnlyList<SqlText> Behind(string? value, string id, bool inclusive = false)
    {
        var key = typed(Sort is { IsById: true } ? id : value ?? "");
        var before = inclusive ? (SqlText)$"<=" : $"<";
        return (Sort, value is null, descending) switch
        {
            ({ IsUnique: true }, _, false) => [$" and {Key} > {key}"],
            ({ IsUnique: true }, _, true) => [$" and {Key} {before} {key}"],
            (_, true, false) => [$" and {Key} is null and u.id > {id}"],
            ({ }, true, true) when id.Length == 0 => [$" and {Key} is not null"],
            ({ }, true, true) => [$" and {Key} is null and u.id {before} {id}", $" and {Key} is not null"],
            (_, true, true) => [$" and ({Key} is not null or u.id < {id})"],
            (_, false, true) => [$" and ({Key}, u.id) {before} ({key}, {id})"],
            (_, false, false) when required => [$" and ({Key}, u.id) > ({key}, {id})"],
            ({ }, false, false) => [$" and ({Key}, u.id) > ({key}, {id})", $" and {Key} is null"],
            _ => [$" and (({Key}, u.id) > ({key}, {id}) or {Key} is null)"],
        };
    }

    private static RpcException Foreign() => ErrorReason.InvalidPageToken.ToRpc(
        "The page token belongs to another filter or order.",
        ("attribute", "pageToken"), ("remedy", "Send the same filter and order as for the page before."));

    private static SqlText Compile(AttributePath path, KeyColumns columns)
    {
        var compiled = SortSql.Compile(path, columns);
        return SqlText.FromParts(compiled.Literals, compiled.Parameters);
    }

    // A token continues one list only.
    private static string Fingerprint(ListUsersRequest request)
    {
        var list = new ListUsersRequest { DirectoryId = request.DirectoryId, Filter = request.Filter, Sort = request.Sort };
        return Convert.ToHexStringLower(SHA256.HashData(list.ToByteArray()).AsSpan(0, 8));
    }
}
