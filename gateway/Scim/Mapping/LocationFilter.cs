using DirectorySync.Scim.V1;

namespace DirectorySync.Gateway.Scim.Mapping;

/// <summary>
/// Comparisons of meta.location, which only the gateway knows, as comparisons of the id at its end: for every resource of a list the address
/// is one prefix, which ends with a slash, and an id, which has none.
/// </summary>
internal static class LocationFilter
{
    /// <summary>The same question of the id.</summary>
    public static Filter Rewrite(Comparison comparison, string prefix, AttributePath id)
    {
        var value = comparison.Value.StringValue;
        var tail = value.LastIndexOf('/') + 1;
        var isBehindPrefix = value.Length > prefix.Length && value.StartsWith(prefix, StringComparison.Ordinal);
        var endsInPrefix = tail > 0 && prefix.EndsWith(value[..tail], StringComparison.Ordinal);
        Filter Ask(ComparisonOperator @operator, string text) => new()
        {
            Comparison = new() { Path = id, Operator = @operator, Value = new() { StringValue = text } },
        };

        return comparison.Operator switch
        {
            ComparisonOperator.Equal => isBehindPrefix ? Ask(ComparisonOperator.Equal, value[prefix.Length..]) : Always(id, false),
            ComparisonOperator.NotEqual => isBehindPrefix ? Ask(ComparisonOperator.NotEqual, value[prefix.Length..]) : Always(id, true),
            ComparisonOperator.StartsWith => isBehindPrefix ? Ask(ComparisonOperator.StartsWith, value[prefix.Length..])
                : Always(id, prefix.StartsWith(value, StringComparison.Ordinal)),
            ComparisonOperator.EndsWith => tail == 0 ? Ask(ComparisonOperator.EndsWith, value)
                : endsInPrefix && tail < value.Length ? Ask(ComparisonOperator.Equal, value[tail..]) : Always(id, false),
            ComparisonOperator.Contains => prefix.Contains(value, StringComparison.Ordinal) ? Always(id, true)
                : tail == 0 ? Ask(ComparisonOperator.Contains, value)
                : endsInPrefix ? Ask(ComparisonOperator.StartsWith, value[tail..]) : Always(id, false),
            var order => isBehindPrefix ? Ask(order, value[prefix.Length..])
                : Always(id, (string.CompareOrdinal(prefix, value) >= 0)
                    == order is ComparisonOperator.GreaterThan or ComparisonOperator.GreaterOrEqual),
        };
    }

    /// <summary>What holds for every resource that has the attribute, or for none.</summary>
    public static Filter Always(AttributePath path, bool holds) =>
        holds ? new() { Present = path } : new() { And = new() { Operands = { new Filter { Present = path }, Not(path) } } };

    private static Filter Not(AttributePath path) => new() { Not = new() { Present = path } };
}
