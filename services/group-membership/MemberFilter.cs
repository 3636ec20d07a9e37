using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using DirectorySync.Scim.V1;
using Google.Protobuf.Collections;
using Grpc.Core;

namespace DirectorySync.GroupMembership;

/// <summary>Filters on the elements of "members", as in members[value eq "…"]: the ids they name, or a condition on the edge e.</summary>
internal static class MemberFilter
{
    /// <summary>The ids, if the filter does nothing but name them (value eq, or several of these joined by or); else null.</summary>
    public static IReadOnlyCollection<string>? FindIds(Filter filter) => filter.ExpressionCase switch
    {
        Filter.ExpressionOneofCase.Comparison when filter.Comparison is
        {
            Operator: ComparisonOperator.Equal,
            Value.KindCase: FilterValue.KindOneofCase.StringValue,
        } comparison && Name(comparison.Path) == "value" => [comparison.Value.StringValue],
        Filter.ExpressionOneofCase.Or => AllIds(filter.Or.Operands),
        Filter.ExpressionOneofCase.ValuePath => FindIds(filter.ValuePath.Filter),
        _ => null,
    };

    /// <summary>The condition. INVALID_FILTER for what members do not have.</summary>
    public static SqlText Compile(Filter filter) => filter.ExpressionCase switch
    {
        Filter.ExpressionOneofCase.And => Join(filter.And.Operands, " and "),
        Filter.ExpressionOneofCase.Or => Join(filter.Or.Operands, " or "),
        Filter.ExpressionOneofCase.Not => $"not ({Compile(filter.Not)})",
        Filter.ExpressionOneofCase.ValuePath => Compile(filter.ValuePath.Filter),
        Filter.ExpressionOneofCase.Present => Name(filter.Present) switch
        {
            "value" => $"true",
            "display" => $"e.display <> ''",
            "type" => $"e.type <> 0",
            var other => throw Unknown(other),
        },
        Filter.ExpressionOneofCase.Comparison => Compare(filter.Comparison),
        _ => throw ErrorReason.InvalidFilter.ToRpc("The filter is empty."),
    };

    private static SqlText Compare(Comparison comparison)
    {
        var name = Name(comparison.Path);
        if (comparison.Value.KindCase != FilterValue.KindOneofCase.StringValue)
        {
            throw ErrorReason.InvalidFilter.ToRpc($"members.{name} is compared with a string.", ("attribute", $"members.{name}"));
        }

        var value = comparison.Value.StringValue;
        return name switch
        {
            "value" => Compare($"e.member_id", comparison.Operator, value),
            // Lower case as SQL does it on both sides: a filter of PATCH reads one group's edges and needs no index.
            "display" => Compare($"lower(e.display)", comparison.Operator, value.ToLowerInvariant()),
            "type" => Compare(
                $"case e.type when 1 then 'user' when 2 then 'group' else '' end", comparison.Operator, value.ToLowerInvariant()),
            _ => throw Unknown(name),
        };
    }

    private static SqlText Compare(SqlText column, ComparisonOperator comparison, string value) => comparison switch
    {
        ComparisonOperator.Equal => $"{column} = {value}",
        ComparisonOperator.NotEqual => $"{column} <> {value}",
        ComparisonOperator.Contains => $"strpos({column}, {value}) > 0",
        ComparisonOperator.StartsWith => $"starts_with({column}, {value})",
        ComparisonOperator.EndsWith => $"right({column}, length({value})) = {value}",
        ComparisonOperator.GreaterThan => $"{column} > {value}",
        ComparisonOperator.GreaterOrEqual => $"{column} >= {value}",
        ComparisonOperator.LessThan => $"{column} < {value}",
        ComparisonOperator.LessOrEqual => $"{column} <= {value}",
        _ => throw ErrorReason.InvalidFilter.ToRpc("The filter has no operator."),
    };

    private static SqlText Join(RepeatedField<Filter> operands, string joint)
    {
        var literals = Enumerable.Repeat(")" + joint + "(", operands.Count - 1).Prepend("(").Append(")").ToList();
        return SqlText.FromParts(literals, [.. operands.Select(Compile)]);
    }

    private static List<string>? AllIds(IEnumerable<Filter> operands)
    {
        var all = new List<string>();
        foreach (var operand in operands)
        {
            if (FindIds(operand) is not { } ids)
            {
                return null;
            }

            all.AddRange(ids);
        }

        return all;
    }

    // members.value, or value alone where the path is relative to the element.
    private static string Name(AttributePath path) => path.SubAttribute.Length > 0 ? path.SubAttribute : path.Attribute;

    private static RpcException Unknown(string name) => ErrorReason.InvalidFilter.ToRpc(
        $"Members have no attribute {name} to filter by.", ("attribute", $"members.{name}"), ("remedy", "Use value, type or display."));
}
