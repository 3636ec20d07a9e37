using DirectorySync.Chassis.Sql;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;

namespace DirectorySync.GroupMembership;

/// <summary>What is wrong with a directory's groups, each with what to do about it in the identity provider's words.</summary>
internal sealed class ProblemStore(Database database)
{
    public Task<List<UnresolvedMember>> ListUnresolvedAsync(string directoryId, string groupId, int limit, CancellationToken ct) =>
        database.Sql($"""
            select e.group_id, e.member_id, e.type, e.display, e.create_time
            from group_members e
            where e.directory_id = {directoryId} and not e.resolved and {OfGroup(groupId)}
            order by e.create_time desc, e.group_id, e.member_id
            limit {limit}
            """).ListAsync(
            row => new UnresolvedMember
            {
                GroupId = row.GetString(0),
                Member = new() { Value = row.GetString(1), Type = (MemberType)row.GetInt16(2), Display = row.GetString(3) },
                CreateTime = StoredGroup.ToTimestamp(row.GetFieldValue<DateTimeOffset>(4)),
            },
            ct);

    public Task<long> CountUnresolvedAsync(string directoryId, string groupId, CancellationToken ct) => database.Sql($"""
        select count(*) from group_members e where e.directory_id = {directoryId} and not e.resolved and {OfGroup(groupId)}
        """).SingleAsync(row => row.GetInt64(0), ct);

    /// <summary>
    /// Groups with members that nobody knows, names that several groups have, and users who came back and whose groups nobody has named since.
    /// </summary>
    public Task<List<Problem>> ListAsync(string directoryId, int limit, CancellationToken ct) => database.Sql($"""
        (
          select 'UNRESOLVED_MEMBERS', u.group_id, g.display_name, u.number, u.newest
          from (
            select e.group_id, count(*) as number, max(e.create_time) as newest
            from group_members e
            where e.directory_id = {directoryId} and not e.resolved
            group by e.group_id
          ) u
          join groups g on g.directory_id = {directoryId} and g.id = u.group_id
          order by u.newest desc, u.group_id
          limit {limit}
        )
        union all
        (
          select 'DUPLICATE_GROUP_NAMES', max(g.id), max(g.display_name), count(*) as number, max(g.create_time) as newest
          from groups g
          where g.directory_id = {directoryId}
          group by g.display_name_key
          having count(*) > 1
          order by newest desc, g.display_name_key
          limit {limit}
        )
        union all
        (
          select 'MEMBERSHIPS_CARRIED_OVER', e.member_id, '', count(*) as number, max(e.create_time) as newest
          from group_members e
          join members m on m.directory_id = {directoryId} and m.id = e.member_id and not m.inactive
          where e.directory_id = {directoryId} and e.carried_over and e.resolved
          group by e.member_id
          order by newest desc, e.member_id
          limit {limit}
        )
        order by 5 desc, 2
        limit {limit}
        """).ListAsync(
        row =>
        {
            var (detail, remedy, attribute) = row.GetString(0) switch
            {
                "DUPLICATE_GROUP_NAMES" => Duplicate(row.GetString(2), row.GetInt64(3)),
                "MEMBERSHIPS_CARRIED_OVER" => CarriedOver(row.GetInt64(3)),
                _ => Unresolved(row.GetString(2), row.GetInt64(3)),
            };
            return new Problem
            {
                Code = row.GetString(0),
                Detail = detail,
                Remedy = remedy,
                ResourceId = row.GetString(1),
                Attribute = attribute,
                Since = StoredGroup.ToTimestamp(row.GetFieldValue<DateTimeOffset>(4)),
            };
        },
        ct);

    private static (string Detail, string Remedy, string Attribute) Unresolved(string group, long number) => (
        $"Group '{group}' was pushed with {number} {(number == 1 ? "member that was" : "members who were")} never provisioned to this "
        + "directory. They are kept aside and join the group when they arrive.",
        "In Okta, assign these people to the app (Assignments tab), then choose Push Now for the group on the Push Groups tab.",
        "members");

    private static (string Detail, string Remedy, string Attribute) Duplicate(string name, long number) => (
        $"{number} groups are named '{name}' (upper and lower case do not differ). An identity provider that looks a group up by its name "
        + "may link the wrong one.",
        "Rename all but one of them in the identity provider, or unlink the pushed groups that are not needed and delete them.",
        "displayName");

    private static (string Detail, string Remedy, string Attribute) CarriedOver(long number) => (
        $"This user was deactivated and is active again. {number} {(number == 1 ? "membership is" : "memberships are")} from before, and the "
        + "identity provider has not named them since. They may be out of date, and give no protected role.",
        "In Okta, choose Push Now for the user's groups on the Push Groups tab; or confirm the memberships here "
        + "(POST /directories/{id}/users/{user_id}/memberships/confirm).",
        "members");

    private static SqlText OfGroup(string groupId)
    {
        SqlText all = $"true";
        SqlText one = $"e.group_id = {groupId}";
        return groupId.Length == 0 ? all : one;
    }
}
