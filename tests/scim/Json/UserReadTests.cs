namespace DirectorySync.Scim.Tests;

/// <summary>What clients may send in the body of a user, and what is refused.</summary>
public sealed class UserReadTests
{
    [Fact]
    public void Okta_creates_a_user() // okta-wire §4, POST
    {
        var user = Bodies.User("""
            {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],
             "userName":"test.user@okta.local",
             "name":{"givenName":"Test","familyName":"User"},
             "emails":[{"primary":true,"value":"test.user@okta.local","type":"work"}],
             "displayName":"Test User","locale":"en-US",
             "externalId":"00ujl29u0le5T6Aj10h7",
             "groups":[],"password":"1mz050nq","active":true}
            """);
        Assert.Equal("test.user@okta.local", user.UserName);
        Assert.Equal("00ujl29u0le5T6Aj10h7", user.ExternalId);
        Assert.True(user.Active && user.Emails[0].Primary);
        Assert.DoesNotContain("1mz050nq", user.ToString(), StringComparison.Ordinal);
        Assert.Empty(user.RawAttributes);
    }

    [Fact]
    public void Enterprise_attributes_come_under_their_URN() // okta-wire §4
    {
        var user = Bodies.User("""
            {"userName":"a","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales","manager":"m1","grade":7}}
            """);
        Assert.Equal("Sales", user.Enterprise.Department);
        Assert.Equal(("m1", true), (user.Enterprise.Manager.Value, user.Enterprise.Manager.Bare));
        Assert.Equal(("grade", "7"), (user.RawAttributes[0].Name, user.RawAttributes[0].Json));
    }

    [Fact]
    public async Task A_byte_order_mark_is_passed_over()
    {
        Assert.Equal("a", Bodies.User("\uFEFF{\"userName\":\"a\"}").UserName);
        using var group = await GroupBody.ReadAsync(Bodies.Pipe("\uFEFF{\"displayName\":\"g\",\"members\":[{\"value\":\"m1\"}]}"));
        Assert.Equal("g", group.Group.DisplayName);
    }

    [Theory]
    [InlineData("""[{"value":"m1"}]""", """{"value":"m1"}""")]
    [InlineData("""["m1"]""", "\"m1\"")]
    [InlineData("[null]", "null")]
    public void A_manager_may_come_as_a_list_of_one(string list, string one)
    {
        const string User = """{"userName":"a","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"D","manager":""";
        Assert.Equal(Bodies.User(User + one + "}}"), Bodies.User(User + list + "}}"));
    }

    [Fact]
    public void What_the_client_may_not_set_is_passed_over() // okta-wire §5, PUT
    {
        var user = Bodies.User("""
            {"id":7,"meta":{"created":"x"},"groups":[{"value":"g"}],"schemas":"URN:ietf:params:scim:schemas:core:2.0:User","password":{"a":1},"userName":"a"}
            """);
        Assert.Equal(new Identity.V1.User { UserName = "a" }, user);
    }

    [Fact]
    public void Schemas_that_are_named_without_attributes_are_kept_and_returned() // RFC 7643 §3
    {
        const string Body = """
            {"schemas":["urn:acme:2.0:X","urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:user",
             "URN:ACME:2.0:x"],"userName":"a"}
            """;
        var user = Bodies.User(Body);
        Replacement.Settle(user, stored: null);

        Assert.Equal(["urn:acme:2.0:X", SchemaUrns.EnterpriseUser], user.NamedSchemas);
        Assert.Equal(
            [SchemaUrns.User, "urn:acme:2.0:X", SchemaUrns.EnterpriseUser],
            Bodies.Json(user)["schemas"]!.AsArray().Select(urn => urn!.GetValue<string>()));

        // Attributes say it too: an echo of the answer changes nothing, and without them it stays named.
        var patched = user.Clone();
        (patched.Active, patched.Enterprise) = (true, new() { Department = "D" });
        var echo = Bodies.User(Bodies.Json(patched).ToJsonString());
        Replacement.Settle(echo, patched);
        Assert.Equal(patched, echo);
        var without = Bodies.User(Body);
        Replacement.Settle(without, new() { UserName = "a", Enterprise = new() { Department = "D" } });
        Assert.Equal(user, without);
    }

