using DirectorySync.GroupMembership.V1;
using DirectorySync.Scim.V1;

namespace DirectorySync.Scim.Tests;

/// <summary>PATCH of groups: RFC 7644 §3.5.2 and okta-wire §10.</summary>
public sealed class GroupPatchTests
{
    [Theory]
    [InlineData("""{"op":"add","path":"members","value":[{"display":"Babs Jensen","$ref":"https://example.com/v2/Users/2819c223","value":"2819c223"}]}""")]
    [InlineData("""{"op":"add","value":{"members":[{"display":"Babs Jensen","value":"2819c223"}]}}""")]
    [InlineData("""{"op":"Add","path":"Members","value":{"display":"Babs Jensen","value":"2819c223"}}""")]
    [InlineData("""{"value":[{"value":"2819c223","display":"Babs Jensen"}],"path":"members","op":"add"}""")]
    public async Task Section_3_5_2_1_adds_a_member(string operation) => Assert.Equal(
        new MembersOperation { Operator = PatchOperator.Add, Members = { new Member { Value = "2819c223", Display = "Babs Jensen" } } },
        Assert.Single(await Bodies.GroupOperations(operation)).Members);

    [Fact]
    public async Task Section_3_5_2_2_removes_a_single_member() => Assert.Equal(
        new MembersOperation { Operator = PatchOperator.Remove, Members = { new Member { Value = "2819c223-7f76-...413861904646" } } },
        Assert.Single(await Bodies.GroupOperations(
            """{"op":"remove","path":"members[value eq \"2819c223-7f76-...413861904646\"]"}""")).Members);

    [Theory]
    [InlineData("""{"op":"remove","path":"members"}""", PatchOperator.Remove)]
    [InlineData("""{"op":"replace","path":"members","value":[]}""", PatchOperator.Replace)] // okta-wire §10: Push Now of an empty group
    [InlineData("""{"op":"replace","value":{"members":[]}}""", PatchOperator.Replace)]
    public async Task Section_3_5_2_2_removes_all_members(string operation, PatchOperator @operator) =>
        Assert.Equal(new MembersOperation { Operator = @operator }, Assert.Single(await Bodies.GroupOperations(operation)).Members);

    [Fact]
    public async Task Section_3_5_2_2_removes_and_adds_a_member()
    {
        var operations = await Bodies.GroupOperations("""
            {"op":"remove","path":"members[value eq\"2819c223...919d-413861904646\"]"},
            {"op":"add","path":"members","value":[{"display":"James Smith","value":"08e1d05d...473d93df9210"}]}
            """);
        Assert.Equal([PatchOperator.Remove, PatchOperator.Add], operations.Select(o => o.Members.Operator));
    }

    [Fact]
    public async Task Section_3_5_2_2_replaces_all_members_by_two_operations()
    {
        var operations = await Bodies.GroupOperations("""
            {"op":"remove","path":"members"},{"op":"add","path":"members","value":[{"value":"a"},{"value":"b"}]}
            """);
        Assert.Equal([(PatchOperator.Remove, 0), (PatchOperator.Add, 2)], operations.Select(o => (o.Members.Operator, o.Members.Members.Count)));
    }

    [Fact]
    public async Task Section_3_5_2_3_replaces_all_members()
    {
        var operation = Assert.Single(await Bodies.GroupOperations(
            """{"op":"replace","path":"members","value":[{"value":"a","display":"A"},{"value":"b"}]}"""));
        Assert.Equal((PatchOperator.Replace, 2, false), (operation.Members.Operator, operation.Members.Members.Count, operation.Members.Continues));
    }

    [Fact]
    public async Task Okta_removes_members_one_by_one_and_adds_several() // okta-wire §10
    {
        var operations = await Bodies.GroupOperations("""
            {"op":"remove","path":"members[value eq \"a\"]"},{"op":"remove","path":"members[value eq \"b\"]"},
            {"op":"add","path":"members","value":[{"value":"c","display":"c@d"},{"value":"d"}]}
            """);
        Assert.Equal(["a b", "c d"], operations.Select(o => string.Join(' ', o.Members.Members.Select(m => m.Value))));
    }

    [Fact]
    public async Task Okta_renames_with_id_and_without_path() // okta-wire §10: must not touch members
    {
        var operation = Assert.Single(await Bodies.GroupOperations(
            """{"op":"replace","value":{"id":"abf4dd94","displayName":"Test SCIMv2"}}"""));
        var group = GroupPatch.Apply(new Group { Id = "1", DisplayName = "Old" }, [operation.Attribute]);
        Assert.Equal(new Group { Id = "1", DisplayName = "Test SCIMv2" }, group);
        Assert.Equal(group, GroupPatch.Apply(group, [operation.Attribute]));
    }

