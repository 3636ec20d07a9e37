namespace DirectorySync.Events.Telling;

/// <summary>Wakes who tells, and who follows the log, in this process. What other replicas commit is found by polling.</summary>
internal sealed class TellerSignal
{
    private volatile TaskCompletionSource changed = NewSignal();
    private volatile TaskCompletionSource told = NewSignal();

    /// <summary>Ends at the next commit that may have to be told. Take it before reading.</summary>
    public Task NextChange => changed.Task;

    /// <summary>Ends when events were appended. Take it before reading.</summary>
    public Task NextTold => told.Task;

    public void WakeAfter(Transaction tx) => tx.AfterCommit(() =>
    {
        Interlocked.Exchange(ref changed, NewSignal()).TrySetResult();
        return Task.CompletedTask;
    });

    public void WakeToldAfter(Transaction tx) => tx.AfterCommit(() =>
    {
        Interlocked.Exchange(ref told, NewSignal()).TrySetResult();
        return Task.CompletedTask;
    });

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
