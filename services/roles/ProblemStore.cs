using DirectorySync.Chassis.Sql;
using DirectorySync.Identity.V1;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.Roles;

/// <summary>What a person should look at.</summary>
internal sealed class ProblemStore(Database database)
{
    /// <summary>The newest first.</summary>
    public async Task<IReadOnlyList<Problem>> ListAsync(string directoryId, int limit, CancellationToken ct)
    {
        var rules = await database.Sql($"select r.data from role_rules r where r.directory_id = {directoryId}")
            .FindAsync(row => RulesStore.Read(row, 0, directoryId), ct);
        var kept = await database.Sql($"""
            select r.role, r.user_id, r.since from role_users r
            where r.directory_id = {directoryId} and r.kept
            order by r.since desc
            limit {limit}
            """).ListAsync(row => Kept(row.GetString(0), row.GetString(1), row.GetFieldValue<DateTimeOffset>(2)), ct);
        var waiting = rules is null ? [] : await ListWaitingAsync(rules, ct);
        return [.. kept.Concat(waiting).OrderByDescending(problem => problem.Since).Take(limit)];
    }

    private async Task<List<Problem>> ListWaitingAsync(RoleRules rules, CancellationToken ct)
    {
        var named = rules.Rules.Where(rule => rule.ConditionCase is RoleRule.ConditionOneofCase.GroupId or RoleRule.ConditionOneofCase.GroupName)
            .ToList();
        var there = await database.Sql($"""
            select g.id, g.name_key from groups g
            where g.directory_id = {rules.DirectoryId}
              and (g.id = any({named.Select(rule => rule.GroupId).ToArray()})
                or g.name_key = any({named.Select(rule => Ruling.NameKey(rule.GroupName)).ToArray()}))
            """).ListAsync(row => (Id: row.GetString(0), NameKey: row.GetString(1)), ct);
        return
        [
            .. named
                .Where(rule => !there.Exists(group => rule.HasGroupId
                    ? group.Id == rule.GroupId
                    : group.NameKey == Ruling.NameKey(rule.GroupName)))
                .Select(rule => Waiting(rule, rules.UpdateTime)),
        ];
    }

    private static Problem Kept(string role, string userId, DateTimeOffset since) => new()
    {
        Code = "PROTECTED_ROLE_KEPT",
        Detail = $"The rules do not give the protected role \"{role}\" to this user any more. It is kept, because nobody else in the "
            + "organization has it.",
        Remedy = "Give the role to somebody else through a group or rule, then it is taken by itself; or switch the organization's guard off.",
        ResourceId = userId,
        Since = since.ToTimestamp(),
    };

    private static Problem Waiting(RoleRule rule, Timestamp since) => rule.HasGroupId
        ? new()
        {
            Code = "ROLE_RULE_WITHOUT_GROUP",
            Detail = $"A rule gives the role \"{rule.Role}\" to a group that does not exist.",
            Remedy = "If the group was deleted, name another in the rule. A rule that names its group by name survives a renewed push.",
            ResourceId = rule.GroupId,
            Since = since,
        }
        : new()
        {
            Code = "ROLE_RULE_WAITS_FOR_GROUP",
            Detail = $"A rule gives the role \"{rule.Role}\" to the group \"{rule.GroupName}\", which has not arrived.",
            Remedy = "Push the group from the identity provider (in Okta: the application's Push Groups tab), or correct the name in the rule.",
            Since = since,
        };
}
