using DirectorySync.Chassis.Audit;
using DirectorySync.Chassis.Sql;
using DirectorySync.GroupMembership.V1;
using Npgsql;

namespace DirectorySync.GroupMembership;

/// <summary>Edges: who is in which group, and what is known of the members.</summary>
internal sealed class MemberStore(Database database, UserGroupsCache cache)
{
    private const int Batch = 5_000;

    /// <summary>Applies a delta in one round trip. Writes nothing if there are strangers and identity was not asked.</summary>
    public Task<EdgesWritten> WriteAsync(
        string directoryId, string groupId, MemberDelta delta, bool asked, DateTimeOffset now, CancellationToken ct) =>
        database.SingleOfLastAsync(
            [
                EdgeSql.Lock(directoryId, groupId, delta),
                EdgeSql.Write(directoryId, groupId, MemberStep.Of(delta), asked, count: true, now),
            ],
            EdgesWritten.Read,
            ct);

    /// <summary>
    /// Has PostgreSQL join by hash in this transaction. Sets here are as large as the request says; statistics know nothing of it, and a
    /// nested loop chosen for a small group takes hours for a large one.
    /// </summary>
    public static Task PreferSetsAsync(Transaction tx, CancellationToken ct) =>
        tx.Sql($"select set_config('enable_nestloop', 'off', true), set_config('jit', 'off', true)").ExecuteAsync(ct);

    /// <summary>Applies a step of a longer transaction and answers whether anything changed that anyone can see.</summary>
    public static async Task<bool> WriteAsync(
        Transaction tx, string directoryId, string groupId, MemberStep step, DateTimeOffset now, CancellationToken ct)
    {
        var written = await tx.Sql(EdgeSql.Write(directoryId, groupId, step, asked: true, count: false, now))
            .SingleAsync(EdgesWritten.Read, ct);
        return written.Changed;
    }

    /// <summary>Counts the changes of a longer transaction in the group's version, last of all.</summary>
    public static Task CountAsync(
        Transaction tx, string directoryId, string groupId, DateTimeOffset now, CancellationToken ct) => tx.Sql($"""
        insert into group_slots as s (directory_id, group_id, slot, version, last_modified)
        values ({directoryId}, {groupId}, pg_backend_pid() % 32, 1, {now})
        on conflict (directory_id, group_id, slot) do update
        set version = s.version + 1, last_modified = greatest(s.last_modified, excluded.last_modified)
        """).ExecuteAsync(ct);

    /// <summary>
    /// A group and its resolved members by id, all from one snapshot, as they arrive from the store. The group is in the first row only,
    /// the member is null if there is none; no rows: there is no such group. "materialized" has the group's slots added up once and not
    /// for every member.
    /// </summary>
    /// <param name="directoryId">The directory.</param>
    /// <param name="groupId">The group.</param>
    /// <param name="most">Members to read at most; null: all.</param>
    /// <param name="after">Only members whose id comes after this one; empty: all.</param>
    /// <param name="ct">Ends the read.</param>
    public IAsyncEnumerable<(Group? Group, Member? Member)> ReadAsync(
        string directoryId, string groupId, int? most, string after, CancellationToken ct) =>
        database.Sql(Read(directoryId, groupId, most, after)).StreamAsync(
            row => (row.IsDBNull(0) ? null : StoredGroup.Read(row), row.IsDBNull(3) ? null : ReadMember(row, 3)), ct);

    /// <summary>The statement of <see cref="ReadAsync"/>.</summary>
    public static SqlText Read(string directoryId, string groupId, int? most, string after = "") => $"""
        with h as materialized (select {StoredGroup.Columns} from groups g where g.directory_id = {directoryId} and g.id = {groupId})
        select case when e.position is null or e.position = 1 then h.data end, h.total_version, h.last_modified,
          e.member_id, e.type, e.display
        from h
        left join (
          select e.member_id, e.type, e.display, row_number() over (order by e.member_id) as position
          from (
            select e.member_id, e.type, e.display
            from group_members e
            where e.directory_id = {directoryId} and e.group_id = {groupId} and e.resolved
              {(after.Length > 0 ? (SqlText)$"and e.member_id > {after}" : SqlText.Empty)}
            order by e.member_id
            {(most is { } number ? $"limit {SqlText.Number(number)}" : SqlText.Empty)}
          ) e
        ) e on true
        """;

    /// <summary>The resolved members of groups, group by group in the order asked for.</summary>
    public IAsyncEnumerable<(string GroupId, Member Member)> ListAsync(string directoryId, string[] groupIds, CancellationToken ct) =>
        database.Sql($"""
            select o.id, e.member_id, e.type, e.display
            from unnest({groupIds}) with ordinality as o (id, position)
            join group_members e on e.directory_id = {directoryId} and e.group_id = o.id and e.resolved
            order by o.position, e.member_id
            """).StreamAsync(row => (row.GetString(0), ReadMember(row, 1)), ct);