    [Theory]
    [InlineData("7")]
    [InlineData("""[{"a":1}]""")]
    [InlineData("""["urn:ietf:params:scim:schemas:core:2.0:Group"]""")]
    public void Schemas_that_are_no_names_or_another_types_are_refused(string schemas) => Bodies.Refused(
        () => Bodies.User($$"""{"schemas":{{schemas}},"userName":"a"}"""), "invalidValue");

    [Theory]
    [InlineData("""{"urn:ietf:params:scim:schemas:core:2.0:group":{"displayName":"G"},"userName":"a"}""")]
    [InlineData("""{"urn:ietf:params:scim:schemas:core:2.0:Group":null,"userName":"a"}""")]
    public void Attributes_of_another_types_schema_are_refused(string json) => // they would name it in "schemas", which no PUT could send back
        Bodies.Refused(() => Bodies.User(json), "invalidValue");

    [Fact]
    public void Attribute_names_are_read_in_any_case()
    {
        var user = Bodies.User("""{"USERNAME":"a","Name":{"GIVENNAME":"b"},"EMails":[{"VALUE":"c","Primary":"True"}]}""");
        Assert.Equal(("a", "b", "c", true), (user.UserName, user.Name.GivenName, user.Emails[0].Value, user.Emails[0].Primary));
    }

    [Fact]
    public void Numbers_are_read_as_text() // okta-wire §11: numeric externalId, employeeNumber, costCenter and a null name
    {
        var user = Bodies.User("""
            {"externalId":9007199254740993,"name":null,
             "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":701984,"costCenter":4130.50}}
            """);
        Assert.Equal(("9007199254740993", "701984", "4130.50"),
            (user.ExternalId, user.Enterprise.EmployeeNumber, user.Enterprise.CostCenter));
        Assert.Null(user.Name);
    }

    [Fact]
    public void Null_and_empty_values_are_unassigned() // okta-wire §5 "push empty values", §14.10
    {
        var user = Bodies.User("""
            {"userName":"a","externalId":null,"title":"","emails":[],"name":{"givenName":null,"familyName":""},"active":null,
             "phoneNumbers":[null,{"type":"work","value":""}],"tag_x":null,"tag_y":"","tag_z":[],"urn:example:2.0:User":{"a":null},
             "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"","manager":{"value":null}}}
            """);
        Assert.Equal(new Identity.V1.User { UserName = "a" }, user);
    }

    [Theory] // okta-wire §12: four shapes of roles
    [InlineData("""["r1","r2"]""")]
    [InlineData("\"r1\"")]
    [InlineData("""[{"value":"r1","type":"base"}]""")]
    [InlineData("""[{"value":"r1","display":"First Role"}]""")]
    [InlineData("""{"value":"r1","type":"base"}""")]
    public void Roles_are_returned_as_they_came(string roles)
    {
        var user = Bodies.User($$"""{"userName":"a","roles":{{roles}}}""");
        Assert.Equal("r1", user.Roles[0].Value);
        Bodies.Same(roles, Bodies.Json(user)["roles"]);
    }

    [Theory]
    [InlineData("\"a@b.c\"")]
    [InlineData("""["a@b.c"]""")]
    [InlineData("""{"value":"a@b.c"}""")]
    public void One_value_may_stand_for_a_list(string emails) =>
        Bodies.Same("""[{"value":"a@b.c"}]""", Bodies.Json(Bodies.User($$"""{"emails":{{emails}}}"""))["emails"]);

