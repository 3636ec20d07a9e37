using DirectorySync.Chassis.Feed;
using DirectorySync.Identity.V1;

namespace DirectorySync.Events.Alerts;

/// <summary>What identity says should be heard of, in the transaction that applies its feed.</summary>
internal static class AlertFeed
{
    private static readonly string Type = DirectoryAlert.Descriptor.FullName;

    public static async Task ApplyAsync(Transaction tx, FeedBatch batch, CancellationToken ct)
    {
        var last = batch.Changes.Where(c => FeedImage.TypeOf(c) == Type).GroupBy(c => (c.DirectoryId, c.ResourceId)).Select(same => same.Last()).ToLookup(
            change => change.Deleted, change => DirectoryAlert.Parser.ParseFrom(change.Resource.Value));
        if (last[false].Any())
        {
            await tx.Sql(AlertRows.Begin([.. last[false].Select(a => new Occasion(a.DirectoryId, a.Code, a.ResourceId, a.Detail, a.Remedy))], batch.Bootstrap))
                .ExecuteAsync(ct);
        }

        if (last[true].Any())
        {
            var ended = last[true].ToList();
            await tx.Sql($"""
                update alerts a set end_time = clock_timestamp()
                from unnest({ended.ConvertAll(e => e.DirectoryId).ToArray()}, {ended.ConvertAll(e => e.Code).ToArray()},
                  {ended.ConvertAll(e => e.ResourceId).ToArray()}) as i (directory_id, code, resource_id)
                where a.directory_id = i.directory_id and a.code = i.code and a.resource_id = i.resource_id and a.end_time is null
                """).ExecuteAsync(ct);
        }
    }

    /// <summary>What identity did not list is over.</summary>
    public static Task SweepAsync(Transaction tx, Guid bootstrap, CancellationToken ct) => tx.Sql($"""
        update alerts a set end_time = clock_timestamp()
        where a.code <> all({AlertRows.Own}) and a.end_time is null and a.bootstrap is distinct from {bootstrap}
        """).ExecuteAsync(ct);
}
