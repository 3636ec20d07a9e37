using DirectorySync.Identity.V1;

namespace DirectorySync.Scim.Tests;

/// <summary>RFC 7644 §3.5.2.1 to §3.5.2.3 on users: every example, and every rule.</summary>
public sealed class Rfc7644Section352UserTests
{
    private static readonly User Babs = Bodies.User("""
        {"userName":"bjensen","nickName":"B","name":{"givenName":"Barbara","familyName":"Jensen"},
         "emails":[{"value":"bjensen@example.com","type":"work","primary":true},{"value":"b@other.org","type":"work"}],
         "addresses":[{"type":"work","streetAddress":"1 Main St","locality":"Springfield"},{"type":"home","locality":"Shelbyville","primary":true}],
         "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales","manager":{"value":"m1","displayName":"Ada"}}}
        """);

    [Fact]
    public void Section_3_5_2_1_adds_attributes_without_a_path()
    {
        var user = Bodies.Patch(Babs, """{"op":"add","value":{"emails":[{"value":"babs@jensen.org","type":"home"}],"nickname":"Babs"}}""");
        Assert.Equal("Babs", user.NickName);
        Assert.Equal(3, user.Emails.Count);
        Assert.Equal(("babs@jensen.org", "home"), (user.Emails[2].Value, user.Emails[2].Type));
    }

    [Theory]
    [InlineData("""{"op":"add","path":"nickName","value":"B"}""")]
    [InlineData("""{"op":"add","path":"emails","value":[{"value":"b@other.org","type":"work"}]}""")]
    [InlineData("""{"op":"add","path":"emails","value":{"value":"b@other.org"}}""")]
    [InlineData("""{"op":"add","path":"emails","value":[]}""")]
    [InlineData("""{"op":"replace","path":"name","value":{"givenName":"Barbara"}}""")]
    [InlineData("""{"op":"replace","value":{"nickName":"B","active":null}}""")]
    [InlineData("""{"op":"remove","path":"title"}""")]
    [InlineData("""{"op":"remove","path":"emails[value eq \"nobody\"]"}""")]
    [InlineData("""{"op":"remove","path":"emails","value":[{"value":"nobody"}]}""")]
    [InlineData("""{"op":"replace","path":"emails[type eq \"work\" and primary eq true].value","value":"bjensen@example.com"}""")]
    [InlineData("""{"op":"remove","path":"urn:example:2.0:User:nothing"}""")]
    [InlineData("""{"op":"replace","path":"schemas","value":["urn:ietf:params:scim:schemas:core:2.0:User"]}""")]
    [InlineData("""{"op":"replace","value":{"password":"x"}}""")]
    [InlineData("""{"op":"replace","path":"password","value":"x"}""")]
    public void An_operation_that_changes_nothing_leaves_an_equal_user(string operation) =>
        Assert.Equal(Babs, Bodies.Patch(Babs, operation));

    [Fact]
    public void Section_3_5_2_1_adds_to_a_complex_attribute_what_is_named()
    {
        var user = Bodies.Patch(Babs, """{"op":"add","path":"name","value":{"middleName":"Jane","familyName":null}}""");
        Assert.Equal(new Name { GivenName = "Barbara", MiddleName = "Jane" }, user.Name);
    }

    [Fact]
    public void Section_3_5_2_1_a_new_primary_ends_the_old_one()
    {
        var user = Bodies.Patch(Babs, """{"op":"add","path":"emails","value":[{"value":"new@example.com","primary":true}]}""");
        Assert.Equal([false, false, true], user.Emails.Select(e => e.Primary));
        user = Bodies.Patch(user, """{"op":"replace","path":"emails[value eq \"b@other.org\"].primary","value":"True"}""");
        Assert.Equal([false, true, false], user.Emails.Select(e => e.Primary));
    }

    [Fact]
    public void Section_3_5_2_1_a_value_with_the_same_type_is_completed_not_doubled()
    {
        var user = Bodies.Patch(Babs, """{"op":"add","path":"emails","value":[{"value":"b@other.org","type":"WORK","display":"B"}]}""");
        Assert.Equal(2, user.Emails.Count);
        Assert.Equal("B", user.Emails[1].Display);
    }

    [Theory]
    [InlineData("""{"op":"add","path":"emails[type eq \"home\"].value","value":"h@example.com"}""")]
    [InlineData("""{"op":"add","path":"emails[type eq \"home\"]","value":{"value":"h@example.com"}}""")]
    public void Adding_to_a_value_path_that_matches_nothing_creates_the_element(string operation) =>
        Assert.Equal(new MultiValue { Value = "h@example.com", Type = "home" }, Bodies.Patch(Babs, operation).Emails[2]);

    [Fact]
    public void Section_3_5_2_2_removes_what_a_filter_names()
    {
        var user = Bodies.Patch(Babs, """{"op":"remove","path":"emails[type eq \"work\" and value ew \"example.com\"]"}""");
        Assert.Equal("b@other.org", Assert.Single(user.Emails).Value);
    }

