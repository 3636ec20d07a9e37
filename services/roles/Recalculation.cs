using DirectorySync.AttributeMapping.V1;
using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.Roles;

/// <summary>
/// Decides anew which roles users have, writes what changed and tells of it, all in the caller's transaction and in a handful of statements,
/// however many users there are. The directories must be locked.
/// </summary>
internal sealed class Recalculation(UserRolesCache cache, ChangeFeed feed, RecomputationQueue queue, TimeProvider time)
{
    private static readonly string UserRolesType = UserRoles.Descriptor.FullName;

    /// <summary>Answers the number of users whose roles changed.</summary>
    /// <param name="tx">The transaction.</param>
    /// <param name="terms">What is known of the directories, locked.</param>
    /// <param name="rulings">Their rules, read after all that they look at was written.</param>
    /// <param name="users">Users who perhaps have other roles now.</param>
    /// <param name="deleted">Profiles of users that are deleted, as they were last.</param>
    /// <param name="ct">Ends the work.</param>
    public async Task<int> RunAsync(
        Transaction tx,
        Terms terms,
        Rulings rulings,
        IReadOnlyCollection<UserKey> users,
        IReadOnlyCollection<Profile> deleted,
        CancellationToken ct)
    {
        if (users.Count + deleted.Count == 0)
        {
            return 0;
        }

        var decisions = await ReadAsync(tx, terms, rulings, users, ct);
        var gone = await ReadDeletedAsync(tx, terms, deleted, ct);
        await Guard.KeepAsync(tx, rulings.Roles, [.. decisions, .. gone], ct);

        var now = time.GetUtcNow().ToTimestamp();
        var told = decisions
            .Select(d => (Decision: d, After: d.After(rulings.Of[d.Key.DirectoryId], now)))
            .Where(d => d.Decision.Before is null || !Decision.Same(d.Decision.Before, d.After))
            .ToList();
        var last = gone.Select(Last).ToList();
        var changed = told.Where(d => !IsHeldAs(d.Decision.Before, d.After)).ToList();
        await cache.FenceAsync(tx, [.. changed.Where(d => d.Decision.Before is not null).Select(d => d.After)], last, ct);
        List<SqlText> rows =
        [
            .. told.Count > 0 ? (SqlText[])[Write([.. told.Select(d => d.After)])] : [],
            .. last.Count > 0 ? (SqlText[])[Delete(last)] : [],
            .. WriteHolders(changed.Select(d => (d.Decision.Before, (UserRoles?)d.After)).Concat(gone.Select(d => (d.Before, (UserRoles?)null)))),
        ];
        if (rows.Count == 0)
        {
            // All is as it was told.
            return 0;
        }

        rows.ForEach(tx.ExecuteLater);
        tx.AfterCommit(() =>
        {
            feed.Wake();
            if (changed.Exists(d => d.Decision.Directory.Guarded))
            {
                // Perhaps another holder of what the guard keeps.
                queue.Wake();
            }

            return Task.CompletedTask;
        });
        return changed.Count;
    }

    /// <summary>Forgets users of a directory that is closed, without telling: at most so many. False: there are none.</summary>
    public async Task<bool> ForgetAsync(Transaction tx, string directoryId, int limit, CancellationToken ct)
    {
        var known = await tx.Sql($"""
            select u.id, u.data, nextval('user_roles_versions') from users u where u.directory_id = {directoryId} order by u.id limit {limit}
            """).ListAsync(row => (Id: row.GetString(0), Roles: ParseRoles(row, 1), Version: row.GetInt64(2)), ct);
        var held = known.Where(user => user.Roles is not null).ToList();
        held.ForEach(user => user.Roles!.Version = user.Version);
        await cache.FenceAsync(tx, [], [.. held.Select(user => user.Roles!)], ct);
        var ids = known.Select(user => user.Id).ToArray();
        await tx.ExecuteAllAsync(
            [
                $"delete from users u where u.directory_id = {directoryId} and u.id = any({ids})",
                .. WriteHolders(held.Select(user => (user.Roles, (UserRoles?)null))),
            ],
            ct);
        return known.Count > 0;
    }

    private static async Task<List<Decision>> ReadAsync(
        Transaction tx, Terms terms, Rulings rulings, IReadOnlyCollection<UserKey> users, CancellationToken ct)
    {
        var keys = users.Where(user => terms.IsOpen(user.DirectoryId)).Distinct().Order().ToArray();
        var rows = keys.Length == 0 ? [] : await tx.Sql($"""
            select u.directory_id, u.id, u.profile, u.data, nextval('user_roles_versions'),
              {MembershipRows.GroupsOfUser(rulings.GroupIds)}
            from unnest({keys.Select(k => k.DirectoryId).ToArray()}, {keys.Select(k => k.Id).ToArray()}) as k (directory_id, id)
            join users u on u.directory_id = k.directory_id and u.id = k.id
            """).ListAsync(
            row => (Key: new UserKey(row.GetString(0), row.GetString(1)), Profile: Profile.Parser.ParseFrom(row.GetFieldValue<byte[]>(2)),
                Before: ParseRoles(row, 3), Version: row.GetInt64(4), GroupIds: row.GetFieldValue<string[]>(5)),
            ct);
        return
        [
            .. rows
                .Where(row => terms.Ready || !row.Profile.Active)
                .Select(row => new Decision(
                    row.Key, terms[row.Key.DirectoryId], row.Profile, row.Before, row.Version,
                    rulings.Of[row.Key.DirectoryId].Decide(UserFacts.Of(row.Profile, row.GroupIds)))),
        ];
    }