    [Fact]
    public async Task Attributes_and_members_keep_their_order()
    {
        var operations = await Bodies.GroupOperations("""
            {"op":"replace","value":{"displayName":"N","members":[{"value":"a"}],"externalId":"e"}},
            {"op":"remove","path":"members","value":[{"value":"a"},{"value":"b"}]},{"op":"remove","path":"members","value":[]},
            {"op":"remove","path":"members[type eq \"User\"]"},{"op":"replace","path":"colour","value":"red"}
            """);
        Assert.Equal(
            ["displayName", "Replace 1", "externalId", "Remove 2", "Remove filter", "colour"],
            operations.Select(o => o.Attribute?.Target.Path.Attribute
                ?? $"{o.Members.Operator} {(o.Members.Filter is null ? o.Members.Members.Count : "filter")}"));
    }

    [Fact]
    public async Task Many_members_come_in_batches_that_continue()
    {
        var members = string.Join(',', Enumerable.Range(0, 25).Select(i => $$"""{"value":"m{{i}}"}"""));
        var operations = await Bodies.GroupOperations($$"""{"op":"replace","path":"members","value":[{{members}}]}""", batchSize: 10);
        Assert.Equal([(10, false), (10, true), (5, true)], operations.Select(o => (o.Members.Members.Count, o.Members.Continues)));
    }

    [Theory]
    [InlineData("""{"op":"add","value":{"urn:ietf:params:scim:schemas:core:2.0:Group:members":[{"value":"a"}]}}""")]
    [InlineData("""{"op":"add","value":{"urn:ietf:params:scim:schemas:core:2.0:Group":{"members":[{"value":"a"}]}}}""")]
    [InlineData("""{"op":"add","path":"urn:ietf:params:scim:schemas:core:2.0:Group","value":{"members":[{"value":"a"}]}}""")]
    [InlineData("""{"op":"add","path":"urn:ietf:params:scim:schemas:core:2.0:Group:members","value":[{"value":"a"}]}""")]
    [InlineData("""{"op":"add","value":{"members[value eq \"a\"]":{}}}""")]
    public async Task Members_are_found_wherever_they_are_named(string operation) => Assert.Equal(
        new MembersOperation { Operator = PatchOperator.Add, Members = { new Member { Value = "a" } } },
        Assert.Single(await Bodies.GroupOperations(operation)).Members);

    [Fact]
    public async Task Too_many_operations_are_refused_before_any_of_them_is_read() => Assert.Equal(
        Errors.V1.ErrorReason.LimitExceeded,
        (await Assert.ThrowsAsync<ScimException>(
            () => Bodies.GroupOperations(string.Join(',', Enumerable.Repeat("1", 10_001))))).Reason);

    [Fact]
    public async Task Attributes_of_more_than_a_mebibyte_are_refused() => Assert.Equal(
        Errors.V1.ErrorReason.LimitExceeded,
        (await Assert.ThrowsAsync<ScimException>(() => Bodies.GroupOperations(
            $$"""{"op":"replace","path":"x","value":"{{new string('x', BodyLimits.GroupAttributeBytes)}}"}"""))).Reason);

    [Theory]
    [InlineData("""{"op":"replace","path":"id","value":"x"}""", "mutability")]
    [InlineData("""{"op":"remove","path":"displayName"}""", "mutability")]
    [InlineData("""{"op":"replace","path":"members[value eq \"a\"].display","value":"x"}""", "mutability")]
    [InlineData("""{"op":"replace","path":"members[value eq \"a\"]","value":{"value":"b"}}""", "mutability")]
    [InlineData("""{"op":"add","path":"members"}""", "invalidValue")]
    [InlineData("""{"op":"add","path":"members","value":[{"display":"x"}]}""", "invalidValue")]
    [InlineData("""{"op":"add","value":["x"]}""", "invalidValue")]
    [InlineData("""{"op":"remove"}""", "noTarget")]
    [InlineData("""{"op":"shift","path":"members"}""", "invalidSyntax")]
    [InlineData("""["x"]""", "invalidSyntax")]
    [InlineData("", "invalidSyntax")]
    public async Task What_cannot_be_done_is_refused_by_its_scimType(string operation, string scimType)
    {
        var error = await Assert.ThrowsAsync<ScimException>(async () => await Bodies.GroupOperations(operation));
        Assert.Equal(scimType, error.ScimType);
    }
}
