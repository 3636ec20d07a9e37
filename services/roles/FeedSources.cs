using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.Feed.V1;

namespace DirectorySync.Roles;

/// <summary>All that exists here, for consumers that start from nothing.</summary>
internal sealed class FeedSources(Database database)
{
    private static readonly string RoleType = Role.Descriptor.FullName;
    private static readonly string UserRolesType = UserRoles.Descriptor.FullName;

    public async Task<IReadOnlyList<Change>> ListRolesAsync(string directoryId, Change? after, int limit, CancellationToken ct) =>
        directoryId.Length > 0 ? [] : await database.Sql($"""
            select r.data from roles r where r.slug > {after?.ResourceId ?? ""} order by r.slug limit {limit}
            """).ListAsync(
            row =>
            {
                var data = row.GetFieldValue<byte[]>(0);
                var role = Role.Parser.ParseFrom(data);
                return FeedImage.Of("", RoleType, role.Slug, role.Version, data);
            },
            ct);

    public async Task<IReadOnlyList<Change>> ListUserRolesAsync(string directoryId, Change? after, int limit, CancellationToken ct) =>
        await database.Sql($"""
            select u.data
            from users u
            where (u.directory_id, u.id) > ({after?.DirectoryId ?? ""}, {after?.ResourceId ?? ""}) and u.data is not null
              {(directoryId.Length == 0 ? SqlText.Empty : (SqlText)$"and u.directory_id = {directoryId}")}
            order by u.directory_id, u.id
            limit {limit}
            """).ListAsync(
            row =>
            {
                var data = row.GetFieldValue<byte[]>(0);
                var roles = UserRoles.Parser.ParseFrom(data);
                return FeedImage.Of(roles.DirectoryId, UserRolesType, roles.UserId, roles.Version, data);
            },
            ct);
}
