using System.Data;
using DirectorySync.AttributeMapping.V1;
using DirectorySync.Chassis.Sql;

namespace DirectorySync.Roles;

/// <summary>What other rules would do: looks at every user of the directory in one snapshot and writes nothing.</summary>
internal sealed class RulesPreview(Database database)
{
    private const int Batch = 1_000;
    private const int MostExamples = 20;

    public Task<PreviewRoleRulesResponse> RunAsync(RoleRules wanted, CancellationToken ct)
    {
        var rules = RuleChecks.Normalize(wanted);
        return database.InTransactionAsync(tx => RunAsync(tx, rules, ct), ct, IsolationLevel.RepeatableRead);
    }

    private static async Task<PreviewRoleRulesResponse> RunAsync(Transaction tx, RoleRules rules, CancellationToken ct)
    {
        var exists = await tx.Sql($"select 1 from directories d where d.directory_id = {rules.DirectoryId}").FindAsync(_ => true, ct);
        if (!exists)
        {
            throw Inputs.NotFound("directory");
        }

        var roles = await RulesStore.RequireRolesAsync(tx, rules, ct);
        var groups = await GroupNames.ReadAsync(tx, [rules], ct);
        var ruling = new Ruling(rules, roles, groups[rules.DirectoryId]);
        var response = new PreviewRoleRulesResponse();
        var differences = new SortedDictionary<string, RoleDifference>(StringComparer.Ordinal);
        var remaining = new HashSet<string>();
        var after = "";
        while (await ListAsync(tx, rules.DirectoryId, ruling, after, ct) is [.., var last] users)
        {
            after = last.Profile.UserId;
            foreach (var (profile, told, groupIds) in users)
            {
                var before = told?.Roles.Select(role => role.Slug).ToList() ?? [];
                var wanted = ruling.Decide(UserFacts.Of(profile, groupIds));
                remaining.UnionWith(wanted);
                response.UserCount++;
                if (Compare(differences, profile, before, wanted))
                {
                    response.ChangedCount++;
                }
            }
        }

        await MarkGuardedAsync(tx, rules.DirectoryId, [.. differences.Values.Where(difference =>
            difference.LostCount > 0 && !remaining.Contains(difference.Role)
            && roles.TryGetValue(difference.Role, out var role) && role.Protected)], ct);
        response.Differences.AddRange(differences.Values);
        return response;
    }

    private static bool Compare(
        SortedDictionary<string, RoleDifference> differences, Profile profile, List<string> before, IReadOnlyList<string> after)
    {
        var example = new RoleExample { UserId = profile.UserId, UserName = profile.UserName, Before = { before }, After = { after } };
        foreach (var slug in after.Except(before))
        {
            var difference = Of(slug);
            difference.GainedCount++;
            Add(difference.Gained, example);
        }

        foreach (var slug in before.Except(after))
        {
            var difference = Of(slug);
            difference.LostCount++;
            Add(difference.Lost, example);
        }

        return after.Except(before).Any() || before.Except(after).Any();

        RoleDifference Of(string slug) => differences.TryGetValue(slug, out var found) ? found : differences[slug] = new() { Role = slug };

        static void Add(ICollection<RoleExample> examples, RoleExample example)
        {
            if (examples.Count < MostExamples)
            {
                examples.Add(example);
            }
        }
    }

    private static Task<List<(Profile Profile, UserRoles? Told, string[] GroupIds)>> ListAsync(
        Transaction tx, string directoryId, Ruling ruling, string after, CancellationToken ct) => tx.Sql($"""
        select u.profile, u.data,
          {MembershipRows.GroupsOfUser([.. ruling.GroupIds])}
        from users u
        where u.directory_id = {directoryId} and u.id > {after}
        order by u.id
        limit {Batch}
        """).ListAsync(
        row => (Profile.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)),
            row.IsDBNull(1) ? null : UserRoles.Parser.ParseFrom(row.GetFieldValue<byte[]>(1)), row.GetFieldValue<string[]>(2)),
        ct);

    private static async Task MarkGuardedAsync(Transaction tx, string directoryId, RoleDifference[] lost, CancellationToken ct)
    {
        var guarded = lost.Length == 0 ? [] : await tx.Sql($"""
            select l.role
            from unnest({lost.Select(difference => difference.Role).ToArray()}) as l (role)
            join directories d on d.directory_id = {directoryId}
            join role_guards g on g.organization_id = d.organization_id
            where not exists (
              select from directories o
              join role_users r on r.directory_id = o.directory_id and r.role = l.role
              where o.organization_id = d.organization_id and o.directory_id <> d.directory_id)
            """).ListAsync(row => row.GetString(0), ct);
        foreach (var difference in lost.Where(difference => guarded.Contains(difference.Role)))
        {
            difference.Guarded = true;
        }
    }
}
