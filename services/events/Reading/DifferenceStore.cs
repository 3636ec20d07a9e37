using Google.Protobuf.WellKnownTypes;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Events.Reading;

/// <summary>Reads what applications would be told.</summary>
internal sealed class DifferenceStore(Database database)
{
    /// <summary>Null: there is no such directory.</summary>
    public async Task<GetDifferenceResponse?> FindAsync(string directoryId, int examples, CancellationToken ct)
    {
        var answer = await database.Sql($"""
            select d.sequence, (select p.since from pending_directories p where p.directory_id = d.directory_id),
              (select count(*) from directory_users u
                where u.directory_id = d.directory_id and u.user_version is not null
                  and (u.profile_version is null or u.roles_version is null)),
              d.activated, d.data,
              case when d.renew_after is not null then
                (select count(*) from directory_users u where u.directory_id = d.directory_id and u.id <= d.renew_after) end,
              case when d.renew_after is not null then (select count(*) from directory_users u where u.directory_id = d.directory_id) end
            from directories d
            where d.directory_id = {directoryId} and not d.closed
            """).FindAsync(
            row => new
            {
                Activated = row.GetBoolean(3),
                Invites = Directory.Parser.ParseFrom(row.GetFieldValue<byte[]>(4)).Policies?.Invitations == true,
                Response = new GetDifferenceResponse
                {
                    Sequence = row.GetInt64(0),
                    Since = row.IsDBNull(1) ? null : Timestamp.FromDateTime(row.GetDateTime(1)),
                    WaitingUsers = row.GetInt64(2),
                    PolicyChange = row.IsDBNull(5) ? null : new() { Done = row.GetInt64(5), Total = row.GetInt64(6) },
                },
            },
            ct);
        if (answer is null)
        {
            return null;
        }

        if (!answer.Activated)
        {
            answer.Response.Differences.Add(new Difference { Type = EventTypes.Activated, Count = 1 });
        }

        Add(answer.Response, await CountAsync(directoryId, ct));
        answer.Response.Invitations = answer.Invites ? await CountInvitationsAsync(directoryId, ct) : 0;
        foreach (var difference in answer.Response.Differences)
        {
            difference.Examples.AddRange(await ListExamplesAsync(directoryId, difference.Type, examples, ct));
        }

        if (answer.Response.Differences.Count == 0)
        {
            answer.Response.Since = null;
        }

        return answer.Response;
    }

    private static void Add(GetDifferenceResponse response, List<(string Type, long Count)> counts) =>
        response.Differences.AddRange(counts.Where(c => c.Count > 0).Select(c => new Difference { Type = c.Type, Count = c.Count }));

    private Task<List<(string Type, long Count)>> CountAsync(string directoryId, CancellationToken ct) => database.Sql($"""
        select case when t.revoked then {EventTypes.TokenRevoked} else {EventTypes.TokenCreated} end, count(*)
          from directory_tokens t
          where t.directory_id = {directoryId} and ((not t.told and not t.revoked) or (t.told and t.revoked and not t.told_revoked)) group by 1
        union all
        select {EventTypes.UserRemoved}, count(*) from memberships m
          join directory_groups g on g.directory_id = m.directory_id and g.id = m.group_id and g.current is not null
          where m.directory_id = {directoryId} and m.current <> m.told and m.told
        union all
        select case when u.current is null then {EventTypes.UserDeleted} when u.told is null then {EventTypes.UserCreated}
            else {EventTypes.UserUpdated} end, count(*)
          from directory_users u where u.directory_id = {directoryId} and u.current is distinct from u.told group by 1
        union all
        select case when g.current is null then {EventTypes.GroupDeleted} when g.told is null then {EventTypes.GroupCreated}
            else {EventTypes.GroupUpdated} end, count(*)
          from directory_groups g where g.directory_id = {directoryId} and g.current is distinct from g.told group by 1
        union all
        select {EventTypes.UserAdded}, count(*) from memberships m
          where m.directory_id = {directoryId} and m.current <> m.told and not m.told
        """).ListAsync(row => (row.GetString(0), row.GetInt64(1)), ct);

    // Of users that would be told for the first time, or anew; those that the application had before get none the first time, of whom each row that
    // it uploaded is one.
    private Task<long> CountInvitationsAsync(string directoryId, CancellationToken ct) => database.Sql($"""
        with invited as materialized (
          select u.email_key, u.was_told from directory_users u
          where u.directory_id = {directoryId} and u.current is distinct from u.told and u.current is not null and u.told is null and u.reachable
            and not exists (select from invitations v
              where v.directory_id = u.directory_id and v.user_id = u.id and v.state = {(short)InvitationState.Exempt})
            and (u.was_told or not exists (select from adopted_users a where a.directory_id = u.directory_id and a.user_id = u.id)))
        select (select count(*) from invited) - (
          select count(distinct i.email_key) from invited i
          join adopted_users a on a.directory_id = {directoryId} and a.email_key = i.email_key and a.user_id is null
          where not i.was_told)
        """).SingleAsync(row => row.GetInt64(0), ct);

    private async Task<List<DifferenceExample>> ListExamplesAsync(string directoryId, string type, int limit, CancellationToken ct)
    {
        SqlText? query = type switch
        {
            EventTypes.UserRemoved or EventTypes.UserAdded => $"""
                select coalesce(u.current, u.told), coalesce(g.current, g.told), null::bytea, null::bytea
                from memberships m
                join directory_users u on u.directory_id = m.directory_id and u.id = m.user_id
                join directory_groups g on g.directory_id = m.directory_id and g.id = m.group_id and g.current is not null
                where m.directory_id = {directoryId} and m.current <> m.told and m.told = {type == EventTypes.UserRemoved}
                order by m.user_id, m.group_id
                limit {limit}
                """,
            EventTypes.UserCreated or EventTypes.UserUpdated or EventTypes.UserDeleted => $"""
                select coalesce(u.current, u.told), null::bytea, case when u.current is not null then u.told end, null::bytea
                from directory_users u
                where u.directory_id = {directoryId} and u.current is distinct from u.told and (u.current is null) = {type == EventTypes.UserDeleted}
                  and (u.told is null) = {type == EventTypes.UserCreated}
                order by u.id
                limit {limit}
                """,
            EventTypes.GroupCreated or EventTypes.GroupUpdated or EventTypes.GroupDeleted => $"""
                select null::bytea, coalesce(g.current, g.told), null::bytea, case when g.current is not null then g.told end
                from directory_groups g
                where g.directory_id = {directoryId} and g.current is distinct from g.told and (g.current is null) = {type == EventTypes.GroupDeleted}
                  and (g.told is null) = {type == EventTypes.GroupCreated}
                order by g.id
                limit {limit}
                """,
            _ => null,
        };
        return query is null ? [] : await database.Sql(query).ListAsync(
            row => new DifferenceExample
            {
                User = row.IsDBNull(0) ? null : DirectoryUser.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)),
                Group = row.IsDBNull(1) ? null : DirectoryGroup.Parser.ParseFrom(row.GetFieldValue<byte[]>(1)),
                UserBefore = row.IsDBNull(2) ? null : DirectoryUser.Parser.ParseFrom(row.GetFieldValue<byte[]>(2)),
                GroupBefore = row.IsDBNull(3) ? null : DirectoryGroup.Parser.ParseFrom(row.GetFieldValue<byte[]>(3)),
            },
            ct);
    }
}
