using DirectorySync.Events.Folding;
using DirectorySync.Identity.V1;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Events.Reading;

/// <summary>
/// Decides about all users of a directory as if it had other policies, and writes nothing: what would follow, beside what is to be told anyhow.
/// </summary>
internal sealed class PolicyPreview(Database database)
{
    private const int UsersAtOnce = 500;

    private sealed record Row(string Id, UserParts Parts, DirectoryUser? Current, bool InGroups);

    /// <summary>Null: there is no such directory.</summary>
    public async Task<PreviewPoliciesResponse?> FindAsync(string directoryId, DirectoryPolicies policies, int examples, CancellationToken ct)
    {
        var directory = await database.Sql($"select d.data from directories d where d.directory_id = {directoryId} and not d.closed")
            .FindAsync(row => Directory.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), ct);
        if (directory is null)
        {
            return null;
        }

        var before = DirectoryTerms.Of(directoryId, false, directory);
        var after = DirectoryTerms.Of(directoryId, false, new() { Policies = policies });
        var found = new Found(examples);
        if (before == after)
        {
            return found.Response;
        }

        var last = "";
        while (await ListAsync(directoryId, last, ct) is [.., var next] users)
        {
            last = next.Id;
            var moved = new List<(DirectoryUser User, bool Joins)>();
            foreach (var user in users)
            {
                var wanted = Decide(user, before, after);
                found.Add(user.Current, wanted);
                if (after.InGroups(wanted) != user.InGroups)
                {
                    moved.Add(((wanted ?? user.Current)!, !user.InGroups));
                }
            }

            await AddMembershipsAsync(directoryId, moved, found, ct);
        }

        if (before.ShowsRaw != after.ShowsRaw)
        {
            found.Add(EventTypes.GroupUpdated, await CountGroupsAsync(directoryId, ct));
        }

        return found.Response;
    }

    // What was sent is not here while nobody sees it; that it comes is what changes.
    private static DirectoryUser? Decide(Row user, DirectoryTerms before, DirectoryTerms after)
    {
        var wanted = UserView.Decide(user.Parts, after, user.Id, user.Current);
        if (wanted is null || user.Current is null || before.ShowsRaw == after.ShowsRaw || !user.Parts.Agree)
        {
            return wanted;
        }

        var changed = wanted.Clone();
        changed.RawJson = after.ShowsRaw ? "{}" : "";
        return changed;
    }

    private Task<List<Row>> ListAsync(string directoryId, string after, CancellationToken ct) => database.Sql($"""
        select u.id, u.user_version, u.user_data, u.profile_data, u.roles_data, u.current, u.in_groups
        from directory_users u
        where u.directory_id = {directoryId} and u.id > {after}
        order by u.id
        limit {UsersAtOnce}
        """).ListAsync(
        row => new Row(
            row.GetString(0), CurrentUsers.ReadParts(row, 1), row.IsDBNull(5) ? null : DirectoryUser.Parser.ParseFrom(row.GetFieldValue<byte[]>(5)),
            row.GetBoolean(6)),
        ct);

    private async Task AddMembershipsAsync(
        string directoryId, List<(DirectoryUser User, bool Joins)> moved, Found found, CancellationToken ct)
    {
        if (moved.Count == 0)
        {
            return;
        }

        var users = moved.ToDictionary(move => move.User.Id);
        var rows = await database.Sql($"""
            select m.user_id, count(*), (array_agg(g.current order by g.id))[1]
            from unnest({users.Keys.ToArray()}) as i (id)
            join memberships m on m.directory_id = {directoryId} and m.user_id = i.id and m.present
            join directory_groups g on g.directory_id = m.directory_id and g.id = m.group_id and g.current is not null
            group by m.user_id
            order by m.user_id
            """).ListAsync(
            row => (UserId: row.GetString(0), Count: row.GetInt64(1), Group: DirectoryGroup.Parser.ParseFrom(row.GetFieldValue<byte[]>(2))), ct);
        foreach (var row in rows)
        {
            var (user, joins) = users[row.UserId];
            found.Add(joins ? EventTypes.UserAdded : EventTypes.UserRemoved, row.Count, new() { User = user, Group = row.Group });
        }
    }

    private Task<long> CountGroupsAsync(string directoryId, CancellationToken ct) => database.Sql($"""
        select count(*) from directory_groups g where g.directory_id = {directoryId} and g.current is not null
        """).SingleAsync(row => row.GetInt64(0), ct);

    /// <summary>Counts, and keeps the first ones, in the order in which they would be told.</summary>
    private sealed class Found(int examples)
    {
        private static readonly string[] Order =
        [
            EventTypes.UserRemoved, EventTypes.UserDeleted, EventTypes.UserCreated, EventTypes.UserUpdated, EventTypes.GroupUpdated, EventTypes.UserAdded,
        ];

        private readonly Dictionary<string, Difference> differences = [];

        public PreviewPoliciesResponse Response => new() { Differences = { Order.Where(differences.ContainsKey).Select(type => differences[type]) } };

        public void Add(DirectoryUser? before, DirectoryUser? after)
        {
            if (before is null && after is null)
            {
                return;
            }

            if (after is null)
            {
                Add(EventTypes.UserDeleted, 1, new() { User = before });
            }
            else if (before is null)
            {
                Add(EventTypes.UserCreated, 1, new() { User = after });
            }
            else if (!UserView.LooksSame(before, after))
            {
                Add(EventTypes.UserUpdated, 1, new() { User = after, UserBefore = before });
            }
        }

        public void Add(string type, long count, DifferenceExample? example = null)
        {
            if (count == 0)
            {
                return;
            }

            if (!differences.TryGetValue(type, out var difference))
            {
                differences[type] = difference = new() { Type = type };
            }

            difference.Count += count;
            if (example is not null && difference.Examples.Count < examples)
            {
                difference.Examples.Add(example);
            }
        }
    }
}
