using DirectorySync.DirectoryApi;
using DirectorySync.Events.Adoption;
using DirectorySync.Events.Folding;
using DirectorySync.Events.Invitations;
using DirectorySync.Identity.V1;

namespace DirectorySync.Events.Telling;

/// <summary>
/// One transaction's telling: what applications shall see of some directories, minus what they know, as events in causal order. What goes, goes
/// first, from memberships to their ends; what comes, comes from the ends to the memberships. A phase that is not exhausted keeps the directory
/// from the next.
/// </summary>
internal sealed class TellingBatch(Transaction tx, IReadOnlyCollection<TellingDirectory> directories, DateTimeOffset time)
{
    private const int PhaseLimit = 250;

    private readonly Dictionary<string, TellingDirectory> of = directories.ToDictionary(directory => directory.Id);

    /// <summary>What is to be appended to the log, in this order.</summary>
    public List<Event> Events { get; } = [];

    public async Task RunAsync(CancellationToken ct)
    {
        foreach (var directory in directories)
        {
            Begin(directory);
        }

        await TellTokensAsync(ct);
        await RemoveMembershipsAsync(ct);
        await DeleteUsersAsync(ct);
        await DeleteGroupsAsync(ct);
        await WriteUsersAsync(ct);
        await WriteGroupsAsync(ct);
        await AddMembershipsAsync(ct);
    }

    // Those that the phases before have exhausted.
    private string[] Open => [.. of.Values.Where(directory => !directory.HasMore && !directory.Closed).Select(directory => directory.Id)];

    private void Begin(TellingDirectory directory)
    {
        if (directory.Closed)
        {
            if (directory.Activated)
            {
                Events.Add(directory.Next(EventTypes.Deleted, time, DirectoryEventJson.OfDeleted(directory.Data), "deleted"));
            }
        }
        else if (!directory.Activated)
        {
            directory.Activated = true;
            Events.Add(directory.Next(EventTypes.Activated, time, DirectoryEventJson.OfActivated(directory.Data, directory.Organization)));
        }
    }

    // One that was revoked before anybody knew of it was never there.
    private async Task TellTokensAsync(CancellationToken ct)
    {
        var rows = await tx.Sql($"""
            select t.directory_id, t.id, t.data, t.revoked
            from unnest({Open}) as k (directory_id)
            cross join lateral (
              select t.directory_id, t.id, t.data, t.revoked
              from directory_tokens t
              where t.directory_id = k.directory_id and ((not t.told and not t.revoked) or (t.told and t.revoked and not t.told_revoked))
              order by t.id
              limit {PhaseLimit}
            ) t
            """).ListAsync(row => (Key: UserPart.ReadKey(row), Token: ScimToken.Parser.ParseFrom(row.GetFieldValue<byte[]>(2)), Revoked: row.GetBoolean(3)), ct);
        Note(rows.Select(row => row.Key.DirectoryId));
        if (rows.Count == 0)
        {
            return;
        }

        foreach (var row in rows)
        {
            var directory = of[row.Key.DirectoryId];
            Events.Add(directory.Next(
                row.Revoked ? EventTypes.TokenRevoked : EventTypes.TokenCreated, time, DirectoryEventJson.Of(row.Token, directory.Data)));
        }

        var (directoryIds, ids) = Columns(rows.Select(row => row.Key));
        await tx.Sql($"""
            update directory_tokens t
            set told = true, told_revoked = t.revoked
            from unnest({directoryIds}, {ids}) as i (directory_id, id)
            where t.directory_id = i.directory_id and t.id = i.id
            """).ExecuteAsync(ct);
    }

