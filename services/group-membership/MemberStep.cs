using DirectorySync.Chassis.Sql;
using DirectorySync.GroupMembership.V1;

namespace DirectorySync.GroupMembership;

/// <summary>
/// A change of a group's members as the SQL that says who comes (rows of id, type and display) and who goes. Both are spliced into the one
/// statement that writes edges (<see cref="EdgeSql"/>).
/// </summary>
/// <param name="Wanted">Who is to be there: a query of id, type, display, each id once.</param>
/// <param name="Unwanted">Who is not: a query of ids, none of which is wanted; null: nobody goes, and the statement need not look.</param>
/// <param name="IsWanted">Condition on the edge e that holds for all that are wanted.</param>
/// <param name="IsUnwanted">Condition on the edge e that holds for exactly the unwanted.</param>
/// <param name="ComparesSets">The group's edges are compared with a set: see <see cref="MemberStore.PreferSetsAsync"/>.</param>
internal sealed record MemberStep(
    SqlText Wanted, SqlText? Unwanted, SqlText IsWanted, SqlText IsUnwanted, bool ComparesSets)
{
    /// <summary>
    /// Named members come and go. Costs what the delta costs, whatever the group's size: edges are found by their whole key, by conditions
    /// that leave the planner no other way.
    /// </summary>
    public static MemberStep Of(MemberDelta delta)
    {
        var added = delta.Added.Select(m => m.Value).ToArray();
        var removed = delta.Removed.ToArray();
        return new(
            InMemory(delta.Added),
            removed is [] ? null : Ids(removed),
            $"e.member_id {IsOneOf(added)}",
            $"e.member_id {IsOneOf(removed)}",
            ComparesSets: false);
    }

    /// <summary>
    /// A condition on an id. One id is compared by itself: an array would have the statement planned for its length at every run, which
    /// takes longer than to run it.
    /// </summary>
    public static SqlText IsOneOf(string[] ids) => ids switch
    {
        [] => $"= null",
        [var id] => $"= {id}",
        _ => $"= any({ids})",
    };

    /// <summary>The same as a query of one column.</summary>
    public static SqlText Ids(string[] ids) => ids is [var id] ? $"select {id}" : (SqlText)$"select unnest({ids})";

    /// <summary>These and no others. Only the difference is touched.</summary>
    public static MemberStep Replace(string directoryId, string groupId, SqlText members) => Difference(
        directoryId,
        groupId,
        members,
        $"""
        select e.member_id from group_members e
        where e.directory_id = {directoryId} and e.group_id = {groupId} and not exists (select from ({members}) s where s.id = e.member_id)
        """);

    /// <summary>These too.</summary>
    public static MemberStep Add(string directoryId, string groupId, SqlText members) =>
        Difference(directoryId, groupId, members, unwanted: null);

    /// <summary>Not these.</summary>
    public static MemberStep Remove(string directoryId, string groupId, SqlText members) => Difference(
        directoryId,
        groupId,
        null,
        $"""
        select e.member_id from group_members e
        where e.directory_id = {directoryId} and e.group_id = {groupId} and exists (select from ({members}) s where s.id = e.member_id)
        """);

    /// <summary>Nobody for whom the condition on the edge e holds.</summary>
    public static MemberStep RemoveWhere(string directoryId, string groupId, SqlText condition) => Difference(
        directoryId,
        groupId,
        null,
        $"select e.member_id from group_members e where e.directory_id = {directoryId} and e.group_id = {groupId} and ({condition})");

    /// <summary>Members of the request as rows.</summary>
    public static SqlText InMemory(IReadOnlyCollection<Member> members)
    {
        if (members.Count == 1)
        {
            var only = members.First();
            return $"select * from (values ({only.Value}, {(short)only.Type}, {only.Display})) as w (id, type, display)";
        }

        var ids = members.Select(m => m.Value).ToArray();
        var types = members.Select(m => (short)m.Type).ToArray();
        var displays = members.Select(m => m.Display).ToArray();
        return $"select * from unnest({ids}, {types}, {displays}) as w (id, type, display)";
    }

    private static MemberStep Difference(string directoryId, string groupId, SqlText? members, SqlText? unwanted)
    {
        SqlText nobody = $"select null::text, null::smallint, null::text where false";
        return new(
            members is null ? nobody : MissingOrDifferent(directoryId, groupId, members),
            unwanted,
            $"true",
            $"e.member_id in (select id from unwanted)",
            ComparesSets: true);
    }

    private static SqlText MissingOrDifferent(string directoryId, string groupId, SqlText members) => $"""
        select s.id, s.type, s.display
        from ({members}) s
        left join group_members e on e.directory_id = {directoryId} and e.group_id = {groupId} and e.member_id = s.id
        where e.member_id is null or (s.display <> '' and e.display <> s.display) or e.carried_over
        """;
}
