using System.Text.Json.Nodes;
using DirectorySync.GroupMembership.V1;

namespace DirectorySync.Scim.Tests;

/// <summary>RFC 7644 §3.9 and RFC 7643 §7 "returned": attributes and excludedAttributes.</summary>
public sealed class Rfc7644Section39Tests
{
    private const string Body = """
        {"userName":"a","title":"T","name":{"givenName":"G","familyName":"F"},"emails":[{"value":"a@b.c","type":"work"}],"tag_x":1,
         "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"D","manager":{"value":"m","displayName":"M"}},
         "urn:example:2.0:User":{"a":1,"b":2}}
        """;

    [Theory]
    [InlineData("userName", null, "schemas id userName")]
    [InlineData("USERNAME, title", null, "schemas id userName title")]
    [InlineData("name.givenName", null, "schemas id name.givenName")]
    [InlineData("emails.value", null, "schemas id emails.value")]
    [InlineData("tag_X", null, "schemas id tag_x")]
    [InlineData("password,nothing", null, "schemas id")]
    [InlineData("meta.version", null, "schemas id meta.version")]
    [InlineData(SchemaUrns.EnterpriseUser, null, "schemas id enterprise.department enterprise.manager")]
    [InlineData(SchemaUrns.EnterpriseUser + ":department", null, "schemas id enterprise.department")]
    [InlineData("urn:example:2.0:User:b", null, "schemas id example.b")]
    [InlineData("urn:ietf:params:scim:schemas:core:2.0:User:title", null, "schemas id title")]
    [InlineData(null, "id,schemas,title,name,emails,meta,tag_x,active," + SchemaUrns.EnterpriseUser, "schemas id userName example.a example.b")]
    [InlineData(null, "name.givenName,title,emails.type,meta,tag_x,active,urn:example:2.0:User,urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
        "schemas id userName name.formatted name.familyName emails.value enterprise.department")]
    public void Names_decide_what_is_returned(string? attributes, string? excluded, string expected)
    {
        var json = Bodies.Json(Bodies.User(Body), Scim.Projection.Of(ResourceType.User, attributes, excluded)).AsObject();
        var names = json.SelectMany(p => p.Key is "schemas" ? [p.Key]
            : p.Value is JsonObject complex ? complex.Select(s => $"{Short(p.Key)}.{s.Key}")
            : p.Value is JsonArray list ? list[0]!.AsObject().Select(s => $"{p.Key}.{s.Key}")
            : [p.Key]);
        Assert.Equal(expected, string.Join(' ', names));
    }

    [Theory]
    [InlineData("name.middleName")]
    [InlineData("emails.display")]
    [InlineData("meta.nothing")]
    [InlineData(SchemaUrns.EnterpriseUser + ":manager.$ref")]
    public void Nothing_is_left_of_what_has_no_such_part(string attributes) => Bodies.Same(
        $$"""{"schemas":["{{SchemaUrns.User}}","{{SchemaUrns.EnterpriseUser}}","urn:example:2.0:User"],"id":"7"}""",
        Written(attributes, null, Body));

    [Fact]
    public void Only_the_values_with_the_wanted_part_are_left() => Bodies.Same(
        $$"""{"schemas":["{{SchemaUrns.User}}"],"id":"7","emails":[{"display":"B"}],"name":{"formatted":"G"},"roles":["r"]}""",
        Written(
            "emails.display,name.formatted,roles.value,addresses.region", null,
            """{"userName":"a","name":{"givenName":"G"},"emails":[{"value":"a"},{"value":"b","display":"B"}],"roles":["r"],"addresses":[{"country":"DE"}]}"""));

    [Fact]
    public void A_value_all_of_whose_parts_are_excluded_is_left_out() => Bodies.Same(
        $$"""{"schemas":["{{SchemaUrns.User}}"],"id":"7","userName":"a"}""",
        Written(
            null, "name.givenName,name.formatted,roles.value,active,meta",
            """{"userName":"a","name":{"givenName":"G"},"roles":["r"]}"""));

    [Fact]
    public void A_member_without_the_wanted_part_is_left_out()
    {
        Member[] members = [new() { Value = "1", Display = "One" }, new() { Value = "2" }];
        var json = Bodies.Json(new Group { Id = "g" }, members, Scim.Projection.Of(ResourceType.Group, "members.display", null));
        Bodies.Same("""[{"display":"One"}]""", json["members"]);
    }

    [Fact]
    public void Without_names_there_is_no_projection() => Assert.Null(Scim.Projection.Of(ResourceType.User, " , ", ""));

    [Fact]
    public void What_is_no_name_is_refused() => Bodies.Refused(() => Scim.Projection.Of(ResourceType.User, "a b", null), "invalidValue");

    [Fact]
    public void What_is_not_returned_need_not_be_read()
    {
        Assert.False(Scim.Projection.Of(ResourceType.Group, null, "members")!.Includes("members"));
        Assert.True(Scim.Projection.Of(ResourceType.Group, "members.value", null)!.Includes("members"));
        Assert.False(Scim.Projection.Of(ResourceType.User, "userName", null)!.Includes("groups"));
    }

    private static JsonNode Written(string? attributes, string? excluded, string body)
    {
        var user = Bodies.User(body);
        user.Id = "7";
        return Bodies.Json(user, Scim.Projection.Of(ResourceType.User, attributes, excluded));
    }

    private static string Short(string name) => name.Contains("enterprise", StringComparison.Ordinal) ? "enterprise"
        : name.StartsWith("urn:", StringComparison.Ordinal) ? "example" : name;
}
