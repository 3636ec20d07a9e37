using DirectorySync.Chassis.Audit;
using DirectorySync.Chassis.Sql;

namespace DirectorySync.Roles;

/// <summary>Whose guard of protected roles is on.</summary>
internal sealed class GuardStore(Database database, RecomputationQueue queue)
{
    public Task<bool> IsEnabledAsync(string organizationId, CancellationToken ct) => database.Sql($"""
        select exists (select from role_guards g where g.organization_id = {organizationId})
        """).SingleAsync(row => row.GetBoolean(0), ct);

    public async Task SwitchAsync(string organizationId, bool enabled, CancellationToken ct)
    {
        await database.InTransactionAsync(
            async tx =>
            {
                var changed = await tx.Sql(enabled
                    ? $"insert into role_guards (organization_id) values ({organizationId}) on conflict do nothing"
                    : (SqlText)$"delete from role_guards where organization_id = {organizationId}").ExecuteAsync(ct);
                if (changed > 0)
                {
                    tx.Audit("role_guard.updated", organizationId, Guard(!enabled), Guard(enabled), organizationId: organizationId);
                }

                RoleGuard Guard(bool on) => new() { OrganizationId = organizationId, Enabled = on };
            },
            ct);
        queue.Wake();
    }
}
