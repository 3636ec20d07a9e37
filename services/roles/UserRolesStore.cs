using DirectorySync.AttributeMapping.V1;
using DirectorySync.Chassis.Sql;

namespace DirectorySync.Roles;

/// <summary>Who has which role, read.</summary>
internal sealed class UserRolesStore(Database database)
{
    /// <summary>Known: the user exists. Roles is null while nothing was decided yet.</summary>
    public Task<(bool Known, UserRoles? Roles)> FindAsync(UserKey user, CancellationToken ct) => database.Sql($"""
        select u.data from users u where u.directory_id = {user.DirectoryId} and u.id = {user.Id}
        """).FindAsync(row => (true, row.IsDBNull(0) ? null : Parse(row, 0)), ct);

    /// <summary>By user id.</summary>
    public Task<List<UserRoles>> ListHoldersAsync(string directoryId, string role, string after, int limit, CancellationToken ct) =>
        database.Sql($"""
            select u.data
            from role_users r
            join users u on u.directory_id = r.directory_id and u.id = r.user_id
            where r.directory_id = {directoryId} and r.role = {role} and r.user_id > {after}
            order by r.user_id
            limit {limit}
            """).ListAsync(row => Parse(row, 0), ct);

    /// <summary>Null: the user does not exist, or nothing was decided yet.</summary>
    public Task<GetUserRolesExplanationResponse?> ExplainAsync(UserKey user, CancellationToken ct) => database.InTransactionAsync(
        async tx =>
        {
            var found = await tx.Sql($"""
                select u.profile, u.data, rules.data,
                  exists (select from recomputations r where r.directory_id = u.directory_id and r.finish_time is null)
                from users u
                left join role_rules rules on rules.directory_id = u.directory_id
                where u.directory_id = {user.DirectoryId} and u.id = {user.Id} and u.data is not null
                """).ListAsync(
                row => (Profile: Profile.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), Roles: Parse(row, 1),
                    Rules: RulesStore.Read(row, 2, user.DirectoryId), Pending: row.GetBoolean(3)),
                ct);
            return found is [var (profile, roles, rules, pending)] ? await ExplainAsync(tx, profile, roles, rules, pending, ct) : null;
        },
        ct,
        System.Data.IsolationLevel.RepeatableRead);

    private static async Task<GetUserRolesExplanationResponse> ExplainAsync(
        Transaction tx, Profile profile, UserRoles roles, RoleRules rules, bool pending, CancellationToken ct)
    {
        var memberships = await tx.Sql($"""
            select m.group_id, coalesce(g.display_name, '')
            from memberships m
            left join groups g on g.directory_id = m.directory_id and g.id = m.group_id
            where m.directory_id = {profile.DirectoryId} and m.user_id = {profile.UserId}
            """).ListAsync(row => (Id: row.GetString(0), Name: row.GetString(1)), ct);
        var groups = await GroupNames.ReadAsync(tx, [rules], ct);
        var ruling = new Ruling(rules, await RoleStore.ReadAllAsync(tx, ct), groups[profile.DirectoryId]);
        var facts = new UserFacts(profile, [.. memberships.Select(m => m.Id).Order(StringComparer.Ordinal)]);
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
