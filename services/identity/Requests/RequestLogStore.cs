using DirectorySync.Chassis.Paging;
using DirectorySync.Chassis.Sql;
using Google.Protobuf;

namespace DirectorySync.Identity.Requests;

/// <summary>The log of SCIM requests: written in batches, read from its newest entry back.</summary>
internal sealed class RequestLogStore(Database database, TimeProvider time)
{
    /// <summary>How long an entry is kept.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    /// <summary>Entries that a page looks at, so that a rare thing is not looked for in the whole log at once.</summary>
    internal const int LookedAt = 10_000;

    private const string Method = "ListRequests";

    // Clocks of gateways may be behind ours by as much.
    private static readonly TimeSpan ClockSlack = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Appends entries to the directories that there are. An entry of the time before an erasure is kept without what it says of people: the
    /// erasure cannot have seen it.
    /// </summary>
    public async Task AppendAsync(IReadOnlyList<ScimRequest> requests, CancellationToken ct)
    {
        var oldest = time.GetUtcNow() - Kept;
        var rows = requests.Select(request => (Request: request, Time: request.CreateTime.ToDateTimeOffset())).Where(row => row.Time >= oldest).ToList();
        if (rows.Count == 0)
        {
            return;
        }

        string[] ids = [.. rows.Select(row => row.Request.DirectoryId).Where(id => id.Length > 0).Distinct()];
        string[] endpoints = [.. rows.Where(row => row.Request.DirectoryId.Length == 0).Select(row => row.Request.Endpoint.ToLowerInvariant()).Distinct()];
        await database.InTransactionAsync(
            async tx =>
            {
                var owners = new Dictionary<string, string>(StringComparer.Ordinal);
                var erased = new Dictionary<string, DateTimeOffset?>(StringComparer.Ordinal);
                await tx.ReadAllAsync(
                    [
                        ($"select e.endpoint, e.directory_id from directory_endpoints e where e.endpoint = any({endpoints})",
                            row => owners[row.GetString(0)] = row.GetString(1)),
                        // An erasure and a removal wait for it, and see what is written here.
                        ($"""
                        select d.id from directories d
                        where d.state <> {(short)DirectoryState.Deleting} and (d.id = any({ids})
                          or d.id in (select e.directory_id from directory_endpoints e where e.endpoint = any({endpoints})))
                        order by d.id for key share
                        """, row => erased[row.GetString(0)] = null),
                        ($"""
                        select e.directory_id, max(e.erase_time) from erased_users e
                        where e.erase_time is not null and (e.directory_id = any({ids})
                          or e.directory_id in (select o.directory_id from directory_endpoints o where o.endpoint = any({endpoints})))
                        group by e.directory_id
                        """, row => Note(erased, row.GetString(0), row.GetFieldValue<DateTimeOffset>(1))),
                        ($"select ensure_request_partitions({rows.Min(row => row.Time)}, {rows.Max(row => row.Time)})", _ => { }),
                    ],
                    ct);
                var known = rows.Select(row => (DirectoryId: OwnerOf(row.Request, owners), row.Request, row.Time))
                    .Where(row => row.DirectoryId is not null && erased.ContainsKey(row.DirectoryId)).ToList();
                var written = known.ConvertAll(row => erased[row.DirectoryId!] + ClockSlack >= row.Time ? RequestErasure.Strip(row.Request) : row.Request);
                await tx.Sql($"""
                    insert into scim_requests (directory_id, id, create_time, method, status, path, data)
                    select i.directory_id, i.id, i.create_time, i.method, i.status, i.path, i.data
                    from unnest({known.Select(row => row.DirectoryId!).ToArray()}, {known.Select(row => row.Request.Id).ToArray()},
                      {known.Select(row => row.Time).ToArray()}, {known.Select(row => row.Request.Method.Replace('\0', '\uFFFD')).ToArray()},
                      {known.Select(row => row.Request.Status).ToArray()}, {written.Select(request => request.Path.Replace('\0', '\uFFFD')).ToArray()},
                      {written.Select(Stored).ToArray()}) as i (directory_id, id, create_time, method, status, path, data)
                    on conflict do nothing
                    """).ExecuteAsync(ct);
            },
            ct);
    }

