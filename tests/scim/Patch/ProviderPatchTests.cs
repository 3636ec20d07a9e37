using DirectorySync.Identity.V1;

namespace DirectorySync.Scim.Tests;

/// <summary>PATCH of users as Okta and Entra send it, outside the letter of the RFC.</summary>
public sealed class ProviderPatchTests
{
    private static readonly User Stored = Bodies.User("""
        {"userName":"a","active":true,"emails":[{"value":"a@b.c","type":"work","primary":true}],"roles":"admin",
         "tag_list":["x"],"office":{"Floor":4},
         "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"m1","displayName":"Ada"}}}
        """);

    [Theory]
    [InlineData("""{"op":"replace","value":{"active":false}}""")] // okta-wire §6: no path
    [InlineData("""{"op":"replace","path":"active","value":false}""")]
    [InlineData("""{"op":"Replace","path":"active","value":"False"}""")] // Entra
    [InlineData("""{"OP":"REPLACE","Path":"ACTIVE","VALUE":"false"}""")]
    public void Deactivation(string operation)
    {
        var user = Bodies.Patch(Stored, operation);
        Assert.True(user is { HasActive: true, Active: false });
    }

    [Fact]
    public void A_password_is_dropped() => // okta-wire §9
        Assert.Empty(Bodies.Operations("""{"op":"replace","value":{"password":"secret"}}"""));

    [Fact]
    public void What_is_read_only_is_passed_over_in_a_value_without_path() => // okta-wire §10: Okta's rename sends id
        Assert.Equal("x", Assert.Single(Bodies.Operations(
            """{"op":"replace","value":{"id":"1","schemas":[],"meta":{},"groups":[{"value":"g"}],"displayName":"x"}}""")).Value.DisplayName);

    [Fact]
    public void Entra_sends_paths_as_names()
    {
        var user = Bodies.Patch(Stored, """
            {"op":"Add","value":{"name.givenName":"Ada","emails[type eq \"home\"].value":"h@b.c",
             "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department":"Sales",
             "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"costCenter":7},
             "urn:example:2.0:User:shoeSize":42}}
            """);
        Assert.Equal(("Ada", "Sales", "7"), (user.Name.GivenName, user.Enterprise.Department, user.Enterprise.CostCenter));
        Assert.Equal(("h@b.c", "home"), (user.Emails[1].Value, user.Emails[1].Type));
        Assert.Contains(user.RawAttributes, r => r is { Schema: "urn:example:2.0:User", Name: "shoeSize", Json: "42" });
    }

    [Fact]
    public void A_bare_manager_replaces_the_whole_manager() // Entra; the old manager's name must not stay
        => Assert.Equal(new Manager { Value = "m2", Bare = true }, Bodies.Patch(
            Stored, """{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"m2"}""").Enterprise.Manager);

    [Fact]
    public void A_whole_extension_can_be_removed()
    {
        Assert.Null(Bodies.Patch(Stored, $$"""{"op":"remove","path":"{{SchemaUrns.EnterpriseUser}}"}""").Enterprise);
        var user = Bodies.Patch(Stored, """{"op":"add","path":"urn:example:2.0:User","value":{"a":1,"b":2}}""");
        Assert.Equal(Stored, Bodies.Patch(user, """{"op":"remove","path":"urn:EXAMPLE:2.0:User"}"""));
    }

    [Fact]
    public void A_single_role_becomes_a_list_when_another_comes()
    {
        var user = Bodies.Patch(Stored, """{"op":"add","path":"roles","value":["viewer"]}""");
        Bodies.Same("""["admin","viewer"]""", Bodies.Json(user)["roles"]);
    }

    [Theory]
    [InlineData("""{"op":"add","path":"tag_list","value":["y","x"]}""", "tag_list", """["x","y"]""")]
    [InlineData("""{"op":"remove","path":"TAG_LIST","value":["x"]}""", "tag_list", "null")]
    [InlineData("""{"op":"replace","path":"tag_list","value":"z"}""", "tag_list", "\"z\"")]
    [InlineData("""{"op":"replace","path":"office.floor","value":5}""", "office", """{"Floor":5}""")]
    [InlineData("""{"op":"add","path":"office","value":{"room":"a"}}""", "office", """{"Floor":4,"room":"a"}""")]
    [InlineData("""{"op":"remove","path":"office.Floor"}""", "office", "null")]
    [InlineData("""{"op":"add","path":"licenses[name eq \"a\"].seats","value":2}""", "licenses", """[{"name":"a","seats":2}]""")]
    [InlineData("""{"op":"replace","value":{"tag_new":{"a":null}}}""", "tag_new", """{"a":null}""")]
    public void Undeclared_attributes_follow_the_same_rules(string operation, string attribute, string json) =>
        Bodies.Same(json, Bodies.Json(Bodies.Patch(Stored, operation))[attribute]);

    [Fact]
    public void A_null_inside_a_value_for_a_value_path_removes_the_sub_attribute()
    {
        var user = Bodies.Patch(Stored, """{"op":"replace","path":"emails[type eq \"work\"]","value":{"type":"home","primary":null}}""");
        Assert.Equal(new MultiValue { Value = "a@b.c", Type = "home" }, Assert.Single(user.Emails));
    }
}