    private async Task RemoveMembershipsAsync(CancellationToken ct)
    {
        var rows = await tx.Sql($"""
            select m.directory_id, m.user_id, m.group_id, m.user_told, m.group_told, false
            from unnest({Open}) as k (directory_id)
            cross join lateral (
              select m.directory_id, m.user_id, m.group_id, u.told as user_told, g.told as group_told
              from memberships m
              join directory_groups g on g.directory_id = m.directory_id and g.id = m.group_id and g.current is not null
              left join directory_users u on u.directory_id = m.directory_id and u.id = m.user_id
              where m.directory_id = k.directory_id and m.current <> m.told and m.told
              order by m.user_id, m.group_id
              limit {PhaseLimit}
            ) m
            """).ListAsync(ReadMembership, ct);
        Note(rows.Select(row => row.User.DirectoryId));
        if (rows.Count == 0)
        {
            return;
        }

        foreach (var row in rows.Where(row => row.UserTold is not null && row.GroupTold is not null))
        {
            var directory = of[row.User.DirectoryId];
            Events.Add(directory.Next(
                EventTypes.UserRemoved, time, DirectoryEventJson.OfMembership(User(directory, row.UserTold!), Group(directory, row.GroupTold!)),
                userId: row.User.Id, groupId: row.GroupId));
        }

        await tx.ExecuteAllAsync(
            [
                $"update memberships m set told = false {From(rows)}",
                $"delete from memberships m {Using(rows)} and not m.present and not m.told",
            ],
            ct);
    }

    private async Task DeleteUsersAsync(CancellationToken ct)
    {
        var rows = await tx.Sql($"""
            select u.directory_id, u.id, u.told, u.known
            from unnest({Open}) as k (directory_id)
            cross join lateral (
              select u.directory_id, u.id, u.told, u.user_version is not null as known
              from directory_users u
              where u.directory_id = k.directory_id and u.current is distinct from u.told and u.current is null
              order by u.id
              limit {PhaseLimit}
            ) u
            """).ListAsync(row => (Key: UserPart.ReadKey(row), Told: row.GetFieldValue<byte[]>(2), Known: row.GetBoolean(3)), ct);
        Note(rows.Select(row => row.Key.DirectoryId));
        if (rows.Count == 0)
        {
            return;
        }

        foreach (var row in rows)
        {
            var directory = of[row.Key.DirectoryId];
            Events.Add(directory.Next(
                EventTypes.UserDeleted, time, DirectoryEventJson.Of(User(directory, row.Told)), row.Known ? "deactivated" : "deleted",
                userId: row.Key.Id));
        }

        var (directoryIds, ids) = Columns(rows.Select(row => row.Key));
        await tx.ExecuteAllAsync(
            [
                $"""
                update directory_users u
                set told = null, told_idp_id = null, told_email_key = null, was_told = true
                from unnest({directoryIds}, {ids}) as i (directory_id, id)
                where u.directory_id = i.directory_id and u.id = i.id
                """,
                $"""
                delete from directory_users u
                using unnest({directoryIds}, {ids}) as i (directory_id, id)
                where u.directory_id = i.directory_id and u.id = i.id
                  and u.user_version is null and u.profile_version is null and u.roles_version is null
                """,
                InvitationPeriods.End([.. rows.Select(row => row.Key)]),
            ],
            ct);
    }

    private async Task DeleteGroupsAsync(CancellationToken ct)
    {
        var rows = await tx.Sql($"""
            select g.directory_id, g.id, g.told
            from unnest({Open}) as k (directory_id)
            cross join lateral (
              select g.directory_id, g.id, g.told
              from directory_groups g
              where g.directory_id = k.directory_id and g.current is distinct from g.told and g.current is null
              order by g.id
              limit {PhaseLimit}
            ) g
            """).ListAsync(row => (Key: UserPart.ReadKey(row), Told: row.GetFieldValue<byte[]>(2)), ct);
        Note(rows.Select(row => row.Key.DirectoryId));
        if (rows.Count == 0)
        {
            return;
        }

        foreach (var row in rows)
        {
            var directory = of[row.Key.DirectoryId];
            Events.Add(directory.Next(EventTypes.GroupDeleted, time, DirectoryEventJson.Of(Group(directory, row.Told)), "deleted", groupId: row.Key.Id));
        }

        var (directoryIds, ids) = Columns(rows.Select(row => row.Key));
        await tx.ExecuteAllAsync(
            [
                $"""
                delete from memberships m
                using unnest({directoryIds}, {ids}) as i (directory_id, id)
                where m.directory_id = i.directory_id and m.group_id = i.id
                """,
                $"""
                delete from directory_groups g
                using unnest({directoryIds}, {ids}) as i (directory_id, id)
                where g.directory_id = i.directory_id and g.id = i.id
                """,
            ],
            ct);
    }

