using DirectorySync.Chassis.Sql;

namespace DirectorySync.Chassis.Feed;

/// <summary>
/// This process's end of the service's change feed. Whoever commits a change calls <see cref="Wake"/>, so that streams send it at once;
/// what other replicas commit is found by polling.
/// </summary>
public sealed class ChangeFeed
{
    private volatile TaskCompletionSource signal = NewSignal();
    private volatile TaskCompletionSource opened = NewSignal();
    private int streams;

    /// <summary>Says that changes were committed. Cheap, never throws; not needed for correctness.</summary>
    public void Wake() => Interlocked.Exchange(ref signal, NewSignal()).TrySetResult();

    /// <summary>
    /// For the transaction that removes resources whose images may not be kept: those in this feed are removed too, soon after the commit, but for
    /// deletions. So what is told of such a deletion must hold ids only.
    /// </summary>
    /// <param name="directoryIds">Of each resource.</param>
    /// <param name="resourceIds">Empty: everything of the directory.</param>
    public static SqlText Erase(IReadOnlyList<string> directoryIds, IReadOnlyList<string> resourceIds) => $"""
        insert into erased_resources (directory_id, resource_id)
        select distinct * from unnest({directoryIds.ToArray()}, {resourceIds.ToArray()}) as i (directory_id, resource_id) order by 1, 2
        on conflict (directory_id, resource_id) do update set note_time = excluded.note_time
        """;

    /// <summary>Ends at the next wake-up. Take it before reading: then nothing committed after the read is missed.</summary>
    internal Task NextWake => signal.Task;

    /// <summary>How many streams are open.</summary>
    internal int Streams => Volatile.Read(ref streams);

    /// <summary>Ends when there is a stream.</summary>
    internal Task AnyStream
    {
        get
        {
            var next = opened.Task;
            return Streams > 0 ? Task.CompletedTask : next;
        }
    }

    internal void StreamOpened()
    {
        Interlocked.Increment(ref streams);
        Interlocked.Exchange(ref opened, NewSignal()).TrySetResult();
    }

    internal void StreamClosed() => Interlocked.Decrement(ref streams);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
