using System.Text.Json;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Scim.V1;

namespace DirectorySync.Scim;

/// <summary>An operation on "members" → MembersOperations in batches.</summary>
internal static class MemberOperations
{
    public static bool IsMembers(AttributePath path, ResourceType type) =>
        path.Attribute == "members" && path.Schema == type.Core.Urn;

    /// <summary>The name of a property, alone or behind the core schema's URN.</summary>
    public static bool IsMembers(string name, ResourceType type) => name.Equals("members", StringComparison.OrdinalIgnoreCase)
        || name.Equals($"{type.Core.Urn}:members", StringComparison.OrdinalIgnoreCase);

    public static IEnumerable<GroupPatchOperation> Read(PatchOperator @operator, PatchTarget target, JsonCursor? value, int batchSize)
    {
        if (target.Path is { SubAttribute: { Length: > 0 } sub })
        {
            throw ScimException.NotMutable(
                $"members.{sub}", $"'members.{sub}' cannot be changed; remove the member and add it again.");
        }

        return target.ValueFilter is { } filter ? OfFilter(@operator, filter) : OfValue(@operator, value, batchSize);
    }

    /// <summary>Adds the members of the next operation to this one if both add, or both remove, named members.</summary>
    public static bool TryJoin(MembersOperation operation, MembersOperation? next, int batchSize)
    {
        if (next is not { Continues: false, Filter: null, Members.Count: > 0 } || operation is not { Filter: null, Members.Count: > 0 }
            || next.Operator != operation.Operator || next.Operator == PatchOperator.Replace
            || operation.Members.Count + next.Members.Count > batchSize)
        {
            return false;
        }

        operation.Members.AddRange(next.Members);
        return true;
    }

    private static IEnumerable<GroupPatchOperation> OfFilter(PatchOperator @operator, Filter filter)
    {
        var ids = Ids(filter);
        if (@operator == PatchOperator.Remove && ids is null)
        {
            yield return new() { Members = new() { Operator = @operator, Filter = filter } };
        }
        else if (@operator != PatchOperator.Replace && ids is not null)
        {
            yield return new() { Members = new() { Operator = @operator, Members = { ids.Select(id => new Member { Value = id }) } } };
        }
        else
        {
            throw ScimException.NotMutable(
                "members", "A member cannot be changed in place; remove it by members[value eq \"<id>\"] and add another to 'members'.");
        }
    }

    private static IEnumerable<GroupPatchOperation> OfValue(PatchOperator @operator, JsonCursor? value, int batchSize)
    {
        var isGiven = value is { } cursor && cursor.Kind() != JsonTokenType.Null;
        var isFirst = true;
        foreach (var batch in isGiven ? MemberReader.Read(value!.Value, batchSize) : [])
        {
            yield return new() { Members = new() { Operator = @operator, Members = { batch }, Continues = !isFirst } };
            isFirst = false;
        }

        // Without a single member: replacing leaves none, removing without a list removes all, and the rest changes nothing.
        if (isFirst && (@operator == PatchOperator.Replace || (@operator == PatchOperator.Remove && !isGiven)))
        {
            yield return new() { Members = new() { Operator = @operator } };
        }
        else if (!isGiven && @operator == PatchOperator.Add && value is null)
        {
            throw ScimException.InvalidValue("members", "The operation on 'members' has no 'value'; send a list of members.");
        }
    }

    /// <summary>The ids of value eq "a", or of several such joined by or; null for any other filter.</summary>
    private static List<string>? Ids(Filter filter)
    {
        switch (filter.ExpressionCase)
        {
            case Filter.ExpressionOneofCase.Comparison when filter.Comparison is
                { Path.SubAttribute: "value", Operator: ComparisonOperator.Equal, Value.StringValue.Length: > 0 } equal:
                return [equal.Value.StringValue];
            case Filter.ExpressionOneofCase.Or:
                var ids = filter.Or.Operands.Select(Ids).ToList();
                return ids.Contains(null) ? null : [.. ids.SelectMany(id => id!)];
            default:
                return null;
        }
    }
}
