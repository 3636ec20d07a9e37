using DirectorySync.Chassis.Sql;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Scim;
using Google.Protobuf;
using Npgsql;

namespace DirectorySync.GroupMembership;

/// <summary>Rows of groups, each write with its change. Edges are <see cref="MemberStore"/>'s.</summary>
internal sealed class GroupStore(Database database)
{
    /// <summary>Names the index that <see cref="IsNameTaken"/> recognizes.</summary>
    private const string UniqueName = "groups_unique_name_key";

    private const string RequestId = "groups_request_id_key";

    private static readonly string GroupType = Group.Descriptor.FullName;

    public static bool IsNameTaken(PostgresException e) => IsViolation(e, UniqueName);

    public static bool IsRequestKnown(PostgresException e) => IsViolation(e, RequestId);

    public Task<Group?> FindAsync(string directoryId, string id, CancellationToken ct) =>
        database.Sql(Select(directoryId, id)).FindAsync(StoredGroup.Read, ct);

    public static SqlText Select(string directoryId, string id) =>
        $"select {StoredGroup.Columns} from groups g where g.directory_id = {directoryId} and g.id = {id}";

    /// <summary>The group that a request made before, if it is being repeated.</summary>
    public async Task<Group?> FindByRequestAsync(string directoryId, string requestId, CancellationToken ct) =>
        requestId.Length == 0 ? null : await database.Sql($"""
            select {StoredGroup.Columns} from groups g where g.directory_id = {directoryId} and g.request_id = {requestId}
            """).FindAsync(StoredGroup.Read, ct);

    /// <summary>
    /// Locks the group's row, so that no member comes or goes by any request until the transaction ends, and reads it as it is then.
    /// Null: there is none. Throws DIRECTORY_STATE if the directory is closed.
    /// </summary>
    public static async Task<Group?> LockAsync(Transaction tx, string directoryId, string id, bool excludeDeltas, CancellationToken ct)
    {
        // Two statements: what the second reads is as of after the wait for the lock.
        SqlText strength = excludeDeltas ? ForUpdate : ForNoKeyUpdate;
        var closed = await tx.Sql($"""
            select exists (select from closed_directories c where c.directory_id = {directoryId})
            from groups g where g.directory_id = {directoryId} and g.id = {id} {strength}
            """).FindAsync(row => (bool?)row.GetBoolean(0), ct);
        return closed switch
        {
            null => null,
            true => throw GroupRules.DirectoryClosed(),
            false => await tx.Sql(Select(directoryId, id)).SingleAsync(StoredGroup.Read, ct),
        };
    }

    /// <summary>
    /// The statement that inserts a group as version 1 (its message says so) and answers whether it did: not if the directory is closed
    /// or, with `unique`, if the name is taken. Of two at once with the same name the index fails one.
    /// </summary>
    public static SqlText Insert(Group group, string requestId, bool unique)
    {
        var key = GroupRules.NameKey(group.DisplayName);
        var time = group.CreateTime.ToDateTimeOffset();
        return $"""
            with created as (
              insert into groups (directory_id, id, display_name, display_name_key, unique_name_key, external_id, version, create_time,
                update_time, request_id, data, doc)
              select {group.DirectoryId}, {group.Id}, {group.DisplayName}, {key}, {(unique ? key : null)},
                {NullIfEmpty(group.ExternalId)}, 1, {time}, {time}, {NullIfEmpty(requestId)}, {group.ToByteArray()},
                {new Jsonb(SearchForm.Of(group))}
              where not exists (select from closed_directories c where c.directory_id = {group.DirectoryId})
                and not ({unique} and exists (
                  select from groups o where o.directory_id = {group.DirectoryId} and o.display_name_key = {key}))
              returning directory_id, id, data
            ),
            known as (
              insert into members (directory_id, id, type, state)
              select directory_id, id, {(short)MemberType.Group}, 'present' from created
              on conflict do nothing
            ),
            counted as (insert into group_counts (directory_id, delta) select directory_id, 1 from created),
            fed as (
              insert into changes (directory_id, resource_type, resource_id, version, resource, traceparent)
              select directory_id, {GroupType}, id, 1, data, {EdgeSql.Traceparent} from created
            )
            select exists (select from created), exists (select from closed_directories c where c.directory_id = {group.DirectoryId})
            """;
    }

