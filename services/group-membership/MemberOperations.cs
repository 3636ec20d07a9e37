using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Scim.V1;
using Google.Protobuf.Collections;

namespace DirectorySync.GroupMembership;

/// <summary>
/// The member operations of one PATCH, collected as they stream in; neighbours that do the same are one. As long as they fit into memory
/// they are folded into their net effect; else that of each run of additions and removals by name is found in the temporary table.
/// </summary>
internal sealed class MemberOperations(MemberSpool spool)
{
    /// <summary>Most steps of one PATCH: each may read the whole group.</summary>
    private const int MaxSteps = 100;

    private readonly List<Operation> operations = [];

    // What the last operation was as sent, for those that continue it: its number may be shared.
    private PatchOperator last;

    public async Task AddAsync(MembersOperation operation, CancellationToken ct)
    {
        GroupRules.RequireMembers(operation.Members);
        if (operation.Continues)
        {
            await ContinueAsync(operation.Members, ct);
            return;
        }

        var accepted = Accept(operation);
        last = operation.Operator;
        IReadOnlyCollection<Member> members = operation.Members;
        if (accepted.Filter is { } filter && MemberFilter.FindIds(filter) is { } ids)
        {
            // No other id can be in a group.
            members = [.. ids.Where(GroupRules.IsId).Select(id => new Member { Value = id })];
            accepted = new(PatchOperator.Remove, null, true);
        }

        if (operations is not [.., var before] || !before.Takes(accepted))
        {
            operations.Add(accepted);
        }

        await SpoolAsync(members, ct);
    }

    /// <summary>The net effect, if the operations do nothing but add and remove members by name, and are few; else null.</summary>
    public MemberDelta? FindDelta() => spool.IsInMemory && Fold() is [{ Replaces: false, Delta: { } delta }] ? delta : null;

    /// <summary>The ids that are to be written, as far as they are in memory.</summary>
    public IReadOnlyCollection<string> KeptToAdd() => [.. operations
        .Select((operation, number) => (operation, number))
        .Where(o => o.operation.Operator != PatchOperator.Remove)
        .SelectMany(o => spool.Kept(o.number))
        .Select(m => m.Value)];

    /// <summary>What has to be done, in order. LIMIT_EXCEEDED.</summary>
    public IReadOnlyCollection<MemberStep> Steps(string directoryId, string groupId)
    {
        if (!spool.IsInMemory)
        {
            // Of what comes before a replacement nothing is left.
            var first = Math.Max(0, operations.FindLastIndex(o => o.Operator == PatchOperator.Replace || o.RemovesAll));
            var runs = Runs(first);
            RequireFew(runs.Count);
            return [.. runs.SelectMany(run => Steps(directoryId, groupId, run))];
        }

        var folded = Fold();
        RequireFew(folded.Count);
        return folded is [{ Replaces: false, Delta: { } delta }]
            ? [MemberStep.Of(delta)]
            : [.. folded.SelectMany(f => Steps(directoryId, groupId, f))];
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

    private IEnumerable<MemberStep> Steps(string directoryId, string groupId, List<int> run) =>
        run is [var number] ? [Step(directoryId, groupId, operations[number], MemberSpool.Rows(number))]
        : [MemberStep.Remove(directoryId, groupId, MemberSpool.Gone(Of(run, PatchOperator.Remove), Of(run, PatchOperator.Add))),
            MemberStep.Add(directoryId, groupId, MemberSpool.Come(Of(run, PatchOperator.Remove), Of(run, PatchOperator.Add)))];

    private int[] Of(List<int> run, PatchOperator @operator) => [.. run.Where(number => operations[number].Operator == @operator)];

    // Neighbouring operations that add and remove members by name, however often they alternate, have one net effect; others stand alone.
    private List<List<int>> Runs(int first)
    {
        var runs = new List<List<int>>();
        for (var number = first; number < operations.Count; number++)
        {
            if (runs is [.., var run] && operations[number].NamesMembers && operations[run[^1]].NamesMembers)
            {
                run.Add(number);
            }
            else
            {
                runs.Add([number]);
            }
        }

        return runs;
    }

    private static MemberStep Step(string directoryId, string groupId, Operation operation, SqlText rows) => operation switch
    {
        { Operator: PatchOperator.Add } => MemberStep.Add(directoryId, groupId, rows),
        { Operator: PatchOperator.Replace } => MemberStep.Replace(directoryId, groupId, rows),
        { Filter: { } filter } => MemberStep.RemoveWhere(directoryId, groupId, MemberFilter.Compile(filter)),
        { RemovesAll: true } => MemberStep.RemoveWhere(directoryId, groupId, $"true"),
        _ => MemberStep.Remove(directoryId, groupId, rows),
    };

    private async Task ContinueAsync(RepeatedField<Member> members, CancellationToken ct)
    {
        if (operations is not [.., var current])
        {
            throw ErrorReason.InvalidValue.ToRpc("The first operation on members cannot continue another.", ("attribute", "continues"));
        }

        if (current.RemovesAll && members.Count > 0)
        {
            operations[^1] = current with { HasMembers = true };
        }

        await SpoolAsync(members, ct);
    }

    private Task SpoolAsync(IReadOnlyCollection<Member> members, CancellationToken ct) => members.Count == 0
        ? Task.CompletedTask
        : spool.AddAsync(operations.Count - 1, members, resolve: last != PatchOperator.Remove, ct);

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
                case { Filter: { } filter }:
                    folded.Add(new(false, null, filter));
                    break;
                case { RemovesAll: true }:
                    folded.Clear();
                    folded.Add(new(true, new(), null));
                    break;
                default:
                    Delta().Remove(members.Select(m => m.Value));
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
            return new(operation.Operator, null, operation.Members.Count > 0);
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

    private static void RequireFew(int steps)
    {
        if (steps > MaxSteps)
        {
            throw ErrorReason.LimitExceeded.ToRpc(
                $"The operations on members make {steps} steps, each of which may read the whole group; at most {MaxSteps} are accepted.",
                ("attribute", "operations"), ("remedy", "Send additions together and removals together, or several requests."));
        }
    }

    private sealed record Operation(PatchOperator Operator, Filter? Filter, bool HasMembers)
    {
        public bool RemovesAll => Operator == PatchOperator.Remove && Filter is null && !HasMembers;

        /// <summary>It adds or removes members that it names.</summary>
        public bool NamesMembers => Filter is null && !RemovesAll && Operator != PatchOperator.Replace;

        /// <summary>True if the next does the same to further members: then both are one.</summary>
        public bool Takes(Operation next) => next.Operator switch
        {
            PatchOperator.Add => Operator is PatchOperator.Add or PatchOperator.Replace,
            PatchOperator.Remove => Operator == PatchOperator.Remove && Filter is null && HasMembers && next.Filter is null && next.HasMembers,
            _ => false,
        };
    }

    /// <summary>Either a filter to remove by, or a delta, which may start from nobody.</summary>
    private sealed record Folded(bool Replaces, MemberDelta? Delta, Filter? Filter);
}
