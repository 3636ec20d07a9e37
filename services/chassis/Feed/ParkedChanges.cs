using DirectorySync.Chassis.Sql;
using DirectorySync.Feed.V1;
using Google.Protobuf;

namespace DirectorySync.Chassis.Feed;

/// <summary>
/// Changes that cannot be applied, kept aside so that the others go on: each is tried again every minute, and by a new version of the program,
/// until it can be, or until a newer change of its resource makes it unnecessary.
/// </summary>
internal sealed class ParkedChanges(string feed, Database database)
{
    private const int AtOnce = 100;

    /// <summary>How many there are, as far as this process knows. Without any nothing is asked.</summary>
    public long Count { get; private set; }

    public async Task CountAsync(CancellationToken ct) =>
        Count = await database.Sql($"select count(*) from parked_changes where feed = {feed}").SingleAsync(row => row.GetInt64(0), ct);

    /// <summary>In the transaction that moves past it.</summary>
    public void Park(Transaction tx, Change change, Exception reason)
    {
        tx.ExecuteLater($"""
            insert into parked_changes as p (directory_id, feed, resource_type, resource_id, version, change_id, change, reason)
            values ({change.DirectoryId}, {feed}, {FeedImage.TypeOf(change)}, {change.ResourceId}, {change.Version}, {change.Id}, {change.ToByteArray()},
              {reason.GetType().Name})
            on conflict (directory_id, feed, resource_type, resource_id, version) do update set reason = excluded.reason, change = excluded.change
            """);
        Count++;
        Forget(tx, [change]);
    }

    /// <summary>What newer changes replace is not needed any more.</summary>
    public void Forget(Transaction tx, IReadOnlyCollection<Change> newer)
    {
        if (Count > 0)
        {
            tx.ExecuteLater($"""
                delete from parked_changes p
                using unnest({newer.Select(c => c.DirectoryId).ToArray()}, {newer.Select(FeedImage.TypeOf).ToArray()}, {newer.Select(c => c.ResourceId).ToArray()},
                  {newer.Select(c => c.Version).ToArray()}) as i (directory_id, resource_type, resource_id, version)
                where p.directory_id = i.directory_id and p.feed = {feed} and p.resource_type = i.resource_type and p.resource_id = i.resource_id
                  and p.version < i.version
                """);
        }
    }

    /// <summary>Those that have waited longest.</summary>
    public Task<List<Change>> ListAsync(Transaction tx, CancellationToken ct) => tx.Sql($"""
        select p.change from parked_changes p where p.feed = {feed} order by p.try_time limit {AtOnce}
        """).ListAsync(row => Change.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), ct);

    /// <summary>It could be applied; or not, and waits again.</summary>
    public void Tried(Transaction tx, Change change, bool applied)
    {
        var which = (SqlText)$"""
            where directory_id = {change.DirectoryId} and feed = {feed} and resource_type = {FeedImage.TypeOf(change)} and resource_id = {change.ResourceId}
              and version = {change.Version}
            """;
        tx.ExecuteLater(applied ? $"delete from parked_changes {which}" : (SqlText)$"update parked_changes set try_time = clock_timestamp() {which}");
    }
}
