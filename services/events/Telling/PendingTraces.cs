using DirectorySync.Events.Folding;

namespace DirectorySync.Events.Telling;

/// <summary>Joins the trace of a request with that of the webhooks that follow from it: it is kept until what changed is told.</summary>
internal static class PendingTraces
{
    private const int Most = 1000;

    // What led to no event is forgotten.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>How a membership is named.</summary>
    public static string Membership(string userId, string groupId) => $"{userId}/{groupId}";

    /// <summary>Notes which of the changes were traced. The first request that waits to be told counts.</summary>
    public static async Task NoteAsync(Transaction tx, IEnumerable<(ResourceKey Resource, string TraceParent)> changes, CancellationToken ct)
    {
        var traced = changes.Where(change => change.TraceParent.Length > 0).DistinctBy(change => change.Resource).OrderBy(change => change.Resource).ToList();
        if (traced.Count == 0)
        {
            return;
        }

        await tx.Sql($"""
            insert into pending_traces (directory_id, resource_id, traceparent)
            select * from unnest({traced.Select(change => change.Resource.DirectoryId).ToArray()}, {traced.Select(change => change.Resource.Id).ToArray()},
              {traced.Select(change => change.TraceParent).ToArray()})
            on conflict do nothing
            """).ExecuteAsync(ct);
    }

    /// <summary>A column of a query of directories d: pairs of resource and traceparent, or null, as nearly always.</summary>
    public static SqlText Column => $"""
        (select array_agg(array[t.resource_id, t.traceparent]) from (
          select t.resource_id, t.traceparent from pending_traces t where t.directory_id = d.directory_id order by t.resource_id limit {Most}) t)
        """;

    public static Dictionary<string, string> Read(string[,]? pairs)
    {
        var traces = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < (pairs?.GetLength(0) ?? 0); i++)
        {
            traces[pairs![i, 0]] = pairs[i, 1];
        }

        return traces;
    }

    /// <summary>Forgets what is told.</summary>
    public static SqlText Forget(IEnumerable<TellingDirectory> directories)
    {
        var told = directories.SelectMany(directory => directory.TracesTold.Select(resource => (directory.Id, Resource: resource))).ToList();
        return $"""
            delete from pending_traces t
            where t.directory_id = any({told.Select(trace => trace.Id).Distinct().ToArray()}) and (t.note_time < clock_timestamp() - {Patience} or exists (
              select from unnest({told.Select(trace => trace.Id).ToArray()}, {told.Select(trace => trace.Resource).ToArray()}) as i (directory_id, resource_id)
              where i.directory_id = t.directory_id and i.resource_id = t.resource_id))
            """;
    }
}