    private static async Task<List<Decision>> ReadDeletedAsync(
        Transaction tx, Terms terms, IReadOnlyCollection<Profile> deleted, CancellationToken ct)
    {
        var profiles = deleted.Where(profile => terms.IsOpen(profile.DirectoryId)).ToArray();
        return profiles.Length == 0 ? [] : await tx.Sql($"""
            select k.directory_id, k.id, k.user_version, u.data, nextval('user_roles_versions')
            from unnest({profiles.Select(p => p.DirectoryId).ToArray()}, {profiles.Select(p => p.UserId).ToArray()},
              {profiles.Select(p => p.UserVersion).ToArray()}) as k (directory_id, id, user_version)
            left join users u on u.directory_id = k.directory_id and u.id = k.id
            order by k.directory_id, k.id
            """).ListAsync(
            row =>
            {
                var key = new UserKey(row.GetString(0), row.GetString(1));
                var before = ParseRoles(row, 3) ?? new UserRoles { DirectoryId = key.DirectoryId, UserId = key.Id };
                before.UserVersion = row.GetInt64(2);
                return new Decision(key, terms[key.DirectoryId], null, before, row.GetInt64(4), []);
            },
            ct);
    }

    // The last state, with the version of the deletion.
    private static UserRoles Last(Decision deleted)
    {
        var last = deleted.Before!.Clone();
        last.Version = deleted.Version;
        return last;
    }

    private static SqlText Write(UserRoles[] told) => $"""
        with input as materialized (
          select * from unnest({told.Select(r => r.DirectoryId).ToArray()}, {told.Select(r => r.UserId).ToArray()},
            {told.Select(r => r.Version).ToArray()}, {told.Select(r => r.ToByteArray()).ToArray()}) as i (directory_id, id, version, data)
        ),
        written as (
          update users u set data = i.data
          from input i
          where u.directory_id = i.directory_id and u.id = i.id
          returning u.directory_id, u.id, i.version, u.data
        )
        insert into changes (directory_id, resource_type, resource_id, version, deleted, resource, traceparent)
        select directory_id, {UserRolesType}, id, version, false, data, {Terms.Traceparent} from written
        """;

    private static SqlText Delete(List<UserRoles> last) => $"""
        with input as materialized (
          select * from unnest({last.Select(r => r.DirectoryId).ToArray()}, {last.Select(r => r.UserId).ToArray()},
            {last.Select(r => r.Version).ToArray()}, {last.Select(r => r.ToByteArray()).ToArray()}, {last.Select(r => r.UserVersion).ToArray()})
            as i (directory_id, id, version, data, user_version)
        ),
        gone as (
          delete from users u using input i where u.directory_id = i.directory_id and u.id = i.id
        ),
        remembered as (
          insert into deleted_users (directory_id, id, user_version, version)
          select directory_id, id, user_version, version from input
          on conflict (directory_id, id) do update set user_version = excluded.user_version, version = excluded.version
        )
        insert into changes (directory_id, resource_type, resource_id, version, deleted, resource, traceparent)
        select directory_id, {UserRolesType}, id, version, true, data, {Terms.Traceparent} from input
        """;

    private static IEnumerable<SqlText> WriteHolders(IEnumerable<(UserRoles? Before, UserRoles? After)> changes)
    {
        var removed = new List<(UserKey User, string Role)>();
        var added = new List<(UserKey User, EffectiveRole Role)>();
        foreach (var (before, after) in changes)
        {
            var user = new UserKey((before ?? after)!.DirectoryId, (before ?? after)!.UserId);
            removed.AddRange((before?.Roles ?? []).Where(held => after?.Roles.Any(role => role.Slug == held.Slug) != true)
                .Select(held => (user, held.Slug)));
            added.AddRange((after?.Roles ?? []).Where(role => before?.Roles.Contains(role) != true).Select(role => (user, role)));
        }

        if (removed.Count > 0)
        {
            yield return $"""
                delete from role_users r
                using unnest({removed.Select(r => r.User.DirectoryId).ToArray()}, {removed.Select(r => r.Role).ToArray()},
                  {removed.Select(r => r.User.Id).ToArray()}) as i (directory_id, role, user_id)
                where r.directory_id = i.directory_id and r.role = i.role and r.user_id = i.user_id
                """;
        }

        if (added.Count > 0)
        {
            yield return $"""
                insert into role_users (directory_id, role, user_id, kept)
                select * from unnest({added.Select(r => r.User.DirectoryId).ToArray()}, {added.Select(r => r.Role.Slug).ToArray()},
                  {added.Select(r => r.User.Id).ToArray()}, {added.Select(r => r.Role.Kept).ToArray()})
                on conflict (directory_id, role, user_id) do update set kept = excluded.kept, since = now()
                """;
        }
    }

    private static bool IsHeldAs(UserRoles? before, UserRoles after) =>
        before is null ? after.Roles.Count == 0 : before.Active == after.Active && before.Roles.Equals(after.Roles);

    private static UserRoles? ParseRoles(Npgsql.NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : UserRoles.Parser.ParseFrom(row.GetFieldValue<byte[]>(column));
}
