using DirectorySync.Scim.V1;

namespace DirectorySync.Scim.Tests;

/// <summary>RFC 7644 §3.4.2.2, filtering: figure 2 and the rules around it.</summary>
public sealed class Rfc7644Section3422Tests
{
    [Theory]
    [InlineData("""userName eq "bjensen" """, """userName eq "bjensen" """)]
    [InlineData("""name.familyName co "O'Malley" """, """name.familyName co "O'Malley" """)]
    [InlineData("""userName sw "J" """, """userName sw "J" """)]
    [InlineData("""urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J" """, """userName sw "J" """)]
    [InlineData("title pr", "title pr")]
    [InlineData("""meta.lastModified gt "2011-05-13T04:42:34Z" """, """meta.lastModified gt "2011-05-13T04:42:34Z" """)]
    [InlineData("""meta.lastModified ge "2011-05-13T04:42:34Z" """, """meta.lastModified ge "2011-05-13T04:42:34Z" """)]
    [InlineData("""meta.lastModified lt "2011-05-13T04:42:34Z" """, """meta.lastModified lt "2011-05-13T04:42:34Z" """)]
    [InlineData("""meta.lastModified le "2011-05-13T04:42:34Z" """, """meta.lastModified le "2011-05-13T04:42:34Z" """)]
    [InlineData("""title pr and userType eq "Employee" """, """title pr and userType eq "Employee" """)]
    [InlineData("""title pr or userType eq "Intern" """, """title pr or userType eq "Intern" """)]
    [InlineData(
        """schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User" """,
        """schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User" """)]
    [InlineData(
        """userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")""",
        """userType eq "Employee" and (emails.value co "example.com" or emails.value co "example.org")""")]
    [InlineData(
        """userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")""",
        """userType ne "Employee" and not (emails.value co "example.com" or emails.value co "example.org")""")]
    [InlineData(
        """userType eq "Employee" and (emails.type eq "work")""",
        """userType eq "Employee" and emails.type eq "work" """)]
    [InlineData(
        """userType eq "Employee" and emails[type eq "work" and value co "@example.com"]""",
        """userType eq "Employee" and emails[type eq "work" and value co "@example.com"]""")]
    [InlineData(
        """emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]""",
        """emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]""")]
    public void Figure_2(string text, string printed) =>
        Assert.Equal(printed.TrimEnd(), FilterPrinter.Print(FilterParser.Parse(text, ResourceType.User), ResourceType.User));

    [Theory]
    [InlineData("""userName Eq "john" """)]
    [InlineData("""Username eq "john" """)]
    [InlineData("""  USERNAME   EQ   "john"   """)]
    public void Attribute_names_and_operators_are_case_insensitive(string text) =>
        Assert.Equal(FilterParser.Parse("""userName eq "john" """, ResourceType.User), FilterParser.Parse(text, ResourceType.User));

    [Fact]
    public void Not_binds_before_and_before_or()
    {
        var filter = FilterParser.Parse("title pr or nickName pr and not (locale pr)", ResourceType.User);
        Assert.Equal(2, filter.Or.Operands.Count);
        Assert.Equal(2, filter.Or.Operands[1].And.Operands.Count);
        Assert.Equal("locale", filter.Or.Operands[1].And.Operands[1].Not.Present.Attribute);
    }

    [Fact]
    public void Parentheses_change_the_order()
    {
        var filter = FilterParser.Parse("(title pr or nickName pr) and locale pr", ResourceType.User);
        Assert.Equal(2, filter.And.Operands[0].Or.Operands.Count);
    }

    [Theory]
    [InlineData("userName", false)]
    [InlineData("id", true)]
    [InlineData("externalId", true)]
    [InlineData("emails", false)]
    public void Case_sensitivity_is_the_attributes(string attribute, bool caseExact) =>
        Assert.Equal(caseExact, FilterParser.Parse($"{attribute} eq \"x\"", ResourceType.User).Comparison.Path.CaseExact);

