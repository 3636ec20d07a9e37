namespace DirectorySync.Chassis.Feed;

/// <summary>The feed's rhythm. The defaults are right; tests hurry.</summary>
internal sealed class ChangeFeedOptions
{
    // A read that brings more changes makes the next one wait longer: under load a large batch saves more than it delays.
    private const int FewChanges = 5;
    private const int LongestGather = 5;

    /// <summary>How often other replicas' commits are looked for while streams are open.</summary>
    public TimeSpan Poll { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>A stream that was just read is not read again sooner, so that under load a read brings many changes.</summary>
    public TimeSpan Gather { get; set; } = TimeSpan.FromMilliseconds(16);

    /// <summary>How often an idle stream is told that it has missed nothing.</summary>
    public TimeSpan Checkpoint { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How often what nobody needs any more is pruned.</summary>
    public TimeSpan Prune { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>When a silent consumer is forgotten, and how long changes are kept for nobody.</summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Changes a batch.</summary>
    public int BatchSize { get; set; } = 500;

    /// <summary>Bytes after which a batch takes no more changes; far below what a message may have.</summary>
    public int BatchBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>How long after the begin of a read the next one begins.</summary>
    /// <param name="changes">What it brought.</param>
    /// <param name="interval">What whoever reads wants at least.</param>
    public TimeSpan GatherAfter(int changes, TimeSpan interval)
    {
        var gather = Gather * Math.Clamp(changes / FewChanges, 1, LongestGather);
        return gather > interval ? gather : interval;
    }
}
