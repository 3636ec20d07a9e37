using DirectorySync.Scim.V1;

namespace DirectorySync.Scim;

/// <summary>The question that identity providers ask most: userName eq "…" (okta-wire: the look-up before a user is created).</summary>
public static class NameQuestion
{
    /// <summary>The name that a filter asks for, if it asks nothing else; else null.</summary>
    public static string? Find(Filter? filter) =>
        filter is { Comparison: { Operator: ComparisonOperator.Equal, Path: { Schema: SchemaUrns.User, Attribute: "userName", SubAttribute: "" } } comparison }
        && comparison.Value?.KindCase == FilterValue.KindOneofCase.StringValue
            ? comparison.Value.StringValue
            : null;

    /// <summary>Whether a name is what was asked for: its case does not count.</summary>
    public static bool IsAnsweredBy(string asked, string userName) => SearchForm.Key(asked) == SearchForm.Key(userName);
}
