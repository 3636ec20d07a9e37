using DirectorySync.Scim.V1;

namespace DirectorySync.GroupMembership.Tests;

/// <summary>PATCH operations on members, and what they are made of.</summary>
internal static class Operation
{
    public static Member Member(string id, string display = "") => new() { Value = id, Display = display };

    public static MembersOperation Add(params string[] ids) => Of(PatchOperator.Add, ids);

    public static MembersOperation Remove(params string[] ids) => Of(PatchOperator.Remove, ids);

    public static MembersOperation Replace(params string[] ids) => Of(PatchOperator.Replace, ids);

    public static MembersOperation RemoveAll() => new() { Operator = PatchOperator.Remove };

    public static MembersOperation RemoveWhere(Filter filter) => new() { Operator = PatchOperator.Remove, Filter = filter };

    public static Filter Equal(string sub, string value) => new()
    {
        Comparison = new()
        {
            Path = Path("members", sub, caseExact: sub == "value"),
            Operator = ComparisonOperator.Equal,
            Value = new() { StringValue = value },
        },
    };

    public static AttributePath Path(string attribute, string sub = "", bool caseExact = false) => new()
    {
        Schema = "urn:ietf:params:scim:schemas:core:2.0:Group",
        Attribute = attribute,
        SubAttribute = sub,
        Type = AttributeType.String,
        CaseExact = caseExact,
        MultiValued = attribute == "members",
    };

    public static GroupPatchOperation Rename(string displayName) => new()
    {
        Attribute = new()
        {
            Operator = PatchOperator.Replace,
            Target = new() { Path = Path("displayName") },
            Value = new() { DisplayName = displayName },
        },
    };

    private static MembersOperation Of(PatchOperator @operator, string[] ids) =>
        new() { Operator = @operator, Members = { ids.Select(id => Member(id)) } };
}
