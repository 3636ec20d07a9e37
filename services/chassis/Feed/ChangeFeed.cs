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