    [Fact]
    public void Undeclared_attributes_are_kept_as_sent() // okta-wire §12: tag_Seniority, extensions of any URN
    {
        const string Body = """
            {"userName":"a","tag_Seniority":"senior","big":12345678901234567890.10,"obj":{"B":[1,null,{"c":"ä"}]},
             "emails":[{"value":"a@b.c","verified":true}],"name":{"givenName":"A","phonetic":"ei"},
             "urn:example:2.0:User":{"shoeSize":42}}
            """;
        var json = Bodies.Json(Bodies.User(Body));
        Bodies.Same("\"senior\"", json["tag_Seniority"]);
        Assert.Equal("12345678901234567890.10", json["big"]!.ToJsonString());
        Bodies.Same("""{"B":[1,null,{"c":"ä"}]}""", json["obj"]);
        Bodies.Same("""[{"value":"a@b.c","verified":true}]""", json["emails"]);
        Bodies.Same("""{"formatted":"A","givenName":"A","phonetic":"ei"}""", json["name"]);
        Bodies.Same("""{"shoeSize":42}""", json["urn:example:2.0:User"]);
        Bodies.Same("""["urn:ietf:params:scim:schemas:core:2.0:User","urn:example:2.0:User"]""", json["schemas"]);
    }

    [Theory]
    [InlineData("""{"userName":{"a":1}}""", "userName")]
    [InlineData("""{"userName":["a"]}""", "userName")]
    [InlineData("""{"userName":true}""", "userName")]
    [InlineData("""{"active":"yes"}""", "active")]
    [InlineData("""{"active":1}""", "active")]
    [InlineData("""{"name":"Ada Lovelace"}""", "name")]
    [InlineData("""{"name":{"givenName":["a"]}}""", "name.givenName")]
    [InlineData("""{"emails":[true]}""", "emails")]
    [InlineData("""{"emails":[["a"]]}""", "emails")]
    [InlineData("""{"emails":[{"value":{"a":1}}]}""", "emails.value")]
    [InlineData("""{"emails":[{"value":"a","primary":true},{"value":"b","primary":true}]}""", "emails")]
    [InlineData("""{"addresses":["Main Street 1"]}""", "addresses")]
    [InlineData("""{"title":"a\u0000b"}""", "title")]
    [InlineData("""{"title":"\ud800"}""", "title")]
    [InlineData("""{"tag_x":["a\u0000b"]}""", "tag_x")]
    [InlineData("""{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":"Sales"}""", SchemaUrns.EnterpriseUser)]
    public void A_value_that_would_lose_its_meaning_is_invalidValue(string body, string attribute)
    {
        var error = Bodies.Refused(() => Bodies.User(body), "invalidValue");
        Assert.Equal(attribute, error.Attribute);
        Assert.Contains($"'{attribute}'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("""{"userName":"a","userName":"b"}""")]
    [InlineData("""{"userName":"a"} x""")]
    [InlineData("""{"a\ud83d":"a"}""")]
    [InlineData("""{"a":{"\ude42b":1}}""")]
    public void What_is_not_a_JSON_object_is_invalidSyntax(string body) => Bodies.Refused(() => Bodies.User(body), "invalidSyntax");

    [Fact]
    public void Text_that_is_not_UTF_8_is_invalidSyntax() =>
        Bodies.Refused(() => UserJson.Read(new byte[] { (byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}' }), "invalidSyntax");

    [Theory]
    [InlineData("n{0}", "1", "")]
    [InlineData("urn:x:{0}", "{\"a\":1}", "")]
    [InlineData("", "{\"value\":\"a{0}@example.com\"}", "emails")]
    [InlineData("", "{0}", "undeclared")]
    public void At_most_a_thousand_undeclared_attributes_and_values(string name, string value, string list)
    {
        string Body(int count)
        {
            var values = Enumerable.Range(0, count).Select(i => value.Replace("{0}", $"{i}", StringComparison.Ordinal));
            return list.Length > 0
                ? $$"""{"{{list}}":[{{string.Join(',', values)}}]}"""
                : $"{{{string.Join(',', values.Select((v, i) => $"\"{name.Replace("{0}", $"{i}", StringComparison.Ordinal)}\":{v}"))}}}";
        }

        Bodies.User(Body(1000));
        Assert.Equal(Errors.V1.ErrorReason.LimitExceeded, Assert.Throws<ScimException>(() => Bodies.User(Body(1001))).Reason);
    }

    [Fact]
    public void Depth_is_limited_to_32_levels()
    {
        static string Nested(int levels) => $"{{\"x\":{new string('[', levels - 1)}1{new string(']', levels - 1)}}}";
        Bodies.User(Nested(32));
        Bodies.Refused(() => Bodies.User(Nested(33)), "invalidSyntax");
    }
}
