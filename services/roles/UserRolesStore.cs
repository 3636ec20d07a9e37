using DirectorySync.AttributeMapping.V1;
using DirectorySync.Chassis.Sql;

namespace DirectorySync.Roles;

/// <summary>Who has which role, read.</summary>
internal sealed class UserRolesStore(Database database)
{
    /// <summary>What is known of a user. A deleted one has no role; in a directory that is closed there is nobody.</summary>
    public Task<FoundUser> FindAsync(UserKey user, CancellationToken ct) => database.Sql($"""
        select c.directory_id is null, u.id is not null, u.data, d.user_version, d.version
        from (select 1) one
        left join closed_directories c on c.directory_id = {user.DirectoryId}
        left join users u on u.directory_id = {user.DirectoryId} and u.id = {user.Id}
        left join deleted_users d on d.directory_id = {user.DirectoryId} and d.id = {user.Id}
        """).SingleAsync(
        row => !row.GetBoolean(0) ? new(IsOpen: false, IsKnown: false, null)
            : row.GetBoolean(1) ? new(true, true, row.IsDBNull(2) ? null : Parse(row, 2))
            : row.IsDBNull(3) ? new(true, false, null)
            : new FoundUser(true, false, new()
            {
                DirectoryId = user.DirectoryId, UserId = user.Id, UserVersion = row.GetInt64(3), Version = row.GetInt64(4),
            }),
        ct);

    /// <summary>By user id.</summary>
    public Task<List<UserRoles>> ListHoldersAsync(string directoryId, string role, string after, int limit, CancellationToken ct) =>
        database.Sql($"""
            select u.data
            from role_users r
            join users u on u.directory_id = r.directory_id and u.id = r.user_id
            where r.directory_id = {directoryId} and r.role = {role} and r.user_id > {after}
              and not exists (select from closed_directories c where c.directory_id = {directoryId})
            order by r.user_id
            limit {limit}
            """).ListAsync(row => Parse(row, 0), ct);

    /// <summary>Null: the user does not exist, or nothing was decided yet.</summary>
    public Task<GetUserRolesExplanationResponse?> ExplainAsync(UserKey user, CancellationToken ct) => database.InTransactionAsync(
        async tx =>
        {
            var found = await tx.Sql($"""
                select u.profile, u.data, rules.data, u.deactivated_version,
                  exists (select from recomputations r where r.directory_id = u.directory_id and r.finish_time is null)
                from users u
                left join role_rules rules on rules.directory_id = u.directory_id
                where u.directory_id = {user.DirectoryId} and u.id = {user.Id} and u.data is not null
                  and not exists (select from closed_directories c where c.directory_id = {user.DirectoryId})
                """).ListAsync(
                row => (Profile: Profile.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), Roles: Parse(row, 1),
                    Rules: RulesStore.Read(row, 2, user.DirectoryId), Pending: row.GetBoolean(4), DeactivatedVersion: row.GetInt64(3)),
                ct);
            return found is [var (profile, roles, rules, pending, version)]
                ? await ExplainAsync(tx, profile, version, roles, rules, pending, ct) : null;
        },
        ct,
        System.Data.IsolationLevel.RepeatableRead);

    private static async Task<GetUserRolesExplanationResponse> ExplainAsync(
        Transaction tx, Profile profile, long deactivatedVersion, UserRoles roles, RoleRules rules, bool pending, CancellationToken ct)
    {
        var memberships = await tx.Sql($"""
            select m.group_id, coalesce(g.display_name, ''), m.carried_over or m.member_version < {deactivatedVersion}
            from memberships m
            left join groups g on g.directory_id = m.directory_id and g.id = m.group_id
            where m.directory_id = {profile.DirectoryId} and m.user_id = {profile.UserId}
            """).ListAsync(row => (Id: row.GetString(0), Name: row.GetString(1), IsCarriedOver: row.GetBoolean(2)), ct);
        var groups = await GroupNames.ReadAsync(tx, [rules], ct);
        var ruling = new Ruling(rules, await RoleStore.ReadAllAsync(tx, ct), groups[profile.DirectoryId]);
        var facts = new UserFacts(
            profile,
            [.. memberships.Select(m => m.Id).Order(StringComparer.Ordinal)],
            [.. memberships.Where(m => m.IsCarriedOver).Select(m => m.Id)]);
        var kept = roles.Roles.Where(role => role.Kept).Select(role => role.Slug).ToList();
        var reasons = Explanation.Reasons(ruling, facts, kept, memberships.ToDictionary(m => m.Id, m => m.Name));
        return new()
        {
            UserRoles = roles,
            Reasons = { reasons },
            Summary = Explanation.Summary(profile.Active, reasons),
            Pending = pending && !roles.Roles.Select(role => role.Slug).Except(kept).SequenceEqual(ruling.Decide(facts)),
        };
    }

    private static UserRoles Parse(Npgsql.NpgsqlDataReader row, int column) => UserRoles.Parser.ParseFrom(row.GetFieldValue<byte[]>(column));
}

/// <summary>What is known of a user.</summary>
/// <param name="IsOpen">The directory is not closed.</param>
/// <param name="IsKnown">The user exists.</param>
/// <param name="Roles">Null while nothing was decided yet, or if there never was such a user; without any if it was deleted.</param>
internal sealed record FoundUser(bool IsOpen, bool IsKnown, UserRoles? Roles)
{
    /// <summary>False of a user of whom nothing ever came here, in a directory that is not closed.</summary>
    public bool IsSaid => !IsOpen || IsKnown || Roles is not null;
}
