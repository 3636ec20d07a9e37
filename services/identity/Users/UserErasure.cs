using System.Data;
using System.Diagnostics;
using DirectorySync.Chassis.Audit;
using DirectorySync.Chassis.Cache;
using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.Identity.Directories;
using DirectorySync.Identity.Requests;
using Google.Protobuf;
using Microsoft.Extensions.Options;

namespace DirectorySync.Identity.Users;

/// <summary>
/// Erases users: those that somebody names, and those that have been inactive for as long as their directory's policy allows. What they were is
/// gone with the commit; other services follow through the feed, and what is derived is cleaned in the background.
/// </summary>
internal sealed class UserErasure(
    Database database, UserCache cache, ChangeFeed feed, RequestErasure requests, TimeProvider time, IOptions<IdentityOptions> options,
    ILogger<UserErasure> logger)
    : BackgroundService
{
    private const int Batch = 200;
    private const int Directories = 500;
    private const int FoldBatch = 10_000;
    private const string Separator = "\u001F";

    /// <summary>Erases a user, whether it is there or was.</summary>
    public async Task EraseAsync(string directoryId, string id, CancellationToken ct)
    {
        var fence = await cache.FenceAsync(directoryId, id);
        var words = await FindWordsAsync(directoryId, [id], ct);
        var erased = await database.InTransactionAsync(
            async tx =>
            {
                var versions = await tx.Sql(Erase(directoryId, [id], words, inactiveBefore: null)).ListAsync(row => row.GetInt64(0), ct);
                if (versions.Count > 0)
                {
                    tx.Audit("user.erased", id, directoryId: directoryId);
                }

                return versions;
            },
            ct);
        if (erased is not [var version])
        {
            _ = fence.ReleaseAsync();
            throw Inputs.NotFound("directory");
        }

        _ = fence.SettleDeletedAsync(new CacheKey(directoryId, id), Math.Max(version, 1));
        feed.Wake();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var looked = time.GetTimestamp();
        var first = true;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.HousekeepingSeconds));
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (first || time.GetElapsedTime(looked) >= TimeSpan.FromSeconds(options.Value.ErasureSeconds))
                {
                    (first, looked) = (false, time.GetTimestamp());
                    await EraseInactiveAsync(stoppingToken);
                }

                await ForgetAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // The next tick tries again.
                logger.ErasureFailed(e);
            }
        }
    }

    /// <summary>Erases who has been inactive, and unchanged, for too long.</summary>
    internal async Task EraseInactiveAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        for (var after = ""; ;)
        {
            var page = await database.Sql($"select d.data from directories d where d.id > {after} order by d.id limit {Directories}")
                .ListAsync(row => Directory.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), ct);
            foreach (var directory in page.Where(directory => directory.Policies?.EraseInactiveAfterDays > 0))
            {
                await EraseInactiveAsync(directory.Id, now.AddDays(-directory.Policies.EraseInactiveAfterDays), ct);
            }

            if (page.Count < Directories)
            {
                return;
            }

            after = page[^1].Id;
        }
    }

    private async Task EraseInactiveAsync(string directoryId, DateTimeOffset before, CancellationToken ct)
    {
        var erased = 0;
        for (var after = ""; ;)
        {
            var ids = await database.Sql($"""
                select u.id from users u
                where u.directory_id = {directoryId} and not u.active and u.update_time < {before} and u.id > {after}
                order by u.id limit {Batch}
                """).ListAsync(row => row.GetString(0), ct);
            if (ids.Count > 0)
            {
                var words = await FindWordsAsync(directoryId, [.. ids], ct);
                erased += (await database.Sql(Erase(directoryId, [.. ids], words, before)).ListAsync(row => row.GetInt64(0), ct)).Count;
                feed.Wake();
                after = ids[^1];
            }

            if (ids.Count < Batch)
            {
                break;
            }
        }

        if (erased > 0)
        {
            logger.InactiveErased(directoryId, erased);
        }
    }

    /// <summary>Takes the keys of erased users out of the counts and the places of lists.</summary>
    internal async Task ForgetAsync(CancellationToken ct)
    {
        var directories = await database.Sql($"select distinct e.directory_id from erased_users e where not e.forgotten limit {Directories}")
            .ListAsync(row => row.GetString(0), ct);
        foreach (var directoryId in directories)
        {
            while (!await requests.EraseAsync(directoryId, ct))
            {
            }

            while (!await ForgetAsync(directoryId, ct))
            {
            }
        }
    }

    // True: done, or another replica is at work there.
    private Task<bool> ForgetAsync(string directoryId, CancellationToken ct) => database.InTransactionAsync(
        async tx =>
        {
            if (!await UserPlaces.TryLockAsync(tx, directoryId, ct))
            {
                return true;
            }

            if (!await UserPlaces.FoldAsync(tx, directoryId, FoldBatch, ct))
            {
                return false;
            }

            var ids = await tx.Sql($"select e.id from erased_users e where e.directory_id = {directoryId} and not e.forgotten order by e.id limit {Batch}")
                .ListAsync(row => row.GetString(0), ct);
            await UserPlaces.ForgetAsync(tx, directoryId, [.. ids], ct);
            await tx.Sql($"update erased_users e set forgotten = true where e.directory_id = {directoryId} and e.id = any({ids.ToArray()})").ExecuteAsync(ct);
            return ids.Count < Batch && await UserPlaces.DivideAsync(tx, directoryId, ct);
        },
        ct,
        IsolationLevel.RepeatableRead);

    // By which each is found in the log of requests.
    private async Task<string[]> FindWordsAsync(string directoryId, string[] ids, CancellationToken ct)
    {
        var users = (await database.Sql($"select u.data from users u where u.directory_id = {directoryId} and u.id = any({ids})")
            .ListAsync(row => User.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), ct)).ToDictionary(user => user.Id);
        return Array.ConvertAll(ids, id => users.TryGetValue(id, out var user) ? string.Join(Separator, PersonWords.Of(user)) : "");
    }

    // Answers a row for each that is erased, with the version of its deletion; 0: it was not there any more. A deletion's image holds ids only,
    // and comes before what says that the user is erased.
    private SqlText Erase(string directoryId, string[] ids, string[] words, DateTimeOffset? inactiveBefore)
    {
        var at = time.Now();
        var now = at.ToTimestamp();
        var users = Array.ConvertAll(ids, id => new User { DirectoryId = directoryId, Id = id }.ToByteArray());
        var erased = Array.ConvertAll(ids, id => new ErasedUser { DirectoryId = directoryId, Id = id, EraseTime = now }.ToByteArray());
        var only = inactiveBefore is { } before ? (SqlText)$" and not u.active and u.update_time < {before}" : SqlText.Empty;
        var which = inactiveBefore is null ? SqlText.Empty : (SqlText)$"join gone on gone.id = i.id";
        return $"""
            with terms as materialized (
              select d.id from directories d
              where d.id = {directoryId} and d.state <> {(short)DirectoryState.Deleting} and {DirectoryLock.Shared(directoryId)} for share),
            wanted as materialized (select * from unnest({ids}, {users}, {erased}, {words}) as i (id, data, erased, words)),
            gone as (
              delete from users u using terms
              where u.directory_id = terms.id and u.directory_id = {directoryId} and u.id = any({ids}){only}
              returning u.id, u.version + 1 as version, u.active, {UserSort.Keys} as keys),
            counted as (
              insert into user_counts (directory_id, active, inactive, user_id, was)
              select {directoryId}, -(active::int), active::int - 1, id, keys from gone),
            deleted as (
              insert into changes (directory_id, resource_type, resource_id, version, deleted, resource, traceparent)
              select {directoryId}, {User.Descriptor.FullName}, gone.id, gone.version, true, i.data, {TraceParent}
              from gone join wanted i on i.id = gone.id order by gone.id
              returning id),
            noted as (
              insert into erased_users as e (directory_id, id, version, data, erase_time)
              select terms.id, i.id, 1, i.erased, {at} from terms cross join wanted i {which} order by i.id
              on conflict (directory_id, id) do update set version = e.version + 1, data = excluded.data, forgotten = false, erase_time = excluded.erase_time
              returning e.id, e.version, e.data),
            told as (
              insert into changes (directory_id, resource_type, resource_id, version, deleted, resource, traceparent)
              select {directoryId}, {ErasedUser.Descriptor.FullName}, n.id, n.version, true, n.data, {TraceParent}
              from noted n where (select count(*) from deleted) >= 0),
            unlogged as (
              insert into request_erasures as r (directory_id, user_id, words)
              select {directoryId}, n.id, string_to_array(i.words, {Separator}) from noted n join wanted i on i.id = n.id
              on conflict (directory_id, user_id) do update set words = r.words || excluded.words),
            swept as (
              insert into erased_resources (directory_id, resource_id) select {directoryId}, n.id from noted n
              on conflict (directory_id, resource_id) do update set note_time = excluded.note_time)
            select coalesce(g.version, 0) from noted n left join gone g on g.id = n.id
            """;
    }

    private static string? TraceParent => Activity.Current is { Recorded: true } activity ? activity.Id : null;
}
