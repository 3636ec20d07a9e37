using DirectorySync.AttributeMapping.V1;

namespace DirectorySync.Roles.Tests;

/// <summary>Which roles follow from what, and why: pure.</summary>
public sealed class RulingTests
{
    private static readonly Role[] Roles =
    [
        new() { Slug = "admin", Priority = 100, Protected = true, Assignable = false },
        new() { Slug = "editor", Priority = 50, Assignable = true },
        new() { Slug = "viewer", Priority = 10, Assignable = true },
        new() { Slug = "license", Priority = 10, Assignable = true, Entitlement = true },
    ];

    private static readonly RoleRules Everything = new()
    {
        Mode = RoleMode.Union,
        DefaultRole = "viewer",
        Rules =
        {
            new RoleRule { Role = "admin", GroupId = "g1" },
            new RoleRule { Role = "editor", GroupName = "Writers" },
            new RoleRule { Role = "editor", Attribute = new() { Attribute = "department_name", Value = "Press", Operator = AttributeOperator.Equals } },
            new RoleRule { Role = "admin", Attribute = new() { Attribute = "tags.Team", Value = "root", Operator = AttributeOperator.Contains } },
            new RoleRule { Role = "license", ScimRole = "Licensed" },
        },
    };

    [Theory]
    [InlineData("g1", "admin")]
    [InlineData("g2", "editor")]
    [InlineData("other", "viewer")]
    public void A_group_gives_its_role_by_id_or_by_name(string groupId, string role) =>
        Assert.Equal([role], Decide(Everything, new() { Active = true }, groupId));

    [Fact]
    public void Attributes_are_compared_whatever_their_case_and_lists_element_by_element()
    {
        Assert.Equal(["editor"], Decide(Everything, Person(("Department_Name", "\"press\""))));
        Assert.Equal(["editor"], Decide(Everything, Person(("department_name", "[\"Sales\",\"PRESS\"]"))));
        Assert.Equal(["viewer"], Decide(Everything, Person(("department_name", "\"Press office\""))));
        Assert.Equal(["viewer"], Decide(Everything, Person(("department_name", "{\"a\":\"Press\"}"))));
        Assert.Equal(["admin"], Decide(Everything, new() { Active = true, Tags = { new Tag { Name = "Team", Json = "\"the Root team\"" } } }));
    }

    [Theory]
    [InlineData("12", "12", true)]
    [InlineData("true", "TRUE", true)]
    [InlineData("12", "1", false)]
    public void Numbers_and_booleans_are_compared_as_text(string json, string value, bool meets)
    {
        var rules = new RoleRules { Rules = { new RoleRule { Role = "editor", Attribute = new() { Attribute = "level", Value = value } } } };

        Assert.Equal(meets ? ["editor"] : [], Decide(rules, Person(("level", json))));
    }

    [Fact]
    public void Standard_attributes_are_attributes_too()
    {
        var rules = new RoleRules
        {
            Rules = { new RoleRule { Role = "editor", Attribute = new() { Attribute = "email", Value = "@acme.com", Operator = AttributeOperator.Contains } } },
        };

        Assert.Equal(["editor"], Decide(rules, new() { Active = true, Email = "ada@ACME.com" }));
        Assert.Empty(Decide(rules, new() { Active = true, Email = "ada@example.com" }));
    }

    [Fact]
    public void A_scim_role_meets_its_rule_whatever_its_case() =>
        Assert.Equal(["license"], Decide(Everything, new() { Active = true, Roles = { "licensed" } }));

    [Fact]
    public void An_assignable_role_is_given_by_its_slug_without_a_rule_and_others_are_not()
    {
        var none = new RoleRules { Mode = RoleMode.Union };

        Assert.Equal(["editor"], Decide(none, new() { Active = true, Roles = { "editor", "admin", "license", "unknown" } }));
        Assert.Equal(["license"], Decide(none, new() { Active = true, Entitlements = { "license", "editor" } }));
    }

    [Fact]
    public void By_priority_the_highest_wins_and_of_equal_ones_the_first_by_slug()
    {
        var rules = Everything.Clone();
        rules.Mode = RoleMode.Priority;

        Assert.Equal(["admin"], Decide(rules, new() { Active = true }, "g1", "g2"));
        Assert.Equal(["license"], Decide(rules, new() { Active = true, Roles = { "viewer", "Licensed" } }));
        rules.Mode = RoleMode.Union;
        Assert.Equal(["admin", "editor"], Decide(rules, new() { Active = true }, "g2", "g1"));
    }

    [Fact]
    public void Someone_inactive_has_no_role_whatever_the_rules_say() => Assert.Empty(Decide(Everything, new() { Roles = { "editor" } }, "g1"));

    [Fact]
    public void A_rule_for_a_role_that_is_deleted_gives_nothing()
    {
        var rules = new RoleRules { DefaultRole = "viewer", Rules = { new RoleRule { Role = "gone", GroupId = "g1" } } };

        Assert.Equal(["viewer"], Decide(rules, new() { Active = true }, "g1"));
    }

    [Theory]
    [InlineData("g1", "admin, because of group \"IT Admins\"; default role not used")]
    [InlineData("g1 g2", "admin, because of group \"IT Admins\"; editor, because of group \"Writers\", but admin has a higher priority; default role not used")]
    [InlineData("", "viewer, the default role, because nothing gives another")]
    public void The_explanation_names_what_counts_and_what_does_not(string groupIds, string summary)
    {
        var rules = Everything.Clone();
        rules.Mode = RoleMode.Priority;

        Assert.Equal(summary, Explain(rules, new() { Active = true }, groupIds.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Fact]
    public void The_explanation_names_attribute_assignment_guard_and_inactivity()
    {
        var rules = new RoleRules { Mode = RoleMode.Union, Rules = { Everything.Rules[2] } };
        var person = Person(("department_name", "\"Press\""));
        person.Roles.Add("viewer");

        Assert.Equal(
            "editor, because department_name is \"Press\"; viewer, because the identity provider assigns it; "
                + "admin, kept by the guard, because nobody else in the organization has it",
            Explain(rules, person, [], "admin"));
        person.Active = false;
        Assert.Equal("no role, because the user is inactive", Explain(rules, person, []));
        Assert.Equal("no role, because no rule applies and there is no default role", Explain(new(), new() { Active = true }, []));
    }

    private static IReadOnlyList<string> Decide(RoleRules rules, Profile profile, params string[] groupIds) =>
        Ready(rules).Decide(UserFacts.Of(profile, groupIds));

    private static string Explain(RoleRules rules, Profile profile, string[] groupIds, params string[] kept)
    {
        var names = new Dictionary<string, string> { ["g1"] = "IT Admins", ["g2"] = "Writers" };
        return Explanation.Summary(profile.Active, Explanation.Reasons(Ready(rules), UserFacts.Of(profile, groupIds), kept, names));
    }

    private static Ruling Ready(RoleRules rules) => new(
        rules, Roles.ToDictionary(role => role.Slug), new[] { ("writers", "g2"), ("it admins", "g1") }.ToLookup(g => g.Item1, g => g.Item2));

    private static Profile Person(params (string Name, string Json)[] attributes) => new()
    {
        Active = true,
        Attributes = { attributes.Select(a => new ProfileAttribute { Name = a.Name, Json = a.Json }) },
    };
}
