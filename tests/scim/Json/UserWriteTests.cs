using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.Scim.Tests;

/// <summary>What is returned for a user: RFC 7643 §3.1 and §4, and what Okta makes of it.</summary>
public sealed class UserWriteTests
{
    private static User Jane() => new()
    {
        DirectoryId = "d", Id = "u 1", Version = 7, UserName = "Jane@Test.com", Active = false,
        CreateTime = Timestamp.FromDateTime(new DateTime(2026, 1, 2, 3, 4, 5, 678, DateTimeKind.Utc)),
        UpdateTime = Timestamp.FromDateTime(new DateTime(2026, 1, 2, 3, 4, 6, DateTimeKind.Utc)),
        Name = new() { GivenName = "Jane", FamilyName = "Smith" },
    };

    [Fact]
    public void Everything_that_is_assigned_and_nothing_else() => Bodies.Same("""
        {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"u 1","userName":"Jane@Test.com",
         "name":{"formatted":"Jane Smith","familyName":"Smith","givenName":"Jane"},"active":false,
         "meta":{"resourceType":"User","created":"2026-01-02T03:04:05.678000Z","lastModified":"2026-01-02T03:04:06.000000Z",
                 "location":"https://example.com/scim/v2/abc/Users/u%201","version":"W/\"7\""}}
        """, Bodies.Json(Jane()));

    [Fact]
    public void Groups_are_what_the_caller_gives() => Bodies.Same("""
        [{"value":"g1","$ref":"https://example.com/scim/v2/abc/Groups/g1","display":"Sales","type":"direct"}]
        """, Bodies.Json(Jane(), groups: [new GroupReference { Id = "g1", DisplayName = "Sales" }])["groups"]);

    [Fact]
    public void A_bare_manager_is_returned_bare()
    {
        var user = Bodies.User("""{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":"Ada"}}""");
        Bodies.Same("""{"manager":"Ada"}""", Bodies.Json(user)[SchemaUrns.EnterpriseUser]);
        Bodies.Same(
            """["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]""",
            Bodies.Json(user)["schemas"]);
    }

    [Fact]
    public void An_echo_of_the_computed_name_is_not_kept() // okta-wire §5: "formatted":"Mona Octocat" beside the new parts
    {
        var stored = Bodies.User("""{"userName":"a","name":{"givenName":"Mona","familyName":"Octocat"}}""");
        var echoed = Bodies.Json(stored)["name"]!["formatted"]!.GetValue<string>();
        var wanted = Bodies.User($$$"""{"userName":"a","name":{"givenName":"Jane","familyName":"Smith","formatted":"{{{echoed}}}"}}""");
        Replacement.Settle(wanted, stored);
        Assert.Equal("Jane Smith", Bodies.Json(wanted)["name"]!["formatted"]!.GetValue<string>());
    }

    [Fact]
    public void A_formatted_name_of_the_identity_providers_own_is_kept()
    {
        var stored = Bodies.User("""{"name":{"givenName":"Mona","familyName":"Octocat"}}""");
        var wanted = Bodies.User("""{"name":{"givenName":"Mona","familyName":"Octocat","formatted":"Octocat, Mona"}}""");
        Replacement.Settle(wanted, stored);
        Assert.Equal("Octocat, Mona", wanted.Name.Formatted);
    }

    [Fact]
    public void The_same_attributes_in_another_order_are_no_change() // okta-wire §5: Okta sends our GET back, its keys sorted
    {
        var stored = Bodies.User("""{"zeta":{"b":1,"a":[2]},"alpha":1,"urn:x:1.0:User":{"q":1,"p":2},"name":{"y":1,"x":2}}""");
        var wanted = Bodies.User("""{"ALPHA":1,"name":{"x":2,"y":1},"urn:X:1.0:user":{"p":2,"q":1},"zeta":{"a":[2],"b":1}}""");
        Replacement.Settle(wanted, stored);
        Assert.Equal(stored, wanted);
    }

    [Fact]
    public void The_computed_name_has_all_parts_in_order() => Assert.Equal("Ms. Barbara Jane Jensen III", FormattedName.Of(new Name
    {
        HonorificPrefix = "Ms.", GivenName = "Barbara", MiddleName = "Jane", FamilyName = "Jensen", HonorificSuffix = "III",
    }));

    [Theory]
    [InlineData("W/\"7\"", true, 7)]
    [InlineData("\"7\"", true, 7)]
    [InlineData("7", true, 7)]
    [InlineData("W/\"x\"", false, 0)]
    public void Versions_are_weak_etags(string text, bool isRead, long version)
    {
        Assert.Equal(isRead, ETag.TryParse(text, out var read));
        Assert.Equal(version, read);
    }
}
