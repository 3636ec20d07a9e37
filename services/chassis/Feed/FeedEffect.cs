using DirectorySync.Chassis.Sql;

namespace DirectorySync.Chassis.Feed;

/// <summary>What a service does with another's changes: exactly once each, whatever dies when.</summary>
/// <param name="Apply">
/// Applies a batch in the transaction that also stores the position. It must have no effect outside the transaction, for it may run again;
/// what has to happen after the commit goes into <see cref="Transaction.AfterCommit"/>. What it throws is logged and tried again, for ever.
/// </param>
/// <param name="Sweep">
/// Ends a bootstrap's listing: rows that do not carry the stamp were not listed, so they exist no longer.
/// </param>
public sealed record FeedEffect(
    Func<Transaction, FeedBatch, CancellationToken, Task> Apply,
    Func<Transaction, Guid, CancellationToken, Task> Sweep)
{
    /// <summary>The types of resources whose changes are wanted, by their full names; empty: all.</summary>
    public IReadOnlyList<string> ResourceTypes { get; init; } = [];

    /// <summary>How far apart batches are at least under load, less than a second. Zero: as soon as there is something.</summary>
    public TimeSpan Interval { get; init; }
}
