using System.Data;
using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace DirectorySync.Events.Reading;

/// <summary>Exports a directory as of one moment, row by row: what it needs of memory does not grow with the directory.</summary>
internal sealed class SnapshotStore(Database database) : IDisposable
{
    // Each holds a connection, and keeps PostgreSQL from cleaning up, for as long as its reader takes.
    private const int AtOnce = 4;
    private const int BatchBytes = 128 * 1024;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    private static readonly string Waiting = $"{(int)Longest.TotalSeconds}s";

    private readonly SemaphoreSlim exports = new(AtOnce);

    public async Task ExportAsync(ExportDirectoryRequest request, IServerStreamWriter<ExportDirectoryResponse> responses, CancellationToken ct)
    {
        if (!exports.Wait(0, ct))
        {
            throw ErrorReason.LimitExceeded.ToRpc($"{AtOnce} exports are running. Try again when one has ended.", ("value", $"{AtOnce}"));
        }

        try
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
            ending.CancelAfter(Longest);
            await database.InTransactionAsync(tx => ExportAsync(tx, request, responses, ending.Token), ending.Token, IsolationLevel.RepeatableRead);
        }
        finally
        {
            exports.Release();
        }
    }

    public void Dispose() => exports.Dispose();

    private static async Task ExportAsync(
        Transaction tx, ExportDirectoryRequest request, IServerStreamWriter<ExportDirectoryResponse> responses, CancellationToken ct)
    {
        // Whoever reads slowly leaves the session waiting between two queries.
        await tx.Sql($"select set_config('idle_in_transaction_session_timeout', {Waiting}, true)").FindAsync(_ => true, ct);
        var start = await tx.Sql($"""
            select d.organization_id, d.sequence, coalesce(e.id, '')
            from directories d
            cross join event_log l
            left join events e on e.create_time = l.tell_time and e.position = l.position
            where d.directory_id = {request.DirectoryId} and not d.closed
            """).FindAsync(
            row => new ExportStart
            {
                DirectoryId = request.DirectoryId, OrganizationId = row.GetString(0), Sequence = row.GetInt64(1), LastEventId = row.GetString(2),
                Time = DateTime.UtcNow.ToTimestamp(),
            },
            ct) ?? throw Inputs.NotFound("directory");
        var side = request.Pending ? (SqlText)$"current" : $"told";
        if (request.NameAttributes)
        {
            await NameAttributesAsync(tx, start, side, ct);
        }

        await responses.WriteAsync(new() { Start = start }, ct);
        var end = new ExportEnd();
        await foreach (var batch in Batches(GroupsAsync(tx, start, side, ct), ct))
        {
            end.GroupCount += batch.Count;
            await responses.WriteAsync(new() { Groups = new() { Groups = { batch } } }, ct);
        }

        await foreach (var batch in Batches(UsersAsync(tx, start, side, ct), ct))
        {
            end.UserCount += batch.Count;
            end.MembershipCount += batch.Sum(user => (long)user.GroupIds.Count);
            await responses.WriteAsync(new() { Users = new() { Users = { batch } } }, ct);
        }

        await responses.WriteAsync(new() { End = end }, ct);
    }

    private static async Task NameAttributesAsync(Transaction tx, ExportStart start, SqlText side, CancellationToken ct)
    {
        var (attributes, tags) = (new SortedSet<string>(StringComparer.Ordinal), new SortedSet<string>(StringComparer.Ordinal));
        var users = tx.Sql($"select u.{side} from directory_users u where u.directory_id = {start.DirectoryId} and u.{side} is not null")
            .StreamAsync(row => DirectoryUser.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), ct);
        await foreach (var user in users)
        {
            attributes.UnionWith(user.Attributes.Select(attribute => attribute.Name));
            tags.UnionWith(user.Tags.Select(tag => tag.Name));
        }

        start.AttributeNames.Add(attributes);
        start.TagNames.Add(tags);
    }

    private static IAsyncEnumerable<DirectoryGroup> GroupsAsync(Transaction tx, ExportStart start, SqlText side, CancellationToken ct) => tx.Sql($"""
        select g.{side} from directory_groups g where g.directory_id = {start.DirectoryId} and g.{side} is not null order by g.id
        """).StreamAsync(
        row =>
        {
            var group = DirectoryGroup.Parser.ParseFrom(row.GetFieldValue<byte[]>(0));
            group.OrganizationId = start.OrganizationId;
            return group;
        },
        ct);

    private static IAsyncEnumerable<ExportedUser> UsersAsync(Transaction tx, ExportStart start, SqlText side, CancellationToken ct) => tx.Sql($"""
        select u.{side}, array(
          select m.group_id from memberships m where m.directory_id = u.directory_id and m.user_id = u.id and m.{side} order by m.group_id)
        from directory_users u
        where u.directory_id = {start.DirectoryId} and u.{side} is not null
        order by u.id
        """).StreamAsync(
        row =>
        {
            var user = DirectoryUser.Parser.ParseFrom(row.GetFieldValue<byte[]>(0));
            user.OrganizationId = start.OrganizationId;
            return new ExportedUser { User = user, GroupIds = { row.GetFieldValue<string[]>(1) } };
        },
        ct);

    private static async IAsyncEnumerable<List<T>> Batches<T>(
        IAsyncEnumerable<T> items, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
        where T : IMessage
    {
        var (batch, bytes) = (new List<T>(), 0);
        await foreach (var item in items.WithCancellation(ct))
        {
            batch.Add(item);
            bytes += item.CalculateSize();
            if (bytes >= BatchBytes)
            {
                yield return batch;
                (batch, bytes) = ([], 0);
            }
        }

        if (batch.Count > 0)
        {
            yield return batch;
        }
    }
}