    private async Task WriteUsersAsync(CancellationToken ct)
    {
        var rows = await tx.Sql($"""
            select u.directory_id, u.id, u.current, u.told, u.was_told
            from unnest({Open}) as k (directory_id)
            cross join lateral (
              select u.directory_id, u.id, u.current, u.told, u.was_told
              from directory_users u
              where u.directory_id = k.directory_id and u.current is distinct from u.told and u.current is not null
              order by u.id
              limit {PhaseLimit}
            ) u
            """).ListAsync(
            row => (Key: UserPart.ReadKey(row), Current: row.GetFieldValue<byte[]>(2), Told: row.IsDBNull(3) ? null : row.GetFieldValue<byte[]>(3),
                WasTold: row.GetBoolean(4)),
            ct);
        Note(rows.Select(row => row.Key.DirectoryId));
        if (rows.Count == 0)
        {
            return;
        }

        var users = rows.ConvertAll(row => User(of[row.Key.DirectoryId], row.Current));
        var adopting = users.FindAll(user => of[user.DirectoryId].Adopting);
        var applicationIds = adopting.Count == 0 ? [] : await AdoptionStore.LinkAsync(tx, adopting, ct);
        var invitations = new InvitationSteps();
        foreach (var (row, after) in rows.Zip(users))
        {
            var directory = of[row.Key.DirectoryId];
            after.ApplicationId = applicationIds.GetValueOrDefault((row.Key.DirectoryId, row.Key.Id), "");
            var before = row.Told is { } told ? User(directory, told) : null;
            // Whom the application had before gets no invitation for the first period.
            var invites = directory.Data.Policies?.Invitations == true && (row.WasTold || after.ApplicationId.Length == 0 || before is not null);
            invitations.Add(row.Key, InvitationPeriods.Decide(invites, before, after));
            if (before is null)
            {
                Events.Add(directory.Next(EventTypes.UserCreated, time, DirectoryEventJson.Of(after), row.WasTold ? "activated" : "", userId: row.Key.Id));
            }
            else if (PreviousAttributes.Differ(before, after))
            {
                var reason = before.Active == after.Active ? "" : after.Active ? "activated" : "deactivated";
                Events.Add(directory.Next(EventTypes.UserUpdated, time, DirectoryEventJson.Of(before, after), reason, userId: row.Key.Id));
            }
        }

        var (directoryIds, ids) = Columns(rows.Select(row => row.Key));
        await tx.ExecuteAllAsync(
            [
                $"""
                update directory_users u
                set told = i.data, told_idp_id = i.idp_id, told_email_key = i.email_key
                from unnest({directoryIds}, {ids}, {rows.Select(row => row.Current).ToArray()}, {users.Select(user => user.IdpId).ToArray()},
                  {users.Select(user => user.Email.ToLowerInvariant()).ToArray()}) as i (directory_id, id, data, idp_id, email_key)
                where u.directory_id = i.directory_id and u.id = i.id
                """,
                .. invitations.Statements(time),
            ],
            ct);
    }

    private async Task WriteGroupsAsync(CancellationToken ct)
    {
        var rows = await tx.Sql($"""
            select g.directory_id, g.id, g.current, g.told
            from unnest({Open}) as k (directory_id)
            cross join lateral (
              select g.directory_id, g.id, g.current, g.told
              from directory_groups g
              where g.directory_id = k.directory_id and g.current is distinct from g.told and g.current is not null
              order by g.id
              limit {PhaseLimit}
            ) g
            """).ListAsync(
            row => (Key: UserPart.ReadKey(row), Current: row.GetFieldValue<byte[]>(2), Told: row.IsDBNull(3) ? null : row.GetFieldValue<byte[]>(3)), ct);
        Note(rows.Select(row => row.Key.DirectoryId));
        if (rows.Count == 0)
        {
            return;
        }

        foreach (var row in rows)
        {
            var directory = of[row.Key.DirectoryId];
            var after = Group(directory, row.Current);
            Events.Add(row.Told is { } told
                ? directory.Next(EventTypes.GroupUpdated, time, DirectoryEventJson.Of(Group(directory, told), after), groupId: row.Key.Id)
                : directory.Next(EventTypes.GroupCreated, time, DirectoryEventJson.Of(after), groupId: row.Key.Id));
        }

        var (directoryIds, ids) = Columns(rows.Select(row => row.Key));
        await tx.Sql($"""
            update directory_groups g
            set told = i.data
            from unnest({directoryIds}, {ids}, {rows.Select(row => row.Current).ToArray()}) as i (directory_id, id, data)
            where g.directory_id = i.directory_id and g.id = i.id
            """).ExecuteAsync(ct);
    }

