using System.Data;
using DirectorySync.Chassis.Sql;
using Microsoft.Extensions.Options;

namespace DirectorySync.Identity.Users;

/// <summary>
/// Adds up the rows by which writers count users, so that reading a count stays cheap, and keeps the places from which far pages start. Rows
/// become their sum in one transaction: every snapshot holds either.
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
                logger.FoldFailed("every directory", e);
            }
        }
    }

    internal async Task FoldAsync(CancellationToken ct)
    {
        var directories = await database.Sql($"""
            select directory_id from user_counts
            group by directory_id
            having count(*) > {Enough} or sum(active + inactive) > {UserPlaces.Few}
              and not exists (select from user_places p where p.directory_id = user_counts.directory_id)
            """).ListAsync(row => row.GetString(0), ct);
        foreach (var directory in directories)
        {
            try
            {
                // In steps, none of which keeps a snapshot for long.
                while (!await FoldAsync(directory, ct))
                {
                }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // The others have their turn.
                logger.FoldFailed(directory, e);
            }
        }
    }

    // True: all is folded, or another replica is doing so. What one has folded a moment before is a conflict, and seen at the next try.
    private Task<bool> FoldAsync(string directoryId, CancellationToken ct) => database.InTransactionAsync(
        async tx => !await UserPlaces.TryLockAsync(tx, directoryId, ct)
            || (await UserPlaces.FoldAsync(tx, directoryId, Batch, ct) && await UserPlaces.DivideAsync(tx, directoryId, ct)),
        ct,
        IsolationLevel.RepeatableRead);
}
