namespace DirectorySync.Scim.Tests;

/// <summary>RFC 7644 §3.5.2, the path of an operation: figures 7 and 8.</summary>
public sealed class Rfc7644Section352PathTests
{
    [Theory]
    [InlineData("name.familyName", "name.familyName")]
    [InlineData("""addresses[type eq "work"]""", """addresses[type eq "work"]""")]
    [InlineData("""addresses[type eq "work"].streetAddress""", """addresses[type eq "work"].streetAddress""")]
    [InlineData("""EMAILS[TYPE EQ "work"].VALUE""", """emails[type eq "work"].value""")]
    [InlineData("""roles[primary eq "True"].value""", "roles[primary eq true].value")]
    [InlineData("urn:ietf:params:scim:schemas:core:2.0:User:userName", "userName")]
    [InlineData(
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName")]
    [InlineData("urn:ietf:params:scim:schemas:extension:enterprise:2.0:user", SchemaUrns.EnterpriseUser)]
    [InlineData("urn:example:2.0:User:office", "urn:example:2.0:User:office")]
    [InlineData("tag_Shirt_Size", "tag_Shirt_Size")]
    [InlineData("""licenses[name eq "x"].seats""", """licenses[name eq "x"].seats""")]
    public void Paths_of_a_user(string text, string printed) =>
        Assert.Equal(printed, FilterPrinter.Print(PatchPath.Parse(text, ResourceType.User), ResourceType.User));

    [Theory]
    [InlineData("members")]
    [InlineData("""members[value eq "2819c223-7f76-453a-919d-413861904646"]""")]
    [InlineData("""members[value eq "2819c223-7f76-453a-919d-413861904646"].displayName""")]
    public void Figure_8(string text) =>
        Assert.Equal(text, FilterPrinter.Print(PatchPath.Parse(text, ResourceType.Group), ResourceType.Group));

    [Fact]
    public void The_RFCs_own_example_leaves_out_a_space() => Assert.Equal(
        "2819c223...919d-413861904646",
        PatchPath.Parse("""members[value eq"2819c223...919d-413861904646"]""", ResourceType.Group).ValueFilter.Comparison.Value.StringValue);

    [Theory]
    [InlineData("")]
    [InlineData("userName.first")]
    [InlineData("""userName[x eq "y"]""")]
    [InlineData("""name[givenName eq "y"]""")]
    [InlineData("""emails[type eq "work"]value""")]
    [InlineData("""emails[type eq "work"].value.more""")]
    [InlineData("name.given.name")]
    [InlineData("a b")]
    [InlineData("emails]")]
    [InlineData("urn:ietf:params:scim:schemas:core:2.0:Group:displayName")]
    [InlineData("URN:ietf:params:scim:schemas:core:2.0:Group")]
    public void What_names_nothing_is_invalidPath(string text) =>
        Bodies.Refused(() => PatchPath.Parse(text, ResourceType.User), "invalidPath");

    [Theory]
    [InlineData("emails[]")]
    [InlineData("""emails[type eq "work" """)]
    [InlineData("emails[primary gt true]")]
    public void What_is_wrong_between_brackets_is_invalidFilter(string text) =>
        Bodies.Refused(() => PatchPath.Parse(text, ResourceType.User), "invalidFilter");

    [Theory]
    [InlineData("name.familyName", "name.familyName")]
    [InlineData("emails", "emails.value")]
    [InlineData("USERNAME", "userName")]
    public void SortBy_names_a_comparable_attribute(string text, string printed) =>
        Assert.Equal(printed, AttributePaths.Print(AttributePaths.ParseSortBy(text, ResourceType.User), ResourceType.User));

    [Fact]
    public void SortBy_a_complex_attribute_is_invalidPath() =>
        Bodies.Refused(() => AttributePaths.ParseSortBy("name", ResourceType.User), "invalidPath");
}
