using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DirectorySync.Chassis.Sql;

/// <summary>
/// Has PostgreSQL look at tables soon after they have grown. Its own autovacuum comes once a minute, and what is planned until then takes a
/// first import of a hundred thousand rows for an empty table. Several replicas may do it at once.
/// </summary>
internal sealed class TableStatistics(Database database, TimeProvider time, ILogger<TableStatistics> logger) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookEvery, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await AnalyzeAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // The database is away, or another replica was quicker. The next tick tries again.
                logger.NotAnalyzed(e);
            }
        }
    }

    /// <summary>
    /// Analyzes the tables that have three times as many rows, and a thousand more, as when they were last analyzed: seldom, since all plans
    /// are made anew afterwards. The feed's table comes and goes, and what reads it does not depend on its size.
    /// </summary>
    internal Task AnalyzeAsync(CancellationToken ct) => database.Sql($"""
        do $$
        declare
          grown record;
        begin
          for grown in
            select s.schemaname, s.relname
            from pg_stat_user_tables s
            join pg_class c on c.oid = s.relid and c.relkind = 'r' and c.relpersistence = 'p' and pg_has_role(c.relowner, 'usage')
            where s.n_live_tup > 1000 + 3 * greatest(c.reltuples, 0) and s.relname <> 'changes'
            order by s.relid
          loop
            execute format('analyze %I.%I', grown.schemaname, grown.relname);
          end loop;
        end $$
        """).ExecuteAsync(ct);
}