    private async Task AddMembershipsAsync(CancellationToken ct)
    {
        var rows = await tx.Sql($"""
            select m.directory_id, m.user_id, m.group_id, m.user_told, m.group_told, m.carried_over
            from unnest({Open}) as k (directory_id)
            cross join lateral (
              select m.directory_id, m.user_id, m.group_id, m.carried_over, u.told as user_told, g.told as group_told
              from memberships m
              join directory_users u on u.directory_id = m.directory_id and u.id = m.user_id and u.told is not null
              join directory_groups g on g.directory_id = m.directory_id and g.id = m.group_id and g.told is not null
              where m.directory_id = k.directory_id and m.current <> m.told and not m.told
              order by m.user_id, m.group_id
              limit {PhaseLimit}
            ) m
            """).ListAsync(ReadMembership, ct);
        Note(rows.Select(row => row.User.DirectoryId));
        if (rows.Count == 0)
        {
            return;
        }

        foreach (var row in rows)
        {
            var directory = of[row.User.DirectoryId];
            Events.Add(directory.Next(
                EventTypes.UserAdded, time, DirectoryEventJson.OfMembership(User(directory, row.UserTold!), Group(directory, row.GroupTold!)),
                carriedOver: row.CarriedOver, userId: row.User.Id, groupId: row.GroupId));
        }

        await tx.Sql($"update memberships m set told = true {From(rows)}").ExecuteAsync(ct);
    }

    // A directory that filled a phase may have more of the same.
    private void Note(IEnumerable<string> directoryIds)
    {
        foreach (var directory in directoryIds.CountBy(id => id).Where(count => count.Value == PhaseLimit))
        {
            of[directory.Key].HasMore = true;
        }
    }

    private static DirectoryUser User(TellingDirectory directory, byte[] data)
    {
        var user = DirectoryUser.Parser.ParseFrom(data);
        user.OrganizationId = directory.Data.OrganizationId;
        return user;
    }

    private static DirectoryGroup Group(TellingDirectory directory, byte[] data)
    {
        var group = DirectoryGroup.Parser.ParseFrom(data);
        group.OrganizationId = directory.Data.OrganizationId;
        return group;
    }

    private static (string[] DirectoryIds, string[] Ids) Columns(IEnumerable<ResourceKey> keys)
    {
        var all = keys.ToList();
        return ([.. all.Select(key => key.DirectoryId)], [.. all.Select(key => key.Id)]);
    }

    private static SqlText From(List<MembershipRow> rows) => $"from {Keys(rows)}";

    private static SqlText Using(List<MembershipRow> rows) => $"using {Keys(rows)}";

    private static SqlText Keys(List<MembershipRow> rows) => $"""
        unnest({rows.Select(row => row.User.DirectoryId).ToArray()}, {rows.Select(row => row.User.Id).ToArray()},
          {rows.Select(row => row.GroupId).ToArray()}) as i (directory_id, user_id, group_id)
        where m.directory_id = i.directory_id and m.user_id = i.user_id and m.group_id = i.group_id
        """;

    private static MembershipRow ReadMembership(Npgsql.NpgsqlDataReader row) => new(
        UserPart.ReadKey(row), row.GetString(2), row.IsDBNull(3) ? null : row.GetFieldValue<byte[]>(3),
        row.IsDBNull(4) ? null : row.GetFieldValue<byte[]>(4), row.GetBoolean(5));

    private sealed record MembershipRow(ResourceKey User, string GroupId, byte[]? UserTold, byte[]? GroupTold, bool CarriedOver);
}
