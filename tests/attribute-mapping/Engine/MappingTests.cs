using DirectorySync.AttributeMapping.Engine;
using DirectorySync.Identity.V1;
using static DirectorySync.AttributeMapping.Tests.Engine.Users;

namespace DirectorySync.AttributeMapping.Tests.Engine;

/// <summary>What a user's attributes mean, before anybody has mapped anything and after.</summary>
public sealed class MappingTests
{
    private const string Ada = """
        {"userName":"ada@acme.com","externalId":"00u1","title":"Countess","userType":"Contractor","displayName":"Ada L.","active":true,
         "name":{"givenName":"Ada","familyName":"Lovelace"},"emails":[{"value":"ada@home.com","type":"home"},{"value":"ada@acme.com","type":"work"}],
         "phoneNumbers":[{"value":"1","type":"work"}],"roles":[{"value":"admin"}],"entitlements":[{"value":"seat"}],
         "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"007","costCenter":"C1","department":"R&D",
           "division":"D","organization":"O","manager":{"value":"m1","displayName":"Bob"}},
         "start_date":"2026/03/31","tag_Shirt_Size":"L","tag_Seniority":"Senior"}
        """;

    [Fact]
    public void Standard_and_predefined_attributes_are_mapped_by_themselves()
    {
        var profile = Map(Ada);

        Assert.Equal(("00u1", "Ada", "Lovelace", "ada@acme.com", true, "ada@acme.com"),
            (profile.IdpId, profile.FirstName, profile.LastName, profile.Email, profile.Active, profile.UserName));
        Assert.Equal(["admin"], profile.Roles);
        Assert.Equal(["seat"], profile.Entitlements);
        Assert.Equal("\"007\"", profile.Json("employee_number"));
        Assert.Equal("\"2026-03-31\"", profile.Json("employment_start_date"));
        Assert.Equal("\"Bob\"", profile.Json("manager_name"));
        Assert.Equal("\"m1\"", profile.Json("manager_id"));
        Assert.Equal("\"Countess\"", profile.Json("job_title"));
        Assert.Equal("[{\"value\":\"1\",\"type\":\"work\"}]", profile.Json("phone_numbers"));
        Assert.Null(profile.Json("manager_email"));
        Assert.Empty(profile.Problems);
        Assert.Equal(profile.Attributes.Select(a => a.Name).Order(StringComparer.Ordinal), profile.Attributes.Select(a => a.Name));
    }

    [Fact]
    public void An_address_that_nobody_marked_is_not_the_email() =>
        Assert.Equal("", Map("""{"userName":"a","emails":[{"value":"x@y.z","type":"other"},{"value":"q@y.z"}]}""").Email);

    [Fact]
    public void Tags_come_from_the_core_namespace_and_from_ours_and_from_no_other()
    {
        var profile = Map("""
            {"userName":"a","tag_Shirt_Size":"L","TAG_Team":["x","y"],"tag_":"no","tag_Empty":"",
             "urn:directorysync:params:scim:schemas:extension:custom:2.0:User":{"tag_Floor":3,"tag_Shirt_Size":"M"},
             "urn:acme:1.0:User":{"tag_Stray":"no"}}
            """);

        Assert.Equal(
            [new Tag { Name = "Floor", Json = "3" }, new Tag { Name = "Shirt Size", Json = "\"L\"" }, new Tag { Name = "Team", Json = "[\"x\",\"y\"]" }],
            profile.Tags);
    }

