using DirectorySync.Identity.V1;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Events.Folding;

/// <summary>What is known of a directory when something in it is about to change.</summary>
/// <param name="Id">The directory.</param>
/// <param name="Closed">It is deleted: nothing is written there.</param>
/// <param name="RetainsInactive">Applications see inactive users.</param>
/// <param name="KeepsMemberships">Applications see the memberships of the inactive users that they see.</param>
/// <param name="ShowsRaw">Applications see all that the identity provider sends.</param>
internal sealed record DirectoryTerms(string Id, bool Closed, bool RetainsInactive, bool KeepsMemberships, bool ShowsRaw)
{
    /// <summary>What the directory's policies say; null: it is not known.</summary>
    public static DirectoryTerms Of(string id, bool closed, Directory? directory) => new(
        id, closed, directory?.Policies?.InactiveUsers == InactiveUsers.Retained,
        directory?.Policies?.InactiveMemberships == InactiveMemberships.Kept, directory?.Policies?.RawAttributes is true);

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
        var ids = directoryIds.Distinct().ToArray();
        var directories = new Dictionary<string, DirectoryTerms>();
        await tx.ReadAllAsync(
            [
                ($"select {Transaction.FindByKeys}", _ => { }),
                (Transaction.Lock("directory", ids), _ => { }),
                (
                    $"""
                    select i.id, coalesce(d.closed, false), d.data
                    from unnest({ids}) as i (id)
                    left join directories d on d.directory_id = i.id
                    """,
                    row => directories.Add(
                        row.GetString(0),
                        DirectoryTerms.Of(row.GetString(0), row.GetBoolean(1), row.IsDBNull(2) ? null : Directory.Parser.ParseFrom(row.GetFieldValue<byte[]>(2))))),
            ],
            ct);
        return new(directories);
    }

    /// <summary>Notes that something may have to be told in these directories.</summary>
    public static Task MarkPendingAsync(Transaction tx, IEnumerable<string> directoryIds, CancellationToken ct)
    {
        var ids = directoryIds.Distinct().Order(StringComparer.Ordinal).ToArray();
        return ids.Length == 0 ? Task.CompletedTask : tx.Sql($"""
            insert into pending_directories (directory_id) select * from unnest({ids}) on conflict do nothing
            """).ExecuteAsync(ct);
    }
}

/// <summary>Names a user or a group.</summary>
internal readonly record struct ResourceKey(string DirectoryId, string Id) : IComparable<ResourceKey>
{
    public int CompareTo(ResourceKey other) => string.CompareOrdinal(DirectoryId, other.DirectoryId) is var order and not 0
        ? order
        : string.CompareOrdinal(Id, other.Id);
}
