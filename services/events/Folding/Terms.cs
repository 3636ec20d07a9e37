using DirectorySync.Identity.V1;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Events.Folding;

/// <summary>What is known of a directory when something in it is about to change.</summary>
/// <param name="Id">The directory.</param>
/// <param name="Closed">It is deleted: nothing is written there.</param>
/// <param name="RetainsInactive">Applications see inactive users.</param>
/// <param name="KeepsMemberships">Applications see the memberships of the inactive users that they see.</param>
internal sealed record DirectoryTerms(string Id, bool Closed, bool RetainsInactive, bool KeepsMemberships)
{
    /// <summary>Whether applications see a user in its groups.</summary>
    public bool InGroups(DirectoryUser? user) => user is not null && (user.Active || KeepsMemberships);
}

/// <summary>
/// The directories that a transaction writes to, each locked: whoever changes what applications shall see, or tells them, stands in its queue
/// before he reads.
/// </summary>
internal sealed class Terms
{
    /// <summary>What has to have arrived once before anything may be told.</summary>
    public static readonly string[] Feeds = ["identity", "attribute-mapping", "roles", "group-membership"];

    private readonly Dictionary<string, DirectoryTerms> directories;

    private Terms(Dictionary<string, DirectoryTerms> directories) => this.directories = directories;

    public DirectoryTerms this[string directoryId] => directories[directoryId];

    /// <summary>True once all that exists has arrived.</summary>
    public static SqlText IsReady => $"((select count(*) from feed_positions where complete and feed = any({Feeds})) = {(long)Feeds.Length})";

    public bool IsOpen(string directoryId) => !directories[directoryId].Closed;

    /// <summary>Locks the directories, in an order that everybody keeps, until the transaction ends; then reads.</summary>
    public static async Task<Terms> LockAsync(Transaction tx, IEnumerable<string> directoryIds, CancellationToken ct)
    {
        var ids = directoryIds.Distinct().Order(StringComparer.Ordinal).ToArray();

        // All statements here find few rows by key. What statistics say of a table that has just been filled leads to whole scans of it.
        await tx.Sql($"""
            select set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
              set_config('enable_seqscan', 'off', true)
            """).ExecuteAsync(ct);
        await tx.Sql($"select pg_advisory_xact_lock(hashtextextended('directory ' || i.id, 0)) from unnest({ids}) as i (id)").ExecuteAsync(ct);
        var rows = await tx.Sql($"""
            select i.id, coalesce(d.closed, false), d.data
            from unnest({ids}) as i (id)
            left join directories d on d.directory_id = i.id
            """).ListAsync(
            row => Read(row.GetString(0), row.GetBoolean(1), row.IsDBNull(2) ? null : Directory.Parser.ParseFrom(row.GetFieldValue<byte[]>(2))),
            ct);
        return new(rows.ToDictionary(row => row.Id));
    }

    /// <summary>Notes that something may have to be told in these directories.</summary>
    public static Task MarkPendingAsync(Transaction tx, IEnumerable<string> directoryIds, CancellationToken ct)
    {
        var ids = directoryIds.Distinct().Order(StringComparer.Ordinal).ToArray();
        return ids.Length == 0 ? Task.CompletedTask : tx.Sql($"""
            insert into pending_directories (directory_id) select * from unnest({ids}) on conflict do nothing
            """).ExecuteAsync(ct);
    }

    private static DirectoryTerms Read(string id, bool closed, Directory? directory) => new(
        id, closed, directory?.Policies?.InactiveUsers == InactiveUsers.Retained,
        directory?.Policies?.InactiveMemberships == InactiveMemberships.Kept);
}

/// <summary>Names a user or a group.</summary>
internal readonly record struct ResourceKey(string DirectoryId, string Id) : IComparable<ResourceKey>
{
    public int CompareTo(ResourceKey other) => string.CompareOrdinal(DirectoryId, other.DirectoryId) is var order and not 0
        ? order
        : string.CompareOrdinal(Id, other.Id);
}
