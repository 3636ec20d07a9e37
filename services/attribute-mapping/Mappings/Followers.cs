using DirectorySync.Chassis.Sql;
using Microsoft.Extensions.Options;

namespace DirectorySync.AttributeMapping.Mappings;

/// <summary>
/// How far those who follow profiles have come. What is recomputed and what people change come to them in one queue: who recomputes faster
/// than they follow has live changes wait.
/// </summary>
internal sealed class Followers(Database database, IOptions<AttributeMappingOptions> options, TimeProvider time)
{
    // Who follows says so every second. Who is silent is away, or has nothing to do.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    // So that somebody who is slow for ever delays the work and does not end it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Returns once they are near, or after a second.</summary>
    public async Task WaitAsync(CancellationToken ct)
    {
        var started = time.GetTimestamp();
        while (time.GetElapsedTime(started) < Patience && await AreBehindAsync(options.Value.RecomputedAhead, ct))
        {
            await Task.Delay(LookEvery, time, ct);
        }
    }

    /// <summary>True if one who shows life has more changes than that still to come.</summary>
    public Task<bool> AreBehindAsync(int changes, CancellationToken ct) => database.Sql($"""
        select exists (
          select from changes c
          where c.xid >= (
            select pg_snapshot_xmax(f.applied) from feed_consumers f where f.seen_time > now() - {Silence} order by 1 limit 1)
          order by c.xid, c.id
          offset {changes}
          limit 1)
        """).SingleAsync(row => row.GetBoolean(0), ct);
}
