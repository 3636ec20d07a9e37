using DirectorySync.Chassis.Audit;
using DirectorySync.Chassis.Sql;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Npgsql;

namespace DirectorySync.Roles;

/// <summary>The rules of directories, and how far their users follow.</summary>
internal sealed class RulesStore(Database database, RecomputationQueue queue, TimeProvider time)
{
    /// <summary>NOT_FOUND if the directory does not exist.</summary>
    public async Task<(RoleRules Rules, RoleRecomputation Recomputation)> GetAsync(string directoryId, CancellationToken ct)
    {
        var found = await database.Sql($"""
            select rules.data, r.done, coalesce(r.total, (select count(*) from users u where u.directory_id = d.directory_id)), r.changed,
              r.rules_version, r.start_time, r.finish_time, r.directory_id is not null, {Terms.IsReady}, clock_timestamp()
            from directories d
            left join role_rules rules on rules.directory_id = d.directory_id
            left join recomputations r on r.directory_id = d.directory_id
            where d.directory_id = {directoryId}
            """).ListAsync(row => (Read(row, 0, directoryId), ReadRecomputation(row, directoryId)), ct);
        return found is [var only] ? only : throw Inputs.NotFound("directory");
    }

    /// <summary>Replaces the rules, if they are others. The users follow in the background.</summary>
    public async Task UpdateAsync(RoleRules wanted, long expectedVersion, CancellationToken ct)
    {
        var rules = RuleChecks.Normalize(wanted);
        try
        {
            await database.InTransactionAsync(
                async tx =>
                {
                    var terms = await Terms.LockAsync(tx, [rules.DirectoryId], ct);
                    var current = terms[rules.DirectoryId];
                    if (current.Closed || current.OrganizationId is null)
                    {
                        throw Inputs.NotFound("directory");
                    }

                    if (expectedVersion != 0 && expectedVersion != current.Rules.Version)
                    {
                        throw Inputs.Stale("rules");
                    }

                    await RequireRolesAsync(tx, rules, ct);
                    rules.Version = current.Rules.Version;
                    rules.UpdateTime = current.Rules.UpdateTime;
                    if (!rules.Equals(current.Rules))
                    {
                        rules.Version++;
                        rules.UpdateTime = time.GetUtcNow().ToTimestamp();
                        tx.Audit("role_rules.updated", rules.DirectoryId, current.Rules, rules, rules.DirectoryId, current.OrganizationId);
                        await WriteAsync(tx, rules, ct);
                    }
                },
                ct);
        }
        catch (PostgresException e) when (e is
            { SqlState: PostgresErrorCodes.ForeignKeyViolation, ConstraintName: "rule_roles_role_fkey" })
        {
            // Deleted a moment ago.
            throw Inputs.Invalid("rules", "", "One of the roles does not exist any more.", "Read the roles again.");
        }
    }

    /// <summary>Throws INVALID_VALUE unless all roles that the rules name exist.</summary>
    public static async Task<IReadOnlyDictionary<string, Role>> RequireRolesAsync(Transaction tx, RoleRules rules, CancellationToken ct)
    {
        var roles = await RoleStore.ReadAllAsync(tx, ct);
        const string remedy = "Create it, or name another.";
        for (var i = 0; i < rules.Rules.Count; i++)
        {
            if (!roles.ContainsKey(rules.Rules[i].Role))
            {
                throw Inputs.Invalid($"rules[{i}].role", rules.Rules[i].Role, $"There is no role \"{rules.Rules[i].Role}\".", remedy);
            }
        }

        return rules.DefaultRole.Length == 0 || roles.ContainsKey(rules.DefaultRole)
            ? roles
            : throw Inputs.Invalid("default_role", rules.DefaultRole, $"There is no role \"{rules.DefaultRole}\".", remedy);
    }

    public static RoleRules Read(NpgsqlDataReader row, int column, string directoryId) => row.IsDBNull(column)
        ? new() { DirectoryId = directoryId, Mode = RoleMode.Priority }
        : RoleRules.Parser.ParseFrom(row.GetFieldValue<byte[]>(column));

    private async Task WriteAsync(Transaction tx, RoleRules rules, CancellationToken ct)
    {
        var roles = RuleChecks.RolesOf(rules);
        await tx.ExecuteAllAsync(
            [
                $"delete from rule_roles r where r.directory_id = {rules.DirectoryId} and r.role <> all({roles})",
                $"""
                insert into rule_roles (directory_id, role)
                select {rules.DirectoryId}, i.role from unnest({roles}) as i (role)
                on conflict do nothing
                """,
                $"""
                insert into role_rules (directory_id, version, data)
                values ({rules.DirectoryId}, {rules.Version}, {rules.ToByteArray()})
                on conflict (directory_id) do update set version = excluded.version, data = excluded.data
                """,
            ],
            ct);
        await queue.RequestAsync(tx, [rules.DirectoryId], ct);
    }

    private static RoleRecomputation ReadRecomputation(NpgsqlDataReader row, string directoryId)
    {
        if (!row.GetBoolean(7))
        {
            return new() { DirectoryId = directoryId, State = RoleRecomputationState.UpToDate };
        }

        DateTimeOffset? start = row.IsDBNull(5) ? null : row.GetFieldValue<DateTimeOffset>(5);
        DateTimeOffset? finish = row.IsDBNull(6) ? null : row.GetFieldValue<DateTimeOffset>(6);
        var seconds = start is null ? 0 : ((finish ?? row.GetFieldValue<DateTimeOffset>(9)) - start.Value).TotalSeconds;
        return new()
        {
            DirectoryId = directoryId,
            State = finish is not null ? RoleRecomputationState.UpToDate
                : row.GetBoolean(8) ? RoleRecomputationState.Running
                : RoleRecomputationState.Waiting,
            Done = row.GetInt64(1),
            Total = Math.Max(row.GetInt64(2), row.GetInt64(1)),
            Changed = row.GetInt64(3),
            RulesVersion = row.GetInt64(4),
            Rate = seconds > 0 ? Math.Round(row.GetInt64(1) / seconds, 1) : 0,
            StartTime = start?.ToTimestamp(),
            FinishTime = finish?.ToTimestamp(),
        };
    }
}
