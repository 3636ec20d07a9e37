using System.Text.Json.Nodes;

namespace DirectorySync.Scim.Tests;

/// <summary>The form in which filters compare attributes.</summary>
public sealed class SearchFormTests
{
    [Fact]
    public void Text_is_lower_case_unless_the_attribute_is_caseExact() => Bodies.Same("""
        {"schemas":["urn:ietf:params:scim:schemas:core:2.0:user","urn:example:2.0:user","urn:ietf:params:scim:schemas:extension:enterprise:2.0:user"],
         "externalid":"00uX","username":"jane@test.com","name":{"formatted":"jane ÄRZTIN","familyname":"ÄRZTIN","givenname":"jane"},
         "active":true,"emails":[{"value":"a@b.c","type":"work","primary":true}],"roles":[{"value":"admin"}],"tag_x":["senior",{"a":1.50}],
         "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user":{"department":"sales"},"urn:example:2.0:user":{"shoesize":42}}
        """.Replace("ÄRZTIN", "ärztin", StringComparison.Ordinal), JsonNode.Parse(SearchForm.Of(Bodies.User("""
        {"externalId":"00uX","userName":"Jane@Test.com","name":{"givenName":"Jane","familyName":"ÄRZTIN"},"active":true,
         "emails":[{"value":"A@b.c","type":"Work","primary":true}],"roles":"Admin","tag_X":["Senior",{"A":1.50}],
         "urn:example:2.0:User":{"shoeSize":42},
         "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales"}}
        """))));

    [Fact]
    public void Declared_dateTimes_are_in_UTC_and_of_one_width()
    {
        var type = ResourceType.User.With(new Schema(SchemaUrns.CustomUser, "Custom", "Custom",
            [new() { Name = "start", Description = "First day", Type = V1.AttributeType.DateTime }]));
        var user = Bodies.User($$$"""{"{{{SchemaUrns.CustomUser}}}":{"start":"2026-01-01T01:00:00+01:00"}}""");
        Bodies.Same("\"2026-01-01T00:00:00.0000000Z\"", JsonNode.Parse(SearchForm.Of(user, type))![SearchForm.Key(SchemaUrns.CustomUser)]!["start"]);
    }

    [Fact]
    public void A_number_beyond_what_PostgreSQL_takes_is_text() =>
        Bodies.Same("\"1e999999\"", JsonNode.Parse(SearchForm.Of(Bodies.User("""{"x":1e999999}""")))!["x"]);
}
