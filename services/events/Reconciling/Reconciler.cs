using Cronos;
using DirectorySync.Chassis.Feed;
using DirectorySync.Events.Folding;
using DirectorySync.Events.Telling;
using DirectorySync.Feed.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.ClientFactory;
using Microsoft.Extensions.Options;

namespace DirectorySync.Events.Reconciling;

/// <summary>Runs reconciliations, one after the other, in every replica: those that were asked for, and at the times of the schedule all.</summary>
internal sealed class Reconciler(
    Database database,
    ReconciliationStore store,
    GrpcClientFactory sources,
    IdentityFeed identity,
    ProfileFeed profiles,
    RolesFeed roles,
    GroupFeed groups,
    TellerSignal signal,
    TimeProvider time,
    IOptions<EventsOptions> options,
    ILogger<Reconciler> logger) : BackgroundService
{
    private const int UsersAtOnce = 500;
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SaveEvery = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Poll);
        do
        {
            try
            {
                await ScheduleAsync(stoppingToken);
                while (await RunNextAsync(stoppingToken))
                {
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                logger.ReconcilingFailed("", e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Runs the next that is due. False: none is.</summary>
    public async Task<bool> RunNextAsync(CancellationToken ct)
    {
        if (await store.ClaimAsync(ct) is not { } claimed)
        {
            return false;
        }

        TimeSpan? again = null;
        try
        {
            if (await RunAsync(claimed, ct))
            {
                (claimed.Data.State, claimed.Data.FinishTime, claimed.Data.Step) = (ReconciliationState.Done, time.GetUtcNow().ToTimestamp(), "");
                logger.Reconciled(claimed.Data.DirectoryId, claimed.Data.Compared, claimed.Data.Healed.Values.Sum());
            }
            else
            {
                (claimed.Data.State, claimed.Data.LastError, again) = (ReconciliationState.Waiting, "NOT_CAUGHT_UP", Again);
            }
        }
        catch (LeaseLostException)
        {
            return true;
        }
        catch (Exception e)
        {
            claimed.Data.State = ReconciliationState.Waiting;
            again = TimeSpan.Zero;
            if (!ct.IsCancellationRequested)
            {
                (claimed.Data.Failures, claimed.Data.LastError, again) =
                    (claimed.Data.Failures + 1, e is RpcException or TimeoutException ? "SERVICE_AWAY" : "INTERNAL", Again);
                logger.ReconcilingFailed(claimed.Data.DirectoryId, e);
            }
        }

        await store.EndAsync(claimed, again, CancellationToken.None);
        return true;
    }

    // False: what is here is not whole yet, and says nothing of what is missing.
    private async Task<bool> RunAsync(ClaimedReconciliation claimed, CancellationToken ct)
    {
        var data = claimed.Data;
        if (!await database.Sql($"select {Terms.IsReady}").SingleAsync(row => row.GetBoolean(0), ct))
        {
            return false;
        }

        var saved = time.GetTimestamp();
        await SaveAsync(claimed, ct);
        var showsRaw = await database.InTransactionAsync(
            async tx => (await Terms.LockAsync(tx, [data.DirectoryId], ct))[data.DirectoryId].ShowsRaw, ct);
        foreach (var feed in Terms.Feeds)
        {
            data.Step = feed;
            await new Comparison(
                database, sources.CreateClient<ChangeFeedService.ChangeFeedServiceClient>($"feed of {feed}"), feed, EffectOf(feed), data.DirectoryId,
                showsRaw, options.Value.ReconcilePatience, ComparedAsync, Healed).RunAsync(ct);
        }

        data.Step = "view";
        await RenewAsync(data.DirectoryId, ComparedAsync, Healed, ct);
        return true;

        async Task ComparedAsync(int count)
        {
            data.Compared += count;
            if (time.GetElapsedTime(saved) >= SaveEvery)
            {
                saved = time.GetTimestamp();
                await SaveAsync(claimed, ct);
            }
        }

        void Healed(string what, int count)
        {
            if (count > 0)
            {
                data.Healed[what] = data.Healed.GetValueOrDefault(what) + count;
            }
        }
    }

    private FeedEffect EffectOf(string feed) => feed switch
    {
        "attribute-mapping" => profiles.Effect,
        "roles" => roles.Effect,
        "group-membership" => groups.Effect,
        _ => identity.Effect,
    };

    // What follows from what the services say: decided anew for everybody.
    private async Task RenewAsync(string directoryId, Func<int, Task> compared, Action<string, int> healed, CancellationToken ct)
    {
        for (string? after = ""; after is not null;)
        {
            var (count, renewed, last) = await database.InTransactionAsync(
                async tx =>
                {
                    var terms = await Terms.LockAsync(tx, [directoryId], ct);
                    var users = terms.IsOpen(directoryId) ? await tx.Sql($"""
                        select u.directory_id, u.id from directory_users u
                        where u.directory_id = {directoryId} and u.id > {after} order by u.id limit {UsersAtOnce}
                        """).ListAsync(UserPart.ReadKey, ct) : [];
                    var renewed = await CurrentUsers.RenewAsync(tx, terms, users, ct);
                    var memberships = await MembershipRows.RenewOfUsersAsync(tx, users, ct);
                    if (memberships > 0)
                    {
                        await Terms.MarkPendingAsync(tx, [directoryId], ct);
                    }

                    signal.WakeAfter(tx);
                    return (users.Count, renewed + memberships, users.Count == UsersAtOnce ? users[^1].Id : null);
                },
                ct);
            healed("view.different", renewed);
            await compared(count);
            after = last;
        }
    }

    private async Task SaveAsync(ClaimedReconciliation claimed, CancellationToken ct)
    {
        if (!await store.SaveAsync(claimed, ct))
        {
            throw new LeaseLostException();
        }
    }

    private async Task ScheduleAsync(CancellationToken ct)
    {
        if (options.Value.ReconcileSchedule.Length == 0)
        {
            return;
        }

        var (through, now) = (await store.ScheduledThroughAsync(ct), time.GetUtcNow());
        var next = CronExpression.Parse(options.Value.ReconcileSchedule).GetNextOccurrence(through, TimeZoneInfo.Utc);
        if (next <= now && await store.ScheduleAsync(through, now, options.Value.ReconcileSpread, ct))
        {
            logger.ReconciliationsScheduled();
        }
    }

    private sealed class LeaseLostException : Exception;
}
