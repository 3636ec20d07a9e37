using DirectorySync.Gateway.Scim.Mapping;
using DirectorySync.Scim;
using DirectorySync.Scim.V1;

namespace DirectorySync.Gateway.Tests.Scim;

/// <summary>A comparison of meta.location says the same of the id that it says of the whole address.</summary>
public sealed class LocationFilterTests
{
    private const string Prefix = "https://a.b/scim/v2/k/Users/";

    private static readonly string[] Ids = ["0", "k", "01a", "01b", "https:", "Users"];

    [Fact]
    public void The_id_is_asked_what_the_address_was_asked()
    {
        string[] values =
        [
            .. Ids.Select(id => Prefix + id), Prefix, Prefix + "01", Prefix + "01a/", Prefix + "z", "https://a.b", "https://a.c/", "h", "z",
            "/", "Users/01a", "/k/Users/01", "k/Users/", "rs/", "01", "a", "Groups/01a", "//Users/01a", "https://a.b/scim/v2/k/Groups/01a",
        ];
        foreach (var @operator in Enum.GetValues<ComparisonOperator>().Where(o => o != ComparisonOperator.Unspecified))
        {
            foreach (var value in values)
            {
                var comparison = new Comparison { Operator = @operator, Value = new() { StringValue = value } };
                var rewritten = LocationFilter.Rewrite(comparison, Prefix, new() { Schema = SchemaUrns.User, Attribute = "id", CaseExact = true });
                Assert.Equal(
                    (@operator, value, string.Join(' ', Ids.Where(id => Holds(@operator, Prefix + id, value)))),
                    (@operator, value, string.Join(' ', Ids.Where(id => Holds(rewritten, id)))));
            }
        }
    }

    private static bool Holds(Filter filter, string id) => filter.ExpressionCase switch
    {
        Filter.ExpressionOneofCase.And => filter.And.Operands.All(operand => Holds(operand, id)),
        Filter.ExpressionOneofCase.Not => !Holds(filter.Not, id),
        Filter.ExpressionOneofCase.Present => true,
        _ => Holds(filter.Comparison.Operator, id, filter.Comparison.Value.StringValue),
    };

    private static bool Holds(ComparisonOperator @operator, string text, string value) => @operator switch
    {
        ComparisonOperator.Equal => text == value,
        ComparisonOperator.NotEqual => text != value,
        ComparisonOperator.Contains => text.Contains(value, StringComparison.Ordinal),
        ComparisonOperator.StartsWith => text.StartsWith(value, StringComparison.Ordinal),
        ComparisonOperator.EndsWith => text.EndsWith(value, StringComparison.Ordinal),
        ComparisonOperator.GreaterThan => string.CompareOrdinal(text, value) > 0,
        ComparisonOperator.GreaterOrEqual => string.CompareOrdinal(text, value) >= 0,
        ComparisonOperator.LessThan => string.CompareOrdinal(text, value) < 0,
        _ => string.CompareOrdinal(text, value) <= 0,
    };
}
