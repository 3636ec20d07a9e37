using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Scim.V1;

namespace DirectorySync.GroupMembership;

/// <summary>
/// The member operations of one PATCH, collected as they stream in. As long as they fit into memory they are folded into their net effect;
/// else each is a step of its own over the temporary table.
/// </summary>
internal sealed class MemberOperations(MemberSpool spool)
{
    private readonly List<Operation> operations = [];

    public bool Any => operations.Count > 0;

    public async Task AddAsync(MembersOperation operation, CancellationToken ct)
    {
        GroupRules.RequireMembers(operation.Members);
        if (!operation.Continues)
        {
            operations.Add(Accept(operation));
        }
        else if (operations.Count == 0)
        {
            throw ErrorReason.InvalidValue.ToRpc("The first operation on members cannot continue another.", ("attribute", "continues"));
        }

        if (operation.Members.Count > 0)
        {
            var current = operations[^1] with { HasMembers = true };
            operations[^1] = current;
            var resolve = current.Operator != PatchOperator.Remove;
            await spool.AddAsync(operations.Count - 1, operation.Members, resolve, ct);
        }
    }

    /// <summary>The net effect, if the operations do nothing but add and remove members by name, and are few; else null.</summary>
    public MemberDelta? FindDelta() => spool.IsInMemory && Fold() is [{ Replaces: false, Delta: { } delta }] ? delta : null;

    /// <summary>The ids that are to be written, as far as they are in memory.</summary>
    public IReadOnlyCollection<string> KeptToAdd() => [.. operations
        .Select((operation, number) => (operation, number))
        .Where(o => o.operation.Operator != PatchOperator.Remove)
        .SelectMany(o => spool.Kept(o.number))
        .Select(m => m.Value)];

    /// <summary>What has to be done, in order.</summary>
    public IEnumerable<MemberStep> Steps(string directoryId, string groupId)
    {
        if (!spool.IsInMemory)
        {
            return operations.Select((operation, number) => Step(directoryId, groupId, operation, MemberSpool.Rows(number)));
        }

        var folded = Fold();
        return folded is [{ Replaces: false, Delta: { } delta }]
            ? [MemberStep.Of(delta)]
            : folded.SelectMany(f => Steps(directoryId, groupId, f));
    }

    // Beside steps that compare sets, a delta does so too: a plan made for either must never serve the other.
    private static MemberStep[] Steps(string directoryId, string groupId, Folded folded) => folded switch
    {
        { Filter: { } filter } => [MemberStep.RemoveWhere(directoryId, groupId, MemberFilter.Compile(filter))],
        { Replaces: true, Delta: { } delta } => [MemberStep.Replace(directoryId, groupId, MemberStep.InMemory(delta.Added))],
        { Delta: { } delta } =>
        [
            MemberStep.Remove(directoryId, groupId, $"select unnest({delta.Removed.ToArray()}) as id"),
            MemberStep.Add(directoryId, groupId, MemberStep.InMemory(delta.Added)),
        ],
        _ => [],
    };

    private static MemberStep Step(string directoryId, string groupId, Operation operation, SqlText rows) => operation switch
    {
        { Operator: PatchOperator.Add } => MemberStep.Add(directoryId, groupId, rows),
        { Operator: PatchOperator.Replace } => MemberStep.Replace(directoryId, groupId, rows),
        { Filter: { } filter } => MemberStep.RemoveWhere(directoryId, groupId, MemberFilter.Compile(filter)),
        { HasMembers: true } => MemberStep.Remove(directoryId, groupId, rows),
        _ => MemberStep.RemoveWhere(directoryId, groupId, $"true"),
    };

    private List<Folded> Fold()
    {
        var folded = new List<Folded>();
        for (var number = 0; number < operations.Count; number++)
        {
            var operation = operations[number];
            var members = spool.Kept(number);
            switch (operation)
            {
                case { Operator: PatchOperator.Add }:
                    Delta().Add(members);
                    break;
                case { Operator: PatchOperator.Replace }:
                    // Nothing before it is left of.
                    folded.Clear();
                    folded.Add(new(true, new(), null));
                    Delta().Add(members);
                    break;
                case { Filter: { } filter } when MemberFilter.FindIds(filter) is { } ids:
                    Delta().Remove(ids);
                    break;
                case { Filter: { } filter }:
                    folded.Add(new(false, null, filter));
                    break;
                case { HasMembers: true }:
                    Delta().Remove(members.Select(m => m.Value));
                    break;
                default:
                    folded.Clear();
                    folded.Add(new(true, new(), null));
                    break;
            }
        }

        return folded;

        MemberDelta Delta()
        {
            if (folded is not [.., { Delta: not null }])
            {
                folded.Add(new(false, new(), null));
            }

            return folded[^1].Delta!;
        }
    }

    private static Operation Accept(MembersOperation operation)
    {
        if (operation.Operator is not (PatchOperator.Add or PatchOperator.Remove or PatchOperator.Replace))
        {
            throw ErrorReason.InvalidValue.ToRpc("An operation is add, remove or replace.", ("attribute", "op"));
        }

        if (operation.Filter is null)
        {
            return new(operation.Operator, null, false);
        }

        if (operation.Operator != PatchOperator.Remove || operation.Members.Count > 0)
        {
            throw ErrorReason.InvalidPath.ToRpc(
                "Members are immutable: a path such as members[value eq \"…\"] can only be removed, without a value.",
                ("attribute", "members"), ("remedy", "Remove the member, then add it."));
        }

        // Refuses what cannot be compiled before anything is done.
        _ = MemberFilter.Compile(operation.Filter);
        return new(operation.Operator, operation.Filter, false);
    }

    private sealed record Operation(PatchOperator Operator, Filter? Filter, bool HasMembers);

    /// <summary>Either a filter to remove by, or a delta, which may start from nobody.</summary>
    private sealed record Folded(bool Replaces, MemberDelta? Delta, Filter? Filter);
}
