using DirectorySync.Chassis.Sql;

namespace DirectorySync.Roles;

/// <summary>
/// Whether a role may be given by what Redis holds. A replica that cannot tell Redis of a loss says so in PostgreSQL, and commits only when
/// every replica has read that, or has not been able to read for so long that it believes nothing.
/// </summary>
internal sealed class CacheTrust(Database database, TimeProvider time, ILogger<CacheTrust> logger) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1.5);

    // Longer than a transaction, and an entry that was made before it ended, may last.
    private static readonly TimeSpan Distrust = TimeSpan.FromSeconds(90);

    // When the last look began that found nothing amiss.
    private long looked = long.MinValue;

    /// <summary>To be asked once Redis has answered.</summary>
    public bool IsGiven
    {
        get
        {
            var last = Volatile.Read(ref looked);
            return last != long.MinValue && time.GetElapsedTime(last) < Lease;
        }
    }

    /// <summary>To be called before the commit of what Redis could not be told. Returns once nobody believes Redis any more.</summary>
    public async Task WithdrawAsync(CancellationToken ct)
    {
        Volatile.Write(ref looked, long.MinValue);
        var isKnown = await database.Sql($"""
            insert into cache_distrusts as d (since, until) values (clock_timestamp(), clock_timestamp() + {Distrust})
            on conflict (only_row) do update
            set since = case when d.until > clock_timestamp() + {Distrust / 3} then d.since else excluded.since end, until = excluded.until
            returning since < clock_timestamp() - {Lease * 4}
            """).SingleAsync(row => row.GetBoolean(0), ct);
        if (!isKnown)
        {
            await Task.Delay(Lease, time, ct);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var began = time.GetTimestamp();
                var isWithdrawn = await database.Sql($"""
                    select exists (select from cache_distrusts d where d.until > clock_timestamp())
                    """).SingleAsync(row => row.GetBoolean(0), stoppingToken);
                Volatile.Write(ref looked, isWithdrawn ? long.MinValue : began);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // The lease ends; PostgreSQL is asked.
                logger.TrustUnknown(e);
            }

            await Task.Delay(LookEvery, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