    /// <summary>
    /// Of each user that is in a group the groups, by id. "offset 0" keeps the planner from joining in another order, which old statistics
    /// make look cheap: it would read all members of a group.
    /// </summary>
    public async Task<List<UserGroups>> ListGroupsAsync(string directoryId, string[] userIds, CancellationToken ct)
    {
        SqlText query = $"""
            select u.id, g.id, g.display_name
            from ({MemberStep.Ids(userIds)}) u (id)
            cross join lateral (
              select e.group_id from group_members e
              where e.directory_id = {directoryId} and e.member_id = u.id and e.resolved offset 0) e
            cross join lateral (
              select g.id, g.display_name from groups g where g.directory_id = {directoryId} and g.id = e.group_id offset 0) g
            order by u.id, g.id
            """;
        static (string UserId, GroupReference Group) Read(NpgsqlDataReader row) =>
            (row.GetString(0), new() { Id = row.GetString(1), DisplayName = row.GetString(2) });
        var rows = userIds.Length == 1
            ? await database.LookUpAsync(query, Read, ct)
            : await database.ListPlannedOnceAsync(query, Read, ct);
        var all = new List<UserGroups>();
        foreach (var (userId, group) in rows)
        {
            if (all is not [.., var last] || last.UserId != userId)
            {
                last = new() { UserId = userId };
                all.Add(last);
            }

            last.Groups.Add(group);
        }

        return all;
    }

    public Task<bool> IsDeletedAsync(string directoryId, string id, CancellationToken ct) => database.Sql($"""
        select exists (select from members m where m.directory_id = {directoryId} and m.id = {id} and m.state = 'deleted')
        """).SingleAsync(row => row.GetBoolean(0), ct);

    /// <summary>Those of the ids of which neither existence nor deletion is known.</summary>
    public async Task<List<string>> ListStrangersAsync(string directoryId, IReadOnlyCollection<string> ids, CancellationToken ct)
    {
        var strangers = new List<string>();
        foreach (var batch in ids.Chunk(Batch))
        {
            strangers.AddRange(await database.Sql($"""
                select u.id
                from unnest({batch}) as u (id)
                left join members m on m.directory_id = {directoryId} and m.id = u.id
                where m.id is null or m.state = 'unknown'
                """).ListAsync(row => row.GetString(0), ct));
        }

        return strangers;
    }

    /// <summary>Remembers ids that identity does not know.</summary>
    public Task AddUnknownAsync(string directoryId, string[] ids, CancellationToken ct) => database.Sql($"""
        insert into members (directory_id, id, type, state)
        select {directoryId}, u.id, 0, 'unknown'
        from unnest({ids}) as u (id)
        where not exists (select from closed_directories c where c.directory_id = {directoryId})
        order by u.id
        on conflict do nothing
        """).ExecuteAsync(ct);

    /// <summary>
    /// Users that exist: their rows, and the edges that waited for them. Statement by statement: the second sees rows whose insertion the
    /// first waited for, the third edges whose insertion the second waited for. Answers whether edges waited.
    /// </summary>
    /// <param name="tx">The transaction.</param>
    /// <param name="directoryIds">A directory for each id.</param>
    /// <param name="ids">The users.</param>
    /// <param name="bootstrap">
    /// Set while identity's users are listed from scratch: marks them as listed; who was thought deleted is back (a restore).
    /// </param>
    /// <param name="now">The time of the change.</param>
    /// <param name="ct">Ends the work.</param>
    public async Task<bool> AddPresentAsync(
        Transaction tx, string[] directoryIds, string[] ids, Guid? bootstrap, DateTimeOffset now, CancellationToken ct)
    {
        tx.ExecuteLater($"""
            insert into members (directory_id, id, type, state, bootstrap)
            select distinct u.directory_id, u.id, {(short)MemberType.User}::smallint, 'present', {bootstrap}::uuid
            from unnest({directoryIds}, {ids}) as u (directory_id, id)
            where not exists (select from closed_directories c where c.directory_id = u.directory_id)
            order by u.directory_id, u.id
            on conflict do nothing
            """);
        var met = await tx.Sql($"""
            with found as materialized (
              select m.directory_id, m.id, m.state
              from unnest({directoryIds}, {ids}) as u (directory_id, id)
              join members m on m.directory_id = u.directory_id and m.id = u.id
              where m.state = 'unknown' or m.bootstrap is distinct from coalesce({bootstrap}::uuid, m.bootstrap)
              order by m.directory_id, m.id
              for no key update of m
            ),
            updated as (
              update members m
              set state = 'present', type = {(short)MemberType.User}, bootstrap = coalesce({bootstrap}::uuid, m.bootstrap)
              from found f
              where m.directory_id = f.directory_id and m.id = f.id
            )
            select f.directory_id, f.id from found f where f.state <> 'present'
            """).ListAsync(row => (Directory: row.GetString(0), Id: row.GetString(1)), ct);
        if (met.Count > 0)
        {
            await cache.FenceAsync(tx, met);
            await tx.Sql(EdgeSql.Resolve([.. met.Select(m => m.Directory)], [.. met.Select(m => m.Id)], MemberType.User, now))
                .ExecuteAsync(ct);
        }

        return met.Count > 0;
    }