    /// <summary>
    /// Inserts as <see cref="Insert"/> says, in a transaction or as a statement of its own. GROUP_NAME_TAKEN, DIRECTORY_STATE.
    /// </summary>
    public static async Task InsertAsync(SqlStatement insert, string displayName, CancellationToken ct)
    {
        var (created, closed) = await insert.SingleAsync(row => (row.GetBoolean(0), row.GetBoolean(1)), ct);
        if (!created)
        {
            throw closed ? GroupRules.DirectoryClosed() : GroupRules.NameTaken(displayName);
        }
    }

    /// <summary>
    /// Writes a locked group's attributes and tells of them. GROUP_NAME_TAKEN. A change's version is the row's own count, which moves only under
    /// the row's lock: members may come and go meanwhile, and what they add to the group's version must not order its changes.
    /// </summary>
    public static async Task UpdateAsync(Transaction tx, Group group, bool unique, CancellationToken ct)
    {
        var key = GroupRules.NameKey(group.DisplayName);
        var data = group.ToByteArray();
        var updated = await tx.Sql($"""
            with updated as (
              update groups g
              set display_name = {group.DisplayName}, display_name_key = {key},
                unique_name_key = case when g.display_name_key = {key} then g.unique_name_key else {(unique ? key : null)} end,
                external_id = {NullIfEmpty(group.ExternalId)}, version = g.version + 1, update_time = {group.UpdateTime.ToDateTimeOffset()},
                data = {data}, doc = {new Jsonb(SearchForm.Of(group))}
              where g.directory_id = {group.DirectoryId} and g.id = {group.Id}
                and not ({unique} and g.display_name_key <> {key} and exists (
                  select from groups o where o.directory_id = {group.DirectoryId} and o.display_name_key = {key} and o.id <> {group.Id}))
              returning g.version
            ),
            fed as (
              insert into changes (directory_id, resource_type, resource_id, version, resource, traceparent)
              select {group.DirectoryId}, {GroupType}, {group.Id}, version, {data}, {EdgeSql.Traceparent} from updated
            )
            select exists (select from updated)
            """).SingleAsync(row => row.GetBoolean(0), ct);
        if (!updated)
        {
            throw GroupRules.NameTaken(group.DisplayName);
        }
    }

    /// <summary>
    /// Deletes a group that is locked against deltas: its edges silently, those in which it is a member with a change each.
    /// Statement by statement, in one round trip: each sees what the feed's consumer did before it let go of an edge.
    /// </summary>
    public static Task DeleteAsync(Transaction tx, Group group, DateTimeOffset now, CancellationToken ct) => tx.ExecuteAllAsync(
        [
            $"""
            with found as materialized (
              select e.member_id from group_members e
              where e.directory_id = {group.DirectoryId} and e.group_id = {group.Id}
              order by e.member_id
              for update
            )
            delete from group_members e
            using found f
            where e.directory_id = {group.DirectoryId} and e.group_id = {group.Id} and e.member_id = f.member_id
            """,
            MemberStore.MarkDeleted([group.DirectoryId], [group.Id], MemberType.Group),
            EdgeSql.RemoveOf([group.DirectoryId], [group.Id], now),
            $"delete from group_slots s where s.directory_id = {group.DirectoryId} and s.group_id = {group.Id}",
            $"""
            with deleted as (
              delete from groups g where g.directory_id = {group.DirectoryId} and g.id = {group.Id} returning g.directory_id, g.version
            ),
            counted as (insert into group_counts (directory_id, delta) select directory_id, -1 from deleted)
            insert into changes (directory_id, resource_type, resource_id, version, deleted, resource, traceparent)
            select directory_id, {GroupType}, {group.Id}, version + 1, true, {group.ToByteArray()}, {EdgeSql.Traceparent} from deleted
            """,
        ],
        ct);

    public Task<List<(string DirectoryId, long Count)>> CountAsync(string[] directoryIds, CancellationToken ct) => database.Sql($"""
        select directory_id, sum(delta)::bigint from group_counts where directory_id = any({directoryIds}) group by directory_id
        """).ListAsync(row => (row.GetString(0), row.GetInt64(1)), ct);

    private static SqlText ForUpdate => $"for update of g";

    private static SqlText ForNoKeyUpdate => $"for no key update of g";

    private static string? NullIfEmpty(string value) => value.Length == 0 ? null : value;

    private static bool IsViolation(PostgresException e, string constraint) =>
        e.SqlState == PostgresErrorCodes.UniqueViolation && e.ConstraintName == constraint;
}
