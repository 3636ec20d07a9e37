using DirectorySync.Chassis.Sql;
using Microsoft.Extensions.Options;

namespace DirectorySync.Identity.Users;

/// <summary>
/// Adds up the rows by which writers count users, so that reading a count stays cheap. Rows become their sum in one statement: every
/// snapshot holds either, and replicas skip what another has locked.
/// </summary>
internal sealed class CountFolding(Database database, IOptions<IdentityOptions> options, ILogger<CountFolding> logger) : BackgroundService
{
    private const int Enough = 20;
    private const int Batch = 10_000;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.HousekeepingSeconds));
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await FoldAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                logger.FoldFailed(e);
            }
        }
    }

    internal async Task FoldAsync(CancellationToken ct)
    {
        var directories = await database.Sql($"select directory_id from user_counts group by directory_id having count(*) > {Enough}")
            .ListAsync(row => row.GetString(0), ct);
        foreach (var directory in directories)
        {
            await database.Sql($"""
                with gone as (
                  delete from user_counts where directory_id = {directory} and id in (
                    select id from user_counts where directory_id = {directory} order by id limit {Batch} for update skip locked)
                  returning active, inactive)
                insert into user_counts (directory_id, active, inactive)
                select {directory}, sum(active), sum(inactive) from gone having count(*) > 0
                """).ExecuteAsync(ct);
        }
    }
}
