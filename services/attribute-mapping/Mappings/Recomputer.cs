using DirectorySync.AttributeMapping.Engine;
using DirectorySync.AttributeMapping.Profiles;
using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using Microsoft.Extensions.Options;

namespace DirectorySync.AttributeMapping.Mappings;

/// <summary>
/// Brings profiles up to changed definitions and mappings, in the background, in batches that commit one by one with the place they came
/// to: a crash loses nothing, any replica goes on, and changes of users are held up for no longer than a batch.
/// </summary>
internal sealed class Recomputer(
    Database database,
    Plans plans,
    ProfileCache cache,
    Followers followers,
    ChangeFeed feed,
    IOptions<AttributeMappingOptions> options,
    TimeProvider time,
    ILogger<Recomputer> logger) : BackgroundService
{
    private const int BatchSize = 250;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim wake = new(0);

    private sealed record Place(long Definitions, long Mapping, string? Position, bool Finished);

    /// <summary>Looks for work now.</summary>
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
                while (await RoundAsync(stoppingToken))
                {
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                logger.RecomputationFailed(e);
            }

            await ((Task)wake.WaitAsync(LookEvery, stoppingToken)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // One batch of each directory that has something to do, so that a large one does not hold up the others.
    private async Task<bool> RoundAsync(CancellationToken ct)
    {
        var directories = await database.Sql($"""
            select d.directory_id
            from directory_mappings d
            cross join definition_versions v
            left join recomputations r on r.directory_id = d.directory_id
            where not d.closed
              and (r.directory_id is null or (r.definition_version, r.mapping_version) is distinct from (v.version, d.mapping_version)
                or (r.start_time is not null and r.finish_time is null))
            order by d.directory_id
            limit 1000
            """).ListAsync(row => row.GetString(0), ct);
        var worked = false;
        foreach (var directoryId in directories)
        {
            var started = time.GetTimestamp();
            if (await TryBatchAsync(directoryId, ct) is { } users)
            {
                worked = true;
                var rest = TimeSpan.FromSeconds((double)users / options.Value.RecomputedPerSecond) - time.GetElapsedTime(started);
                await Task.Delay(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, time, ct);
            }
        }

        if (worked)
        {
            await followers.WaitAsync(ct);
        }

        return worked;
    }

    // What fails in one directory must not keep the others waiting; a later round tries again.
    private async Task<int?> TryBatchAsync(string directoryId, CancellationToken ct)
    {
        try
        {
            return await database.InTransactionAsync(tx => BatchAsync(tx, directoryId, ct), ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            logger.RecomputationFailed(e);
            return null;
        }
    }

    /// <summary>How many users were looked at; null if another replica is at this directory, or nothing is left to do.</summary>
    private async Task<int?> BatchAsync(Transaction tx, string directoryId, CancellationToken ct)
    {
        await tx.Sql($"""
            insert into recomputations (directory_id, definition_version, mapping_version) values ({directoryId}, -1, -1) on conflict do nothing
            """).ExecuteAsync(ct);
        var place = await tx.Sql($"""
            select definition_version, mapping_version, position, start_time is null or finish_time is not null
            from recomputations where directory_id = {directoryId}
            for update skip locked
            """).FindAsync(
            row => new Place(row.GetInt64(0), row.GetInt64(1), row.IsDBNull(2) ? null : row.GetString(2), row.GetBoolean(3)), ct);
        if (place is null)
        {
            return null;
        }

        var definitions = await Plans.HoldDefinitionsAsync(tx, ct);
        var held = await DirectoryRows.HoldAsync(tx, [directoryId], ct);
        if (!held.TryGetValue(directoryId, out var directory))
        {
            return null;
        }

        var mapping = directory.MappingVersion;
        if (place.Finished && place.Definitions == definitions && place.Mapping == mapping)
        {
            return null;
        }

        if (place.Definitions != definitions || place.Mapping != mapping)
        {
            await tx.Sql($"""
                update recomputations set definition_version = {definitions}, mapping_version = {mapping}, position = null,
                  done = 0, changed = 0, problems = 0, start_time = {time.Now()}, finish_time = null,
                  total = (select count(*) from profiles p where p.directory_id = {directoryId})
                where directory_id = {directoryId}
                """).ExecuteAsync(ct);
            place = new(definitions, mapping, null, false);
        }

        return await RecomputeAsync(tx, directoryId, await plans.GetAsync(tx, directoryId, definitions, directory, ct), place, ct);
    }

    private async Task<int> RecomputeAsync(Transaction tx, string directoryId, MappingPlan plan, Place place, CancellationToken ct)
    {
        var users = await tx.Sql($"""
            select {StoredProfile.Columns}
            from profiles p
            where p.directory_id = {directoryId} and p.user_id > {place.Position ?? ""}
            order by p.user_id
            limit {BatchSize}
            for update of p
            """).ListAsync(StoredProfile.Read, ct);
        var (writes, problems) = await MapAsync(tx, plan, users, ct);
        if (writes.Count > 0)
        {
            await tx.ExecuteAllAsync(
                [
                    .. ProfileStatements.MappedAnew(writes, time.Now()),
                    ProfileStatements.Append(writes, new string?[writes.Count]),
                ],
                ct);
            await cache.WriteAsync(tx, writes);
        }

        var last = users.Count < BatchSize;
        var (done, changed) = await tx.Sql($"""
            update recomputations set position = {(users.Count > 0 ? users[^1].Profile.UserId : place.Position)}, done = done + {users.Count},
              changed = changed + {writes.Count}, problems = problems + {problems}, finish_time = {(last ? time.Now() : (DateTimeOffset?)null)}
            where directory_id = {directoryId}
            returning done, changed
            """).SingleAsync(row => (row.GetInt64(0), row.GetInt64(1)), ct);
        tx.AfterCommit(() =>
        {
            feed.Wake();
            if (last)
            {
                logger.Recomputed(directoryId, place.Mapping, place.Definitions, done, changed);
            }

            return Task.CompletedTask;
        });
        return users.Count;
    }

    private async Task<(List<ProfileWrite> Writes, int Problems)> MapAsync(
        Transaction tx, MappingPlan plan, List<StoredProfile> users, CancellationToken ct)
    {
        var (writes, problems) = (new List<ProfileWrite>(), 0);
        var versions = new Queue<long>();
        foreach (var stored in users)
        {
            var user = stored.User;
            using var document = new UserDocument(user);
            var profile = plan.Map(document);
            problems += profile.Problems.Count;
            if (MappingPlan.AreSame(profile, stored.Profile))
            {
                continue;
            }

            if (versions.Count == 0)
            {
                versions = new(await tx.Sql(ProfileStatements.DrawVersions(users.Count)).ListAsync(row => row.GetInt64(0), ct));
            }

            (profile.Version, profile.UpdateTime) = (versions.Dequeue(), time.Now().ToTimestamp());
            writes.Add(new(profile, user, stored.UserData, stored.Shape, Deleted: false, !profile.Problems.Equals(stored.Profile.Problems)));
        }

        return (writes, problems);
    }
}