    [Theory]
    [InlineData("""userName regex "x" """, "The operator 'regex' is not supported", "regex")]
    [InlineData("userName eq", "expected a value", "")]
    [InlineData("""userName eq "x" and""", "expected an attribute name", "")]
    [InlineData("""userName eq "x" title pr""", "expected 'and', 'or' or the end", "title")]
    [InlineData("""(userName eq "x" """, "to close the parenthesis", "")]
    [InlineData("""userName eq "x""", "closing quotation mark", "\"x")]
    [InlineData("userName eq bjensen", "expected a value", "bjensen")]
    [InlineData("""emails[type eq "work" """, "to close the value path", "")]
    [InlineData("active gt true", "is a boolean", "true")]
    [InlineData("""active eq "yes" """, "is a boolean", "\"yes")]
    [InlineData("""x509Certificates.value gt "x" """, "is binary", "\"x")]
    [InlineData("""meta.created gt "yesterday" """, "is a dateTime", "\"yesterday")]
    [InlineData("""meta.created co "2011" """, "is a dateTime", "\"2011")]
    [InlineData("userName gt null", "null can only be compared by eq and ne", "null")]
    [InlineData("""name eq "x" """, "'name' is complex", "name")]
    [InlineData("""userName.first eq "x" """, "has no sub-attributes", "userName")]
    [InlineData("""password eq "x" """, "cannot be used in a filter", "password")]
    [InlineData("""emails[type[x eq "y"]]""", "cannot be nested", "[x")]
    [InlineData("""userName eq "a\u0000" """, "U+0000", "\"a")]
    [InlineData("""userName eq "a\q" """, "unknown escape", "q\"")]
    [InlineData("", "expected an attribute name", "")]
    public void What_cannot_be_read_is_invalidFilter_with_its_position(string text, string says, string at)
    {
        var error = Bodies.Refused(() => FilterParser.Parse(text, ResourceType.User), "invalidFilter");
        Assert.Contains(says.Replace("The operator", "the operator", StringComparison.Ordinal), error.Message, StringComparison.Ordinal);
        var position = at.Length == 0 ? text.Length : text.LastIndexOf(at, StringComparison.Ordinal);
        Assert.Contains($"at position {position + 1}.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Depth_is_limited_to_32_levels()
    {
        static string Nested(int levels) => $"{new string('(', levels - 1)}title pr{new string(')', levels - 1)}";
        FilterParser.Parse(Nested(32), ResourceType.User);
        Bodies.Refused(() => FilterParser.Parse(Nested(33), ResourceType.User), "invalidFilter");
    }

    [Fact]
    public void Size_is_limited_to_100_nodes_and_8_KiB()
    {
        FilterParser.Parse(string.Join(" or ", Enumerable.Repeat("title pr", 99)), ResourceType.User);
        Bodies.Refused(() => FilterParser.Parse(string.Join(" or ", Enumerable.Repeat("title pr", 100)), ResourceType.User), "invalidFilter");
        Bodies.Refused(() => FilterParser.Parse($"title eq \"{new string('x', 8192)}\"", ResourceType.User), "invalidFilter");
    }

    [Theory]
    [InlineData("""tag_Seniority eq "senior" """, SchemaUrns.User, "tag_Seniority", "")]
    [InlineData("urn:example:2.0:User:shoeSize gt 42", "urn:example:2.0:User", "shoeSize", "")]
    [InlineData("urn:example:2.0:User:office.floor eq 4", "urn:example:2.0:User", "office", "floor")]
    [InlineData(
        """urn:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:user:manager.displayname eq "A" """,
        SchemaUrns.EnterpriseUser, "manager", "displayName")]
    public void Undeclared_and_extension_attributes_can_be_named(string text, string schema, string attribute, string sub)
    {
        var path = FilterParser.Parse(text, ResourceType.User).Comparison.Path;
        Assert.Equal((schema, attribute, sub), (path.Schema, path.Attribute, path.SubAttribute));
    }

    [Fact]
    public void A_directory_may_declare_attributes_of_its_own()
    {
        var type = ResourceType.User.With(new Schema(SchemaUrns.CustomUser, "Custom", "Custom", [
            new() { Name = "startDate", Description = "First day", Type = AttributeType.DateTime }]));
        Bodies.Refused(() => FilterParser.Parse($"{SchemaUrns.CustomUser}:startDate gt \"soon\"", type), "invalidFilter");
        Assert.Null(ResourceType.User.FindSchema(SchemaUrns.CustomUser));
    }

    [Fact]
    public void Clients_may_write_true_and_numbers_as_the_attribute_wants_them()
    {
        Assert.True(FilterParser.Parse("""active eq "True" """, ResourceType.User).Comparison.Value.BooleanValue);
        Assert.Equal("7", FilterParser.Parse("title eq 7", ResourceType.User).Comparison.Value.StringValue);
    }

    [Fact]
    public void Entra_may_compare_a_sub_attribute_of_a_value_path() => Assert.Equal(
        """emails[type eq "work" and value eq "a@b.c"]""",
        FilterPrinter.Print(FilterParser.Parse("""emails[type eq "work"].value eq "a@b.c" """, ResourceType.User), ResourceType.User));
}
