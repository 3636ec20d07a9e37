using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.Identity.Users;
using Microsoft.Extensions.Options;

namespace DirectorySync.Identity.Directories;

/// <summary>
/// Empties deleted directories in the background. Batches commit one by one, so a crash loses nothing and any replica goes on;
/// the directory's row is the lock between replicas, and goes last.
/// </summary>
internal sealed class DirectoryRemoval(
    Database database, ChangeFeed feed, IOptions<IdentityOptions> options, ILogger<DirectoryRemoval> logger) : BackgroundService
{
    private readonly SemaphoreSlim wake = new(0);

    /// <summary>Starts a round now.</summary>
    public void Wake() => wake.Release();

    public override void Dispose()
    {
        wake.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RemoveAllAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                logger.RemovalFailed(e);
            }

            await wake.WaitAsync(TimeSpan.FromSeconds(options.Value.HousekeepingSeconds), stoppingToken);
        }
    }

    private async Task RemoveAllAsync(CancellationToken ct)
    {
        var deleting = await database.Sql($"select id from directories where state = {(short)DirectoryState.Deleting} limit 100")
            .ListAsync(row => row.GetString(0), ct);
        foreach (var id in deleting)
        {
            while (await RemoveBatchAsync(id, ct))
            {
            }

            feed.Wake();
        }
    }

    // True if there may be more to do here.
    private Task<bool> RemoveBatchAsync(string id, CancellationToken ct) => database.InTransactionAsync(
        async tx =>
        {
            var ours = await tx.Sql($"""
                select 1 from directories where id = {id} and state = {(short)DirectoryState.Deleting} for update skip locked
                """).ExistsAsync(ct);
            if (!ours)
            {
                return false;
            }

            var users = await tx.Sql($"""
                delete from users where directory_id = {id} and id in (
                  select id from users where directory_id = {id} order by id limit {options.Value.RemovalBatch})
                """).ExecuteAsync(ct);
            if (users > 0)
            {
                return true;
            }

            var requests = await tx.Sql($"""
                delete from scim_requests where directory_id = {id} and id in (
                  select id from scim_requests where directory_id = {id} order by id limit {options.Value.RemovalBatch})
                """).ExecuteAsync(ct);
            if (requests > 0)
            {
                return true;
            }

            // Whoever adds up the counts would write their sum behind us.
            await UserPlaces.LockAsync(tx, id, ct);
            await tx.Sql($"""
                with tokens as (delete from scim_tokens where directory_id = {id}),
                counts as (delete from user_counts where directory_id = {id}),
                places as (delete from user_places where directory_id = {id}),
                written as (delete from directories where id = {id} returning id, version + 1 as version, data),
                {Changes.Append(Directory.Descriptor, id, deleted: true)}
                select id from written
                """).ExecuteAsync(ct);
            await tx.Sql(ChangeFeed.Erase([id], [""])).ExecuteAsync(ct);
            logger.DirectoryRemoved(id);
            return false;
        },
        ct);
}
