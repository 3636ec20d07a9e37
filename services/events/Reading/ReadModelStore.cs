using DirectorySync.Identity.V1;

namespace DirectorySync.Events.Reading;

/// <summary>Reads what applications have been told.</summary>
internal sealed class ReadModelStore(Database database)
{
    /// <summary>The directory in which a user or group is, if it is the organization's; null: nowhere.</summary>
    public async Task<string?> FindDirectoryAsync(
        string directoryId, string userId, string groupId, string organizationId, CancellationToken ct)
    {
        var source = userId.Length > 0 ? (SqlText)$"(select u.directory_id, u.id from directory_users u where u.told is not null and u.id = {userId})"
            : groupId.Length > 0 ? $"(select g.directory_id, g.id from directory_groups g where g.told is not null and g.id = {groupId})"
            : (SqlText)$"(select {directoryId} as directory_id)";
        return await database.Sql($"""
            select d.directory_id
            from {source} r
            join directories d on d.directory_id = r.directory_id and not d.closed
            where {directoryId} in ('', d.directory_id) and {organizationId} in ('', d.organization_id)
            order by d.directory_id
            limit 1
            """).FindAsync(row => row.GetString(0), ct);
    }

    public async Task<UserWithGroups?> FindUserAsync(string directoryId, string id, CancellationToken ct)
    {
        var users = await ReadUsersAsync($"""
            select r.told, d.organization_id, {ApplicationId}
            from directory_users r
            join directories d on d.directory_id = r.directory_id
            where r.directory_id = {directoryId} and r.id = {id} and r.told is not null
            """, ct);
        await FillGroupsAsync(directoryId, users, ct);
        return users.FirstOrDefault();
    }

    public async Task<(List<UserWithGroups> Users, PageMetadata Page)> ListUsersAsync(
        string directoryId, ListDirectoryUsersRequest request, CancellationToken ct)
    {
        var page = new ListPage(request.Page);
        var inGroup = request.GroupId.Length == 0 ? SqlText.Empty : (SqlText)$"""
             and exists (
              select from memberships m
              where m.directory_id = r.directory_id and m.user_id = r.id and m.group_id = {request.GroupId} and m.told)
            """;
        var withIdpId = request.IdpId.Length == 0 ? SqlText.Empty : (SqlText)$" and r.told_idp_id = {request.IdpId}";
        var withEmail = request.Email.Length == 0 ? SqlText.Empty : (SqlText)$" and r.told_email_key = {request.Email.ToLowerInvariant()}";
        var users = await ReadUsersAsync($"""
            select r.told, d.organization_id, {ApplicationId}
            from directory_users r
            join directories d on d.directory_id = r.directory_id
            where r.directory_id = {directoryId} and r.told is not null{inGroup}{withIdpId}{withEmail}{page.Tail}
            """, ct);
        var metadata = page.Cut(users, user => user.User.Id);
        await FillGroupsAsync(directoryId, users, ct);
        return (users, metadata);
    }

    public async Task<DirectoryGroup?> FindGroupAsync(string directoryId, string id, CancellationToken ct) => (await ReadGroupsAsync($"""
        select r.told, d.organization_id
        from directory_groups r
        join directories d on d.directory_id = r.directory_id
        where r.directory_id = {directoryId} and r.id = {id} and r.told is not null
        """, ct)).FirstOrDefault();

    public async Task<(List<DirectoryGroup> Groups, PageMetadata Page)> ListGroupsAsync(
        string directoryId, ListDirectoryGroupsRequest request, CancellationToken ct)
    {
        var page = new ListPage(request.Page);
        var ofUser = request.UserId.Length == 0 ? SqlText.Empty : (SqlText)$"""
             and exists (
              select from memberships m
              where m.directory_id = r.directory_id and m.user_id = {request.UserId} and m.group_id = r.id and m.told)
            """;
        var groups = await ReadGroupsAsync($"""
            select r.told, d.organization_id
            from directory_groups r
            join directories d on d.directory_id = r.directory_id
            where r.directory_id = {directoryId} and r.told is not null{ofUser}{page.Tail}
            """, ct);
        return (groups, page.Cut(groups, group => group.Id));
    }

    private static SqlText ApplicationId =>
        $"(select a.application_id from adopted_users a where d.adopting and a.directory_id = r.directory_id and a.user_id = r.id limit 1)";

    private Task<List<UserWithGroups>> ReadUsersAsync(SqlText query, CancellationToken ct) => database.Sql(query).ListAsync(
        row =>
        {
            var user = DirectoryUser.Parser.ParseFrom(row.GetFieldValue<byte[]>(0));
            user.OrganizationId = row.GetString(1);
            user.ApplicationId = row.IsDBNull(2) ? "" : row.GetString(2);
            return new UserWithGroups { User = user };
        },
        ct);

    private Task<List<DirectoryGroup>> ReadGroupsAsync(SqlText query, CancellationToken ct) => database.Sql(query).ListAsync(
        row =>
        {
            var group = DirectoryGroup.Parser.ParseFrom(row.GetFieldValue<byte[]>(0));
            group.OrganizationId = row.GetString(1);
            return group;
        },
        ct);

    private async Task FillGroupsAsync(string directoryId, List<UserWithGroups> users, CancellationToken ct)
    {
        if (users.Count == 0)
        {
            return;
        }

        var groups = (await database.Sql($"""
            select m.user_id, g.told
            from memberships m
            join directory_groups g on g.directory_id = m.directory_id and g.id = m.group_id and g.told is not null
            where m.directory_id = {directoryId} and m.user_id = any({users.Select(user => user.User.Id).ToArray()}) and m.told
            order by m.user_id, m.group_id
            """).ListAsync(row => (UserId: row.GetString(0), Group: DirectoryGroup.Parser.ParseFrom(row.GetFieldValue<byte[]>(1))), ct))
            .ToLookup(row => row.UserId, row => row.Group);
        foreach (var user in users)
        {
            foreach (var group in groups[user.User.Id])
            {
                group.OrganizationId = user.User.OrganizationId;
                user.Groups.Add(group);
            }
        }
    }
}