    [Theory]
    [InlineData("""{"op":"remove","path":"nickName"}""")]
    [InlineData("""{"op":"replace","path":"nickName","value":null}""")]
    [InlineData("""{"op":"replace","value":{"nickName":""}}""")]
    public void Section_3_5_2_2_a_removed_attribute_is_unassigned(string operation) => Assert.Empty(Bodies.Patch(Babs, operation).NickName);

    [Theory]
    [InlineData("""{"op":"remove","path":"emails"}""")]
    [InlineData("""{"op":"replace","path":"emails","value":[]}""")]
    [InlineData("""{"op":"replace","value":{"emails":null}}""")]
    [InlineData("""{"op":"remove","path":"emails","value":[{"value":"bjensen@example.com"},{"value":"b@other.org"}]}""")]
    [InlineData("""{"op":"remove","path":"emails[type eq \"work\"].value"}""")]
    public void Section_3_5_2_2_a_list_without_values_is_unassigned(string operation) => Assert.Empty(Bodies.Patch(Babs, operation).Emails);

    [Fact]
    public void Section_3_5_2_2_removes_a_sub_attribute()
    {
        Assert.Equal(new Name { GivenName = "Barbara" }, Bodies.Patch(Babs, """{"op":"remove","path":"name.familyName"}""").Name);
        Assert.Null(Bodies.Patch(Babs, """{"op":"remove","path":"name.familyName"},{"op":"remove","path":"name.givenName"}""").Name);
        Assert.Equal(["", ""], Bodies.Patch(Babs, """{"op":"remove","path":"emails.type"}""").Emails.Select(e => e.Type));
    }

    [Fact]
    public void Section_3_5_2_3_replaces_a_work_address()
    {
        var user = Bodies.Patch(Babs, """
            {"op":"replace","path":"addresses[type eq \"work\"]","value":
             {"type":"work","streetAddress":"911 Universal City Plaza","locality":"Hollywood","region":"CA","postalCode":"91608","country":"US",
              "formatted":"911 Universal City Plaza\nHollywood, CA 91608 US","primary":true}}
            """);
        Assert.Equal("911 Universal City Plaza", user.Addresses[0].StreetAddress);
        Assert.Equal([true, false], user.Addresses.Select(a => a.Primary));
    }

    [Fact]
    public void Section_3_5_2_3_what_a_replaced_value_does_not_name_is_gone() => Assert.Equal(
        new Address { Type = "work", Locality = "Hollywood", Region = "CA" },
        Bodies.Patch(Babs, """
            {"op":"replace","path":"addresses[type eq \"WORK\"]","value":{"locality":"Hollywood","region":"CA"}}
            """).Addresses[0]);

    [Fact]
    public void Section_3_5_2_1_a_created_primary_ends_the_old_one()
    {
        var user = Bodies.Patch(Babs, """
            {"op":"add","path":"emails[type eq \"home\" and primary eq true].value","value":"h@example.com"}
            """);
        Assert.Equal([false, false, true], user.Emails.Select(e => e.Primary));
        Assert.Equal(("h@example.com", "home"), (user.Emails[2].Value, user.Emails[2].Type));
    }

    [Theory]
    [InlineData("add", "m2")]
    [InlineData("replace", "m2")]
    public void A_manager_may_come_as_a_list_of_one(string op, string id)
    {
        const string Path = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
        var one = Bodies.Patch(Babs, $$"""{"op":"{{op}}","path":"{{Path}}","value":[{"value":"{{id}}"}]}""");
        Assert.Equal(Bodies.Patch(Babs, $$"""{"op":"{{op}}","path":"{{Path}}","value":{"value":"{{id}}"} }"""), one);
        Assert.Equal(id, one.Enterprise.Manager.Value);
        var two = $$"""{"op":"{{op}}","path":"{{Path}}","value":[{"value":"a"},{"value":"b"}]}""";
        Bodies.Refused(() => Bodies.Patch(Babs, two), "invalidValue");
    }

    [Fact]
    public void Section_3_5_2_3_replaces_a_sub_attribute_of_what_matches()
    {
        var user = Bodies.Patch(Babs, """{"op":"replace","path":"addresses[type eq \"work\"].streetAddress","value":"1010 Broadway Ave"}""");
        Assert.Equal(("1010 Broadway Ave", "Springfield"), (user.Addresses[0].StreetAddress, user.Addresses[0].Locality));
    }

    [Fact]
    public void Section_3_5_2_3_replaces_all_values_without_a_path()
    {
        var user = Bodies.Patch(Babs, """
            {"op":"replace","value":{"emails":[{"value":"bjensen@example.com","type":"work","primary":true},
             {"value":"babs@jensen.org","type":"home"}],"nickname":"Babs"}}
            """);
        Assert.Equal(["bjensen@example.com", "babs@jensen.org"], user.Emails.Select(e => e.Value));
        Assert.Equal(("Babs", "Barbara"), (user.NickName, user.Name.GivenName));
    }

