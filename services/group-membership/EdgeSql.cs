using System.Diagnostics;
using DirectorySync.Chassis.Sql;
using DirectorySync.GroupMembership.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.GroupMembership;

/// <summary>Statements that write edges, each with its changes in the feed and the groups' versions: one round trip.</summary>
internal static class EdgeSql
{
    private static readonly string MembershipType = Membership.Descriptor.FullName;

    /// <summary>The traced request that writes, if it is traced.</summary>
    public static string? Traceparent => Activity.Current is { Recorded: true } activity ? activity.Id : null;

    /// <summary>
    /// Takes the locks of <see cref="Write"/>, to run before it in the same transaction where others may be changing edges of the group: so
    /// that it sees what those did whom it waited for, and not what was there before.
    /// </summary>
    public static SqlText Lock(string directoryId, string groupId, MemberDelta delta)
    {
        var ids = delta.Added.Select(m => m.Value).Concat(delta.Removed).ToArray();
        return $"""
            with target as materialized (
              select 1 from groups g where g.directory_id = {directoryId} and g.id = {groupId} for key share
            ),
            {Locked(directoryId, MemberStep.Ids(ids))}
            select count(*) from locked
            """;
    }

    // The rows of members, locked in the order of the ids that a query gives, if there is the group. Each is found by its key: an array to
    // compare with would have the statement planned at every run.
    private static SqlText Locked(string directoryId, SqlText ids) => $"""
        locked as materialized (
          select m.id, m.type, m.state, m.deactivated_version
          from (select id from ({ids}) i (id) order by id collate "C") touched
          cross join lateral (
            select m.id, m.type, m.state, m.deactivated_version from members m
            where m.directory_id = {directoryId} and m.id = touched.id and exists (select from target)
            offset 0 for no key update) m
        )
        """;

    /// <summary>
    /// Writes a step: columns are the group's data, version and time of last change (null if there is no such group), whether the
    /// directory is closed, the ids of which nothing is known yet, and the number of edges changed that anyone can see.
    /// Locks the group's row for key share (a deletion or replacement waits, other deltas do not), then the members' rows in the order of
    /// their ids, and only then draws versions: so an edge's versions and changes are in the order in which they happened. Last of all it
    /// counts itself in a slot of the group that nobody else is using; there are more of them only when several write at once.
    /// </summary>
    /// <param name="directoryId">The directory.</param>
    /// <param name="groupId">The group.</param>
    /// <param name="step">Who comes and who goes.</param>
    /// <param name="asked">False: if an id is unknown, nothing is written, so that identity can be asked. True: it has been asked.</param>
    /// <param name="count">Count the change in the group's version here; otherwise the caller does, at the end of its transaction.</param>
    /// <param name="now">The time of the change.</param>
    public static SqlText Write(string directoryId, string groupId, MemberStep step, bool asked, bool count, DateTimeOffset now)
    {
        var start = new Membership { DirectoryId = directoryId, GroupId = groupId }.ToByteArray();
        var created = new Membership { CreateTime = Timestamp.FromDateTimeOffset(now) }.ToByteArray();
        SqlText touched = $"select id from wanted {(step.Unwanted is null ? SqlText.Empty : $"union all select id from unwanted")}";
        return $"""
            with wanted (id, type, display) as materialized ({step.Wanted}),
            {(step.Unwanted is null ? SqlText.Empty : $"unwanted (id) as materialized ({step.Unwanted}),")}
            target as materialized (
              select g.data, g.version, g.update_time
              from groups g
              where g.directory_id = {directoryId} and g.id = {groupId}
                and not exists (select from closed_directories c where c.directory_id = {directoryId})
              for key share
            ),
            {Locked(directoryId, touched)},
            strangers as materialized (
              select w.id from wanted w left join locked l on l.id = w.id where l.id is null or l.state = 'unknown'
            ),
            start as materialized (
              select (select count(*) from locked) >= 0 and exists (select from target)
                and ({asked} or not exists (select from strangers)) as ready
            ),
            added as (
              insert into group_members (directory_id, group_id, member_id, type, display, resolved, version, create_time, member_version)
              select {directoryId}, {groupId}, l.id, case l.type when 0 then w.type else l.type end, w.display, l.state = 'present',
                nextval('membership_versions'), {now}, l.deactivated_version
              from wanted w
              join locked l on l.id = w.id
              where (select ready from start)
              order by l.id
              on conflict do nothing
              returning member_id, type, display, resolved, version, create_time, member_version
            ),
            renamed as (
              update group_members e
              set display = case w.display when '' then e.display else w.display end, carried_over = false,
                version = nextval('membership_versions')
              from wanted w
              where e.directory_id = {directoryId} and e.group_id = {groupId} and e.member_id = w.id and {step.IsWanted}
                and ((w.display <> '' and e.display <> w.display) or e.carried_over) and (select ready from start)
              returning e.member_id, e.type, e.display, e.resolved, e.version, e.create_time, e.member_version
            ),
            {(step.Unwanted is null ? SqlText.Empty : Removed(directoryId, groupId, step))}
            written as (
              select *, false as deleted from added where resolved
              union all
              select *, false as deleted from renamed where resolved
              {(step.Unwanted is null ? SqlText.Empty : $"union all select *, true as deleted from removed where resolved")}
            ),
            fed as (
              insert into changes (directory_id, resource_type, resource_id, version, deleted, resource, traceparent)
              select {directoryId}, {MembershipType}, {groupId} || '/' || member_id, version, deleted,
                membership_message(
                  {start}, member_id, type, display, version,
                  case create_time when {now} then {created} else membership_created(create_time) end)
                  || case member_version when 0 then ''::bytea else membership_end(false, member_version) end,
                {Traceparent}
              from written
            ),
            free as materialized (
              select s.slot
              from group_slots s
              where s.directory_id = {directoryId} and s.group_id = {groupId} and {count} and exists (select from written)
              limit 1
              for update skip locked
            ),
            counted as (
              insert into group_slots as s (directory_id, group_id, slot, version, last_modified)
              select {directoryId}, {groupId}, coalesce((select slot from free), pg_backend_pid() % 32), 1, {now}
              where {count} and exists (select from written)
              on conflict (directory_id, group_id, slot) do update
              set version = s.version + 1, last_modified = greatest(s.last_modified, excluded.last_modified)
              returning 1
            )
            select t.data,
              t.version + v.version + (select count(*) from counted),
              greatest(t.update_time, v.last_modified, case when exists (select from counted) then {now}::timestamptz end),
              exists (select from closed_directories c where c.directory_id = {directoryId}),
              array(select id from strangers),
              (select count(*) from written)
            from (
              select coalesce(sum(s.version), 0)::bigint as version, max(s.last_modified) as last_modified
              from group_slots s
              where s.directory_id = {directoryId} and s.group_id = {groupId}
            ) v
            left join target t on true
            """;
    }