    /// <summary>
    /// Whether users are active. What they are members of is carried over from the moment on at which one stops to be, until it is named again.
    /// Answers whether one did.
    /// </summary>
    public static async Task<bool> SetActiveAsync(Transaction tx, UserActivity[] users, CancellationToken ct)
    {
        var deactivated = await tx.Sql($"""
            with met as materialized (
              select u.*, m.inactive
              from unnest({users.Select(u => u.DirectoryId).ToArray()}, {users.Select(u => u.Id).ToArray()},
                {users.Select(u => u.Active).ToArray()}, {users.Select(u => u.DeactivatedVersion).ToArray()},
                {users.Select(u => u.DeactivatedTime).ToArray()}, {users.Select(u => u.WasActive).ToArray()})
                as u (directory_id, id, active, version, time, was_active)
              cross join lateral (
                select m.inactive from members m
                where m.directory_id = u.directory_id and m.id = u.id and (m.inactive = u.active or u.version > m.deactivated_version)
                offset 0 for no key update) m
            )
            update members m
            set inactive = not f.active,
              deactivated_version = case when f.version > 0 and (f.was_active or not f.inactive) then f.version else m.deactivated_version end
            from met f
            where m.directory_id = f.directory_id and m.id = f.id
              and (m.inactive = f.active or (f.version > 0 and (f.was_active or not f.inactive)))
            returning m.directory_id, m.id, f.version, f.time, f.version > 0 and (f.was_active or not f.inactive)
            """).ListAsync(
            row => (DirectoryId: row.GetString(0), Id: row.GetString(1), Version: row.GetInt64(2), Time: row.GetFieldValue<DateTimeOffset>(3),
                IsNew: row.GetBoolean(4)),
            ct);
        var left = deactivated.Where(user => user.IsNew).ToList();
        if (left.Count > 0)
        {
            await tx.Sql(EdgeSql.CarryOver(
                [.. left.Select(u => u.DirectoryId)], [.. left.Select(u => u.Id)], [.. left.Select(u => u.Version)], [.. left.Select(u => u.Time)]))
                .ExecuteAsync(ct);
        }

        return left.Count > 0;
    }

    /// <summary>As if the identity provider had named all of a user's memberships just now. Answers how many needed it.</summary>
    public Task<int> ConfirmAsync(string directoryId, string userId, CancellationToken ct) =>
        database.InTransactionAsync(
            async tx =>
            {
                var confirmed = await tx.Sql(EdgeSql.Confirm(directoryId, userId)).ExecuteAsync(ct);
                if (confirmed > 0)
                {
                    tx.Audit("memberships.confirmed", userId, after: new ConfirmMembershipsResponse { Confirmed = confirmed }, directoryId: directoryId);
                }

                return confirmed;
            },
            ct);

    /// <summary>Users that a bootstrap has not listed: perhaps deleted, perhaps newer than the list. At most 5,000.</summary>
    public static Task<List<(string DirectoryId, string Id)>> ListUnlistedAsync(
        Transaction tx, Guid bootstrap, (string DirectoryId, string Id) after, CancellationToken ct) => tx.Sql($"""
        select m.directory_id, m.id
        from members m
        where (m.directory_id, m.id) > ({after.DirectoryId}, {after.Id}) and m.type = {(short)MemberType.User} and m.state = 'present'
          and m.bootstrap is distinct from {bootstrap}
        order by m.directory_id, m.id
        limit {Batch}
        """).ListAsync(row => (row.GetString(0), row.GetString(1)), ct);

    /// <summary>Members that are deleted: their rows, to stay, and all their edges.</summary>
    public static async Task AddDeletedAsync(
        Transaction tx, string[] directoryIds, string[] ids, DateTimeOffset now, CancellationToken ct)
    {
        await tx.ExecuteAllAsync(
            [MarkDeleted(directoryIds, ids, MemberType.User), EdgeSql.RemoveOf(directoryIds, ids, now)], ct);
    }

    /// <summary>The statement that leaves tombstones, and waits for whoever is writing edges of these members.</summary>
    public static SqlText MarkDeleted(string[] directoryIds, string[] ids, MemberType type) => $"""
        insert into members as m (directory_id, id, type, state)
        select distinct u.directory_id, u.id, {(short)type}::smallint, 'deleted'
        from unnest({directoryIds}, {ids}) as u (directory_id, id)
        order by u.directory_id, u.id
        on conflict (directory_id, id) do update set state = 'deleted' where m.state <> 'deleted'
        """;

    private static Member ReadMember(NpgsqlDataReader row, int column) => new()
    {
        Value = row.GetString(column), Type = (MemberType)row.GetInt16(column + 1), Display = row.GetString(column + 2),
    };
}
