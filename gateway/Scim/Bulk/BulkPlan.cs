using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.Scim;

namespace DirectorySync.Gateway.Scim.Bulk;

/// <summary>
/// In which order operations are done: what is referred to comes before what refers to it, operations on one resource stay in their
/// order, and otherwise the request's order is kept as far as that allows.
/// </summary>
internal static class BulkPlan
{
    /// <summary>The operations' indexes. Throws invalidValue for a bulkId given twice, and 409 for references in a circle.</summary>
    public static IReadOnlyList<int> Of(IReadOnlyList<BulkOperation> operations)
    {
        var before = Before(operations, Posts(operations));
        var after = new List<int>[operations.Count];
        var waiting = before.Select(indexes => indexes.Count).ToArray();
        var ready = new PriorityQueue<int, int>();
        for (var i = 0; i < operations.Count; i++)
        {
            foreach (var index in before[i])
            {
                (after[index] ??= []).Add(i);
            }

            if (waiting[i] == 0)
            {
                ready.Enqueue(i, i);
            }
        }

        var order = new List<int>(operations.Count);
        while (ready.TryDequeue(out var next, out _))
        {
            order.Add(next);
            foreach (var index in after[next] ?? [])
            {
                if (--waiting[index] == 0)
                {
                    ready.Enqueue(index, index);
                }
            }
        }

        return order.Count == operations.Count ? order : throw Circle(operations, before, waiting);
    }

    /// <summary>
    /// The order cut into steps whose operations may be done at once: neighbouring POSTs that name nothing alike and do not refer to each
    /// other, or neighbouring DELETEs. Anything else may depend on what was before it (a user name given up, say) and is a step of its own.
    /// </summary>
    public static IEnumerable<IReadOnlyList<int>> Steps(IReadOnlyList<BulkOperation> operations)
    {
        var step = new List<int>();
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var index in Of(operations))
        {
            var operation = operations[index];
            var names = BulkNames.Of(operation);
            var joins = step.Count > 0 && operation.Method == operations[step[0]].Method && names is not null
                && !names.Overlaps(taken) && !step.Any(i => operations[i].BulkId is { } id && operation.References.Contains(id));
            if (!joins && step.Count > 0)
            {
                yield return step;
                step = [];
                taken.Clear();
            }

            step.Add(index);
            taken.UnionWith(names ?? []);
        }

        if (step.Count > 0)
        {
            yield return step;
        }
    }

    /// <summary>Indexes of the POSTs by their bulkIds.</summary>
    public static Dictionary<string, int> Posts(IReadOnlyList<BulkOperation> operations)
    {
        var posts = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < operations.Count; i++)
        {
            if (operations[i] is { IsPost: true, BulkId: { } bulkId } && !posts.TryAdd(bulkId, i))
            {
                throw ScimException.InvalidValue("bulkId",
                    $"The bulkId '{bulkId}' is given to two POSTs. Give each its own. Nothing of the request has been done.");
            }
        }

        return posts;
    }

    private static List<List<int>> Before(IReadOnlyList<BulkOperation> operations, Dictionary<string, int> posts)
    {
        var last = new Dictionary<(ResourceType, string), int>();
        var before = new List<List<int>>(operations.Count);
        for (var i = 0; i < operations.Count; i++)
        {
            var operation = operations[i];
            List<int> indexes = [.. operation.References.Where(posts.ContainsKey).Select(bulkId => posts[bulkId])];
            if (operation is { Type: { } type, Target: { } target })
            {
                if (last.TryGetValue((type, target), out var previous))
                {
                    indexes.Add(previous);
                }

                last[(type, target)] = i;
            }

            before.Add(indexes);
        }

        return before;
    }

    private static ScimFailure Circle(IReadOnlyList<BulkOperation> operations, List<List<int>> before, int[] waiting)
    {
        var walked = new List<int>();
        var at = Array.FindIndex(waiting, count => count > 0);
        while (!walked.Contains(at))
        {
            walked.Add(at);
            at = before[at].First(index => waiting[index] > 0);
        }

        var circle = walked[walked.IndexOf(at)..].Append(at).Select(index => $"'{operations[index].BulkId}'");
        return new ScimFailure(409, null, $"The bulkIds refer to each other in a circle: {string.Join(" → ", circle)}. None can be created before "
            + "the other. Create them without one of the references, and add it by a PATCH. Nothing of the request has been done.");
    }
}