    private static SqlText Removed(string directoryId, string groupId, MemberStep step) => $"""
        removed as (
          delete from group_members e
          where e.directory_id = {directoryId} and e.group_id = {groupId} and {step.IsUnwanted} and (select ready from start)
          returning e.member_id, e.type, e.display, e.resolved, nextval('membership_versions') as version, e.create_time, e.member_version
        ),
        """;

    /// <summary>Edges of members that have just become known. Their rows must be locked by this transaction.</summary>
    public static SqlText Resolve(string[] directoryIds, string[] memberIds, MemberType type, DateTimeOffset now) => $"""
        with found as materialized (
          select e.directory_id, e.member_id, e.group_id
          from unnest({directoryIds}, {memberIds}) as u (directory_id, member_id)
          join group_members e on e.directory_id = u.directory_id and e.member_id = u.member_id
          where not e.resolved
          order by e.directory_id, e.member_id, e.group_id
          for update of e
        ),
        written as (
          update group_members e
          set resolved = true, type = {(short)type}, version = nextval('membership_versions')
          from found f
          where e.directory_id = f.directory_id and e.group_id = f.group_id and e.member_id = f.member_id
          returning e.*, e.version as change_version, false as deleted
        ),
        {Tell(now)}
        """;

    /// <summary>Edges of members that are deleted. Their rows must be locked by this transaction.</summary>
    public static SqlText RemoveOf(string[] directoryIds, string[] memberIds, DateTimeOffset now) => $"""
        with found as materialized (
          select e.directory_id, e.member_id, e.group_id
          from unnest({directoryIds}, {memberIds}) as u (directory_id, member_id)
          join group_members e on e.directory_id = u.directory_id and e.member_id = u.member_id
          order by e.directory_id, e.member_id, e.group_id
          for update of e
        ),
        written as (
          delete from group_members e
          using found f
          where e.directory_id = f.directory_id and e.group_id = f.group_id and e.member_id = f.member_id
          returning e.*, nextval('membership_versions') as change_version, true as deleted
        ),
        {Tell(now)}
        """;

    /// <summary>Edges of users who were deactivated, as of that time. The users' rows must be locked by this transaction.</summary>
    public static SqlText CarryOver(string[] directoryIds, string[] memberIds, long[] versions, DateTimeOffset[] times) => $"""
        with found as materialized (
          select e.directory_id, e.member_id, e.group_id, u.version, u.time
          from unnest({directoryIds}, {memberIds}, {versions}, {times}) as u (directory_id, member_id, version, time)
          cross join lateral (
            select e.directory_id, e.member_id, e.group_id from group_members e
            where e.directory_id = u.directory_id and e.member_id = u.member_id
            order by e.group_id offset 0 for update) e
        ),
        written as (
          update group_members e
          set carried_over = e.carried_over or e.create_time <= f.time, member_version = f.version,
            version = nextval('membership_versions')
          from found f
          where e.directory_id = f.directory_id and e.group_id = f.group_id and e.member_id = f.member_id
          returning e.*, e.version as change_version, false as deleted
        )
        {Feed}
        """;

    /// <summary>Edges of a user that somebody confirms; answers how many.</summary>
    public static SqlText Confirm(string directoryId, string memberId) => $"""
        with member as materialized (
          select 1 from members m where m.directory_id = {directoryId} and m.id = {memberId} for no key update
        ),
        written as (
          update group_members e
          set carried_over = false, version = nextval('membership_versions')
          from member m
          where e.directory_id = {directoryId} and e.member_id = {memberId} and e.carried_over
          returning e.*, e.version as change_version, false as deleted
        )
        {Feed}
        """;

    // What was written of edges in several groups, to the feed.
    private static SqlText Feed => $"""
        insert into changes (directory_id, resource_type, resource_id, version, deleted, resource, traceparent)
        select directory_id, {MembershipType}, group_id || '/' || member_id, change_version, deleted,
          membership_message(
            membership_start(directory_id, group_id), member_id, type, case when deleted then '' else display end, change_version, membership_created(create_time))
            || membership_end(carried_over, member_version),
          {Traceparent}
        from written
        where resolved
        """;

    // The same, and into the groups' versions.
    private static SqlText Tell(DateTimeOffset now) => $"""
        fed as ({Feed})
        insert into group_slots as s (directory_id, group_id, slot, version, last_modified)
        select distinct directory_id, group_id, pg_backend_pid() % 32, 1, {now}::timestamptz
        from written
        where resolved
        order by directory_id, group_id
        on conflict (directory_id, group_id, slot) do update
        set version = s.version + 1, last_modified = greatest(s.last_modified, excluded.last_modified)
        """;
}
