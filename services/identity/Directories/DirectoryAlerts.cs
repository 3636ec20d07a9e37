using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.Identity.Credentials;
using Google.Protobuf;
using Microsoft.Extensions.Options;

namespace DirectorySync.Identity.Directories;

/// <summary>
/// Looks from time to time which directories have a problem that somebody should hear of, and tells in the feed when one begins and ends. Any
/// replica, or several: what one has told is no news for the next.
/// </summary>
internal sealed class DirectoryAlerts(
    Database database, ChangeFeed feed, TimeProvider time, IOptions<IdentityOptions> options, ILogger<DirectoryAlerts> logger) : BackgroundService
{
    private const int Page = 200;
    private const int TokensOfDirectory = 100;

    private static readonly string[] Codes = ["TOKEN_EXPIRES_SOON", "SILENT"];

    private sealed record Known(string DirectoryId, string Id);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.AlertSeconds));
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // The next tick looks again.
                logger.AlertsFailed(e);
            }
        }
    }

    /// <summary>Looks at every directory once.</summary>
    internal async Task LookAsync(CancellationToken ct)
    {
        for (var after = ""; ;)
        {
            var directories = await database.Sql(DirectoryRows.Query($"where r.id > {after} order by r.id limit {Page}")).ListAsync(DirectoryRows.Read, ct);
            if (directories.Count > 0)
            {
                await LookAsync(directories, ct);
                after = directories[^1].Id;
            }

            if (directories.Count < Page)
            {
                return;
            }
        }
    }

    private async Task LookAsync(List<Directory> directories, CancellationToken ct)
    {
        var ids = directories.ConvertAll(directory => directory.Id).ToArray();
        var tokens = (await database.Sql($"""
            select t.data, t.last_use_time
            from unnest({ids}) as i (id)
            cross join lateral (
              select t.data, t.last_use_time from scim_tokens t where t.directory_id = i.id order by t.id desc limit {TokensOfDirectory}) t
            """).ListAsync(ScimTokenStore.Read, ct)).ToLookup(token => token.DirectoryId);
        var known = (await database.Sql($"select a.directory_id, a.id from directory_alerts a where a.directory_id = any({ids})")
            .ListAsync(row => new Known(row.GetString(0), row.GetString(1)), ct)).ToHashSet();
        var now = time.Now();
        var wanted = directories.SelectMany(directory => DirectoryProblems.Of(directory, null, tokens[directory.Id], options.Value, now)
                .Where(problem => Codes.Contains(problem.Code))
                .Select(problem => Alert(directory.Id, problem)))
            .ToDictionary(alert => new Known(alert.DirectoryId, IdOf(alert)));
        var begun = wanted.Where(alert => !known.Contains(alert.Key)).OrderBy(alert => alert.Key.DirectoryId, StringComparer.Ordinal).ToList();
        var ended = known.Where(alert => !wanted.ContainsKey(alert)).ToList();
        if (begun.Count + ended.Count == 0)
        {
            return;
        }

        await database.InTransactionAsync(
            tx => tx.ExecuteAllAsync(
                [
                    $"""
                    with written as (
                      insert into directory_alerts (directory_id, id, version, data)
                      select d.id, i.id, {now.ToUnixTimeMilliseconds()}, i.data
                      from unnest({begun.ConvertAll(alert => alert.Key.DirectoryId).ToArray()}, {begun.ConvertAll(alert => alert.Key.Id).ToArray()},
                        {begun.ConvertAll(alert => alert.Value.ToByteArray()).ToArray()}) as i (directory_id, id, data)
                      join directories d on d.id = i.directory_id
                      order by d.id, i.id
                      on conflict do nothing
                      returning directory_id, id, version, data)
                    insert into changes (directory_id, resource_type, resource_id, version, resource)
                    select directory_id, {DirectoryAlert.Descriptor.FullName}, id, version, data from written
                    """,
                    $"""
                    with written as (
                      delete from directory_alerts a
                      using unnest({ended.ConvertAll(alert => alert.DirectoryId).ToArray()}, {ended.ConvertAll(alert => alert.Id).ToArray()})
                        as i (directory_id, id)
                      where a.directory_id = i.directory_id and a.id = i.id
                      returning a.directory_id, a.id, greatest(a.version + 1, {now.ToUnixTimeMilliseconds()}) as version, a.data)
                    insert into changes (directory_id, resource_type, resource_id, version, deleted, resource)
                    select directory_id, {DirectoryAlert.Descriptor.FullName}, id, version, true, data from written
                    """,
                ],
                ct),
            ct);
        feed.Wake();
    }

    private static DirectoryAlert Alert(string directoryId, Problem problem) => new()
    {
        DirectoryId = directoryId, Code = problem.Code, ResourceId = problem.ResourceId, Detail = problem.Detail, Remedy = problem.Remedy,
        Since = problem.Since,
    };

    private static string IdOf(DirectoryAlert alert) => alert.ResourceId.Length == 0 ? alert.Code : $"{alert.Code}/{alert.ResourceId}";
}
