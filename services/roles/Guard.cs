using DirectorySync.Chassis.Sql;

namespace DirectorySync.Roles;

/// <summary>
/// Keeps protected roles from losing their last active holder in an organization, where that is wanted. Who takes a protected role away, in
/// whatever way, stands in the organization's queue first: of two who would each leave the role to the other, the second sees the first.
/// </summary>
internal static class Guard
{
    /// <summary>Marks in the decisions what is kept. To be called after the directories are locked, before anything is written.</summary>
    public static async Task KeepAsync(
        Transaction tx, IReadOnlyDictionary<string, Role> roles, IReadOnlyList<Decision> decisions, CancellationToken ct)
    {
        var guarded = decisions.Where(d => d.Directory.Guarded && d.Before is not null).ToList();
        var losses = guarded
            .SelectMany(d => d.Before!.Roles.Select(held => held.Slug)
                .Where(slug => roles.TryGetValue(slug, out var role) && role.Protected && d.Loses(slug))
                .Select(slug => (Organization: d.Directory.OrganizationId!, Role: slug)))
            .Distinct()
            .ToList();
        if (losses.Count == 0)
        {
            return;
        }

        await LockAsync(tx, losses.Select(loss => loss.Organization), ct);
        var others = await ListHeldByOthersAsync(tx, losses, [.. decisions.Select(d => d.Key)], ct);
        foreach (var loss in losses.Except(others))
        {
            var ofOrganization = decisions.Where(d => d.Directory.OrganizationId == loss.Organization && d.IsActive).ToList();
            if (ofOrganization.Any(d => d.Wanted.Contains(loss.Role)))
            {
                continue;
            }

            // As if they came one after the other: the last keeps it, rather one who only has it by the guard.
            ofOrganization
                .Where(d => d.Loses(loss.Role))
                .OrderBy(d => d.Before!.Roles.Any(held => held.Slug == loss.Role && held.Kept))
                .LastOrDefault()?
                .Kept.Add(loss.Role);
        }
    }

    /// <summary>Waits until nobody else decides about protected roles of these organizations.</summary>
    public static Task LockAsync(Transaction tx, IEnumerable<string> organizationIds, CancellationToken ct) =>
        tx.Sql(Transaction.Lock("organization", organizationIds)).ExecuteAsync(ct);

    // Only active users have roles at all.
    private static async Task<List<(string Organization, string Role)>> ListHeldByOthersAsync(
        Transaction tx, List<(string Organization, string Role)> losses, UserKey[] users, CancellationToken ct) =>
        await tx.Sql($"""
            select l.organization_id, l.role
            from unnest({losses.Select(l => l.Organization).ToArray()}, {losses.Select(l => l.Role).ToArray()}) as l (organization_id, role)
            where exists (
              select from directories d
              join role_users r on r.directory_id = d.directory_id and r.role = l.role
              where d.organization_id = l.organization_id and not exists (
                select
                from unnest({users.Select(u => u.DirectoryId).ToArray()}, {users.Select(u => u.Id).ToArray()}) as u (directory_id, id)
                where u.directory_id = r.directory_id and u.id = r.user_id))
            """).ListAsync(row => (row.GetString(0), row.GetString(1)), ct);
}