    [Fact]
    public void Section_3_5_2_3_leaves_sub_attributes_that_are_not_named() =>
        Assert.Equal(
            new Name { GivenName = "Babs", FamilyName = "Jensen" },
            Bodies.Patch(Babs, """{"op":"replace","path":"name","value":{"givenName":"Babs"}}""").Name);

    [Theory]
    [InlineData("""{"op":"replace","path":"emails[type eq \"home\"].value","value":"x"}""", "noTarget")]
    [InlineData("""{"op":"replace","path":"licenses[name eq \"a\"].seats","value":1}""", "noTarget")]
    [InlineData("""{"op":"remove"}""", "noTarget")]
    [InlineData("""{"op":"remove","value":{"nickName":"B"}}""", "noTarget")]
    [InlineData("""{"op":"replace","path":"id","value":"x"}""", "mutability")]
    [InlineData("""{"op":"replace","path":"meta.created","value":"x"}""", "mutability")]
    [InlineData("""{"op":"add","path":"groups","value":[{"value":"g"}]}""", "mutability")]
    [InlineData("""{"op":"remove","path":"userName"}""", "mutability")]
    [InlineData("""{"op":"replace","path":"userName","value":null}""", "mutability")]
    [InlineData("""{"op":"replace","path":"userName.x","value":"y"}""", "invalidPath")]
    [InlineData("""{"op":"replace","path":"emails[type eq","value":"y"}""", "invalidFilter")]
    [InlineData("""{"op":"replace","path":"active","value":"yes"}""", "invalidValue")]
    [InlineData("""{"op":"replace","path":"active"}""", "invalidValue")]
    [InlineData("""{"op":"replace","path":"userName","value":{"a":1}}""", "invalidValue")]
    [InlineData("""{"op":"add","path":"emails","value":[{"value":"a","primary":true},{"value":"b","primary":true}]}""", "invalidValue")]
    [InlineData("""{"op":"replace","value":"x"}""", "invalidValue")]
    [InlineData("""{"op":"add"}""", "invalidValue")]
    [InlineData("""{"op":"move","path":"nickName","value":"x"}""", "invalidSyntax")]
    [InlineData("""{"path":"nickName","value":"x"}""", "invalidSyntax")]
    [InlineData("""{"op":1,"path":"nickName","value":"x"}""", "invalidSyntax")]
    [InlineData("7", "invalidSyntax")]
    [InlineData("", "invalidSyntax")]
    public void What_cannot_be_done_is_refused_by_its_scimType(string operation, string scimType) =>
        Bodies.Refused(() => Bodies.Patch(Babs, operation), scimType);

    [Fact]
    public void A_refused_operation_leaves_the_user_as_it_was()
    {
        var before = Babs.Clone();
        Bodies.Refused(() => Bodies.Patch(Babs, """
            {"op":"replace","path":"nickName","value":"X"},{"op":"replace","path":"emails[type eq \"home\"].value","value":"x"}
            """), "noTarget");
        Assert.Equal(before, Babs);
    }

    [Fact]
    public void Operations_are_not_changed_by_being_applied()
    {
        var operations = Bodies.Operations("""
            {"op":"add","path":"emails","value":[{"value":"n@e.c","primary":true}]},{"op":"replace","path":"emails[value eq \"n@e.c\"].type","value":"t"}
            """);
        var before = operations.ConvertAll(o => o.Clone());
        Assert.Equal(UserPatch.Apply(Babs, operations), UserPatch.Apply(Babs, operations));
        Assert.Equal(before, operations);
    }

    [Theory]
    [InlineData("emails", "{\"value\":\"a{0}@example.com\"}")]
    [InlineData("undeclared", "\"a{0}\"")]
    public void At_most_1000_values_of_an_attribute(string attribute, string value)
    {
        string Add(int from, int count)
        {
            var values = Enumerable.Range(from, count).Select(i => value.Replace("{0}", $"{i}", StringComparison.Ordinal));
            return $$"""{"op":"add","path":"{{attribute}}","value":[{{string.Join(',', values)}}]}""";
        }

        var full = Bodies.Patch(Babs, $"{Add(0, 600)},{Add(600, 390)}");
        Assert.Equal(Errors.V1.ErrorReason.LimitExceeded, Assert.Throws<ScimException>(() => Bodies.Patch(full, Add(990, 20))).Reason);
        Assert.Equal(full, Bodies.Patch(full, Add(0, 900)));
    }

    [Fact]
    public void At_most_1000_operations()
    {
        var many = string.Join(',', Enumerable.Repeat("""{"op":"replace","path":"title","value":"x"}""", 1001));
        Assert.Equal(Errors.V1.ErrorReason.LimitExceeded, Assert.Throws<ScimException>(() => Bodies.Operations(many)).Reason);
    }
}
