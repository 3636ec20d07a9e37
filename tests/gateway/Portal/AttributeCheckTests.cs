using DirectorySync.AttributeMapping.V1;
using DirectorySync.Gateway.Portal.Checks;
using DirectorySync.Gateway.Portal.Guides;
using DirectorySync.Scim;

namespace DirectorySync.Gateway.Tests.Portal;

/// <summary>What the portal says of attributes, from what attribute-mapping found.</summary>
public sealed class AttributeCheckTests
{
    private static readonly Guide Okta = Guide.Of(AppKind.OktaWizard);

    [Theory]
    [InlineData("title", "title", SchemaUrns.User)]
    [InlineData("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "department", SchemaUrns.EnterpriseUser)]
    [InlineData("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName", "manager.displayName", SchemaUrns.EnterpriseUser)]
    [InlineData("emails[type eq \"work\"].value", "emails.^[type==work].value", SchemaUrns.User)]
    [InlineData("emails[primary eq true].value", "emails.^[primary==true].value", SchemaUrns.User)]
    [InlineData("urn:a:b:User:roles[type eq \"x:y\"].value", "roles.^[type==x:y].value", "urn:a:b:User")]
    public void A_path_is_shown_as_administrators_enter_it(string path, string name, string urn) =>
        Assert.Equal(new(name, urn), ExternalName.Of(path));

    [Fact]
    public void An_attribute_in_another_namespace_is_told_with_the_one_to_enter()
    {
        var row = Row(Found(DiagnosisCode.OtherNamespace, "department arrives under urn:x."));

        Assert.Equal((CheckState.Wrong, "department_name is not arriving: wrong External namespace"), (row.Check.State, row.Check.Headline));
        Assert.Contains($"External name department and the External namespace {SchemaUrns.EnterpriseUser}", row.Check.Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain("Map ", row.Check.Remedy.Replace("Map it", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void What_arrives_is_done_and_what_is_optional_may_wait()
    {
        var arrives = Found(DiagnosisCode.InUse, "2 users have a value.");
        arrives.UserCount = 2;
        arrives.Examples.Add(new DiagnosisExample { Value = "Research" });

        Assert.Equal(new(CheckState.Done, "department_name arrives", "2 people have it. For example: Research"), Row(arrives).Check);
        Assert.Equal(CheckState.Waiting, Row(Found(DiagnosisCode.NeverArrived, "No user ever had it.")).Check.State);
        Assert.Equal(CheckState.Wrong, Row(Found(DiagnosisCode.NeverArrived, "No user ever had it."), required: true).Check.State);
        Assert.Equal(CheckState.Waiting, Row(Found(DiagnosisCode.NeverArrived, "No user ever had it."), required: true, hasPeople: false).Check.State);
        Assert.Equal(CheckState.Wrong, Row(Found(DiagnosisCode.NoLongerArrives, "Users had it.")).Check.State);
    }

    [Fact]
    public void A_date_that_cannot_be_read_is_told_with_those_that_can()
    {
        var wrong = Found(DiagnosisCode.ValuesInvalid, "1 user has a value that cannot be read as date.");
        wrong.Examples.Add(new DiagnosisExample { Value = "01.03.2027" });

        var check = Row(wrong, DefinitionType.Date).Check;

        Assert.Equal("department_name is not arriving: the date cannot be read", check.Headline);
        Assert.Contains("01.03.2027", check.Detail, StringComparison.Ordinal);
        Assert.StartsWith("Send dates as YYYY-MM-DD or YYYY/MM/DD.", check.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Tags_are_named_and_stray_ones_are_told()
    {
        var stray = new Diagnosis { Attribute = "tags", Code = DiagnosisCode.OtherNamespace, Detail = "It strays.", ArrivingPath = "urn:x:tag_Level" };
        InventoryEntry[] arrived =
        [
            new() { Namespace = SchemaUrns.User, Name = "tag_Shirt_Size", Path = "tag_Shirt_Size", UserCount = 1 },
            new() { Namespace = "urn:x", Name = "tag_Level", Path = "urn:x:tag_Level", UserCount = 1 },
            new() { Namespace = SchemaUrns.User, Name = "tag_Old", Path = "tag_Old", UserCount = 0 },
            new() { Namespace = SchemaUrns.User, Name = "title", Path = "title", UserCount = 1 },
        ];

        var tags = AttributeCheck.Tags(Okta, arrived, [stray]);

        Assert.Equal(["Tag “Shirt Size” arrives", "tag_Level is not arriving: wrong External namespace"], tags.Select(tag => tag.Headline));
        Assert.Contains(SchemaUrns.User, tags[1].Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void The_sum_names_what_is_wrong_first()
    {
        var (fine, open) = (Row(Found(DiagnosisCode.InUse, "")), Row(Found(DiagnosisCode.NeverArrived, "")));
        var wrong = Row(Found(DiagnosisCode.OtherNamespace, ""));

        Assert.Equal("department_name is not arriving: wrong External namespace", AttributeCheck.Sum([fine, wrong], [], hasPeople: true).Headline);
        Assert.Equal("1 of 2 attributes arrive", AttributeCheck.Sum([fine, open], [], hasPeople: true).Headline);
        Assert.Equal(CheckState.Waiting, AttributeCheck.Sum([open], [], hasPeople: true).State);
        Assert.Equal(CheckState.Waiting, AttributeCheck.Sum([open], [], hasPeople: false).State);
        Assert.Equal(CheckState.Done, AttributeCheck.Sum([], [], hasPeople: true).State);
    }

    private static AttributeRow Row(Diagnosis found, DefinitionType type = DefinitionType.String, bool required = false, bool hasPeople = true) => Assert.Single(
        AttributeCheck.Rows(
            Okta,
            [
                new Definition { Name = "email", Origin = DefinitionOrigin.Standard, Enabled = true },
                new Definition { Name = "division_name", Origin = DefinitionOrigin.Predefined },
                new Definition { Name = "department_name", Origin = DefinitionOrigin.Predefined, Enabled = true, Type = type, Required = required },
            ],
            [new EffectiveMapping { Rule = new() { Attribute = "department_name", Paths = { SchemaUrns.EnterpriseUser + ":department" } } }],
            [found],
            hasPeople));

    private static Diagnosis Found(DiagnosisCode code, string detail) => new()
    {
        Attribute = "department_name", Code = code, Detail = detail, Path = SchemaUrns.EnterpriseUser + ":department", UserCount = 1,
    };
}