    /// <summary>A page, the newest first.</summary>
    public async Task<(IReadOnlyList<ScimRequest> Requests, string Next)> ListAsync(ListRequestsRequest request, int limit, CancellationToken ct)
    {
        var after = request.PageToken.Length == 0 ? null : PageToken.Read(Method, request.PageToken, 1)[0];
        var method = request.Method.Length == 0 ? SqlText.Empty : (SqlText)$" and r.method = {request.Method}";
        var least = request.MinStatus == 0 ? SqlText.Empty : (SqlText)$" and r.status >= {request.MinStatus}";
        var most = request.MaxStatus == 0 ? SqlText.Empty : (SqlText)$" and r.status <= {request.MaxStatus}";
        var path = request.Path.Length == 0 ? SqlText.Empty : (SqlText)$" and starts_with(r.path, {request.Path})";
        var isFiltered = request.Method.Length + request.Path.Length + request.MinStatus + request.MaxStatus > 0;
        var looked = isFiltered ? LookedAt : limit + 1;
        // For refusals there is an index.
        var refused = request.MinStatus >= 400 ? (SqlText)$" and r.status >= 400" : SqlText.Empty;
        var rows = await database.Sql($"""
            with looked as materialized (
              select r.id, r.create_time, r.method, r.status, r.path from scim_requests r
              where r.directory_id = {request.DirectoryId} and r.create_time >= {time.GetUtcNow() - Kept}{Before(after)}{refused}
              order by r.id desc limit {looked}),
            found as materialized (
              select r.id, r.create_time from looked r where true{method}{least}{most}{path} order by r.id desc limit {limit + 1})
            select f.id, t.data, false from found f
            join scim_requests t on t.directory_id = {request.DirectoryId} and t.id = f.id and t.create_time = f.create_time
            union all
            select l.id, null, true from (select min(r.id) as id, count(*) as count from looked r) l where l.count = {looked}
            """).ListAsync(
                row => (Id: row.GetString(0), Data: row.IsDBNull(1) ? null : row.GetFieldValue<byte[]>(1)), ct);
        var found = rows.Where(row => row.Data is not null).OrderByDescending(row => row.Id, StringComparer.Ordinal).ToList();
        var lookedUpTo = rows.Find(row => row.Data is null).Id;
        var next = found.Count > limit ? found[limit - 1].Id : lookedUpTo;
        return (found.Take(limit).Select(row => Read(request.DirectoryId, row.Data!)).ToList(), next is null ? "" : PageToken.Issue(Method, next));
    }

    internal static ScimRequest Read(string directoryId, byte[] data)
    {
        var request = ScimRequest.Parser.ParseFrom(data);
        request.DirectoryId = directoryId;
        return request;
    }

    internal static byte[] Stored(ScimRequest request)
    {
        var (directoryId, endpoint) = (request.DirectoryId, request.Endpoint);
        (request.DirectoryId, request.Endpoint) = ("", "");
        var data = request.ToByteArray();
        (request.DirectoryId, request.Endpoint) = (directoryId, endpoint);
        return data;
    }

    // The id holds the time: it says in which partitions to look.
    private static SqlText Before(string? id)
    {
        if (id is null)
        {
            return SqlText.Empty;
        }

        return Guid.TryParse(id, out var uuid) && uuid.Version == 7
            ? (SqlText)$" and r.id < {id} and r.create_time < {TimeOf(uuid) + TimeSpan.FromMilliseconds(1)}"
            : $" and r.id < {id}";
    }

    private static DateTimeOffset TimeOf(Guid uuid)
    {
        Span<byte> bytes = stackalloc byte[16];
        uuid.TryWriteBytes(bytes, bigEndian: true, out _);
        return DateTimeOffset.FromUnixTimeMilliseconds((long)(System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16));
    }

    private static string? OwnerOf(ScimRequest request, Dictionary<string, string> owners) =>
        request.DirectoryId.Length > 0 ? request.DirectoryId : owners.GetValueOrDefault(request.Endpoint.ToLowerInvariant());

    private static void Note(Dictionary<string, DateTimeOffset?> erased, string directoryId, DateTimeOffset at)
    {
        if (erased.ContainsKey(directoryId))
        {
            erased[directoryId] = at;
        }
    }
}