    [Theory]
    [InlineData(DefinitionType.String, "\"text\"", "\"text\"")]
    [InlineData(DefinitionType.String, "12.50", "\"12.50\"")]
    [InlineData(DefinitionType.String, "true", "\"true\"")]
    [InlineData(DefinitionType.String, "{\"a\":1}", null)]
    [InlineData(DefinitionType.Number, "12345678901234567890.10", "12345678901234567890.10")]
    [InlineData(DefinitionType.Number, "\" +007 \"", "7")]
    [InlineData(DefinitionType.Number, "\"-0.5\"", "-0.5")]
    [InlineData(DefinitionType.Number, "\"1,200\"", null)]
    [InlineData(DefinitionType.Boolean, "true", "true")]
    [InlineData(DefinitionType.Boolean, "\"FALSE\"", "false")]
    [InlineData(DefinitionType.Boolean, "\"yes\"", null)]
    [InlineData(DefinitionType.Date, "\"2026-03-31\"", "\"2026-03-31\"")]
    [InlineData(DefinitionType.Date, "\"2026/03/31\"", "\"2026-03-31\"")]
    [InlineData(DefinitionType.Date, "\"2026-02-30\"", null)]
    [InlineData(DefinitionType.Date, "\"31.03.2026\"", null)]
    [InlineData(DefinitionType.Date, "20260331", null)]
    [InlineData(DefinitionType.List, "\"one\"", "[\"one\"]")]
    [InlineData(DefinitionType.List, "[1,\"two\",{\"c\":3}]", "[1,\"two\",{\"c\":3}]")]
    [InlineData(DefinitionType.Object, "{\"a\":{\"b\":[1]}}", "{\"a\":{\"b\":[1]}}")]
    [InlineData(DefinitionType.Object, "\"text\"", null)]
    public void A_value_is_of_its_definitions_type_or_a_problem(DefinitionType type, string json, string? expected)
    {
        var profile = Map($$"""{"userName":"a","thing":{{json}}}""", null, Custom("thing", type));

        Assert.Equal(expected, profile.Json("thing"));
        Assert.Equal(expected is null ? [Problems.ValueInvalid] : [], profile.Problems.Select(p => p.Code));
        Assert.All(profile.Problems, p => Assert.Contains("Okta", p.Remedy, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Provider.Okta, "Okta")]
    [InlineData(Provider.Entra, "Entra")]
    [InlineData(Provider.Generic, "identity provider")]
    public void A_remedy_is_in_the_words_of_the_identity_provider(Provider provider, string word)
    {
        var rule = Rule("table", "title", new Transform { ValueTable = new() { Unlisted = UnlistedValue.Report } });
        using var document = new UserDocument(Read("""{"userName":"a","level":"high","title":"Boss"}"""));
        var plan = Plan(provider, [rule], Custom("level", DefinitionType.Number), Custom("floor", required: true), Custom("table"));

        var problems = plan.Map(document).Problems;

        Assert.Equal([Problems.RequiredMissing, Problems.ValueInvalid, Problems.ValueUnlisted], problems.Select(p => p.Code));
        Assert.All(problems, p => Assert.Contains(word, p.Remedy, StringComparison.Ordinal));
        Assert.All(problems, p => Assert.Equal(provider == Provider.Okta, p.Remedy.Contains("Okta", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_missing_required_attribute_is_a_problem_and_heals()
    {
        var problem = Assert.Single(Map("""{"userName":"a"}""", null, Custom("floor", required: true)).Problems);

        Assert.Equal((Problems.RequiredMissing, "floor"), (problem.Code, problem.Attribute));
        Assert.Empty(Map("""{"userName":"a","floor":"3"}""", null, Custom("floor", required: true)).Problems);
    }

    [Fact]
    public void The_first_path_with_a_value_wins()
    {
        var rule = new MappingRule { Attribute = "floor", Paths = { "level", "urn:acme:1.0:User:floor", "title" } };

        Assert.Equal("\"1\"", Map("""{"userName":"a","level":"1","title":"t"}""", [rule], Custom("floor")).Json("floor"));
        Assert.Equal("\"2\"",
            Map("""{"userName":"a","level":"","urn:acme:1.0:User":{"floor":2},"title":"t"}""", [rule], Custom("floor")).Json("floor"));
        Assert.Equal("\"t\"", Map("""{"userName":"a","title":"t"}""", [rule], Custom("floor")).Json("floor"));
    }

    [Fact]
    public void Transforms_apply_in_order()
    {
        var trim = new Transform { Trim = new() };
        var lower = new Transform { Lower = new() };
        var prefix = new Transform { Prefix = new() { Text = "t-" } };
        var constant = new Transform { Default = new() { Json = "\"none\"" } };

        Assert.Equal("\"t-abc\"", Map("""{"userName":"a","x":" ABC "}""", [Rule("x", "x", trim, lower, prefix)], Custom("x")).Json("x"));
        Assert.Equal("\"t-none\"", Map("""{"userName":"a","x":"  "}""", [Rule("x", "x", trim, constant, prefix)], Custom("x")).Json("x"));
        Assert.Equal("\"none\"", Map("""{"userName":"a"}""", [Rule("x", "x", prefix, constant)], Custom("x")).Json("x"));
        Assert.Equal("[\"t-a\",\"t-7\"]",
            Map("""{"userName":"a","x":["A",7]}""", [Rule("x", "x", lower, prefix)], Custom("x", DefinitionType.List)).Json("x"));
    }

    [Theory]
    [InlineData(UnlistedValue.Keep, "\"other\"", null)]
    [InlineData(UnlistedValue.Drop, null, null)]
    [InlineData(UnlistedValue.Report, null, Problems.ValueUnlisted)]
    public void A_value_table_replaces_what_it_lists(UnlistedValue unlisted, string? expected, string? problem)
    {
        var rule = Rule("x", "x", new Transform
        {
            ValueTable = new() { Entries = { new ValueTableEntry { From = "FTE", To = "Employee" } }, Unlisted = unlisted },
        });

        Assert.Equal("\"Employee\"", Map("""{"userName":"a","x":"fte"}""", [rule], Custom("x")).Json("x"));
        var other = Map("""{"userName":"a","x":"other"}""", [rule], Custom("x"));
        Assert.Equal(expected, other.Json("x"));
        Assert.Equal(problem, other.Problems.SingleOrDefault()?.Code);
    }

    [Fact]
    public void A_standard_attribute_can_be_mapped_elsewhere() =>
        Assert.Equal("ada@home.com", Map(Ada, [Rule("email", "emails.^[type==home].value")]).Email);

    [Theory]
    [InlineData("api_key", "x", true)]
    [InlineData("tag_Password", "x", true)]
    [InlineData("title", "sk_live_abcdef", true)]
    [InlineData("title", "eyJhbGciOiJIUzI1NiJ9.eyJz", true)]
    [InlineData("title", "Zx81kQp0Lm3Tt9Vb7Nn2Rr5W", true)]
    [InlineData("title", "Senior Engineer, Platform and Tools 2", false)]
    [InlineData("externalId", "0192d0c6-8f9f-7b43-8f8a-5f2d7d3f3d11", false)]
    [InlineData("userName", "a.very.long.address.of.someone12@example.com", false)]
    public void What_looks_like_a_secret_is_not_shown(string attribute, string value, bool secret) =>
        Assert.Equal(secret ? Secrets.Mask : value, Secrets.Show(attribute, value));
}
