using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.Feed.V1;
using DirectorySync.GroupMembership.V1;
using Google.Protobuf;

namespace DirectorySync.GroupMembership;

/// <summary>All that exists here, for consumers that start from nothing.</summary>
internal sealed class FeedSources(Database database)
{
    private static readonly string GroupType = Group.Descriptor.FullName;
    private static readonly string MembershipType = Membership.Descriptor.FullName;

    public async Task<IReadOnlyList<Change>> ListGroupsAsync(string directoryId, Change? after, int limit, CancellationToken ct) =>
        await database.Sql($"""
            select {StoredGroup.Columns}, g.version
            from groups g
            where (g.directory_id, g.id) > ({after?.DirectoryId ?? ""}, {after?.ResourceId ?? ""}) {In(directoryId, $"g.directory_id")}
            order by g.directory_id, g.id
            limit {limit}
            """).ListAsync(
            row =>
            {
                var group = StoredGroup.Read(row);
                return FeedImage.Of(group.DirectoryId, GroupType, group.Id, row.GetInt64(3), group.ToByteArray());
            },
            ct);

    public async Task<IReadOnlyList<Change>> ListMembershipsAsync(string directoryId, Change? after, int limit, CancellationToken ct)
    {
        var key = after?.ResourceId.Split('/') ?? ["", ""];
        return await database.Sql($"""
            select e.directory_id, e.group_id || '/' || e.member_id, e.version,
              membership_message(
                membership_start(e.directory_id, e.group_id), e.member_id, e.type, e.display, e.version, membership_created(e.create_time))
                || membership_end(e.carried_over, e.member_version)
            from group_members e
            where (e.directory_id, e.group_id, e.member_id) > ({after?.DirectoryId ?? ""}, {key[0]}, {key[1]}) and e.resolved
              {In(directoryId, $"e.directory_id")}
            order by e.directory_id, e.group_id, e.member_id
            limit {limit}
            """).ListAsync(
            row => FeedImage.Of(
                row.GetString(0), MembershipType, row.GetString(1), row.GetInt64(2), row.GetFieldValue<byte[]>(3)),
            ct);
    }

    private static SqlText In(string directoryId, SqlText column) =>
        directoryId.Length == 0 ? SqlText.Empty : (SqlText)$"and {column} = {directoryId}";
}
