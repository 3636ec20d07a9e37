using DirectorySync.Scim.V1;

namespace DirectorySync.Scim.Tests;

/// <summary>The SQL of filters: which columns serve, and that nothing of a request stands in the text.</summary>
public sealed class FilterSqlTests
{
    public static readonly KeyColumns Users = new KeyColumns(ResourceType.User, "u.doc")
        .Add("id", "u.id", KeyKind.RequiredText)
        .Add("userName", "u.user_name_key", KeyKind.RequiredText)
        .Add("externalId", "u.external_id")
        .Add("active", "u.active", KeyKind.Boolean)
        .Add("meta.created", "u.create_time", KeyKind.Time)
        .Add("meta.lastModified", "u.update_time", KeyKind.Time)
        .Add("meta.version", "u.version", KeyKind.Version)
        .AddRows("emails.value", "e.value_key", "user_emails e where e.directory_id = u.directory_id and e.user_id = u.id");

    private static readonly KeyColumns Groups = new KeyColumns(ResourceType.Group, "g.doc")
        .Add("id", "g.id", KeyKind.RequiredText)
        .Add("displayName", "g.display_name_key", KeyKind.RequiredText)
        .AddRows("members.value", "m.member_id", "memberships m where m.group_id = g.id")
        .AddRows("members.type", "m.type", "memberships m where m.group_id = g.id", KeyKind.Text);

    [Theory]
    [InlineData("""userName eq "Jane" """, """u.user_name_key collate "C" = $1""")]
    [InlineData("""userName sw "J" """, """(u.user_name_key collate "C" >= $1 and u.user_name_key collate "C" < $2)""")]
    [InlineData("""userName gt "J" """, """u.user_name_key collate "C" > $1""")]
    [InlineData("""userName co "%" """, "position($1 in u.user_name_key) > 0")]
    [InlineData("""externalId ne "x" """, """(u.external_id collate "C" <> $1 and u.external_id <> '')""")]
    [InlineData("externalId pr", "u.external_id <> ''")]
    [InlineData("externalId eq null", "((u.external_id <> '') is not true)")]
    [InlineData("active eq true", "u.active = $1")]
    [InlineData("""meta.lastModified gt "2026-01-01T00:00:00Z" """, "u.update_time > $1")]
    [InlineData("""meta.version eq "W/\"7\"" """, "u.version = $1")]
    [InlineData("""emails eq "A@b.c" """,
        """exists (select from user_emails e where e.directory_id = u.directory_id and e.user_id = u.id and e.value_key collate "C" = $1)""")]
    [InlineData("""not (title eq "x") and active eq false""", """(((((u.doc ->> 'title') collate "C" = $1) is not true) and u.active = $2)""")]
    public void Columns_serve_what_they_hold(string filter, string sql) => Assert.Equal(
        sql.Replace("(((((u.doc", "((((u.doc", StringComparison.Ordinal), Compile(filter).ToString());

    [Fact]
    public void Text_is_compared_in_lower_case_unless_caseExact()
    {
        Assert.Equal("jane", Compile("""userName eq "Jane" """).Parameters[0]);
        Assert.Equal("Jane", Compile("""externalId eq "Jane" """).Parameters[0]);
    }

    [Theory]
    [InlineData("a", "b")]
    [InlineData("a\U0010ffff", "b")]
    [InlineData("\ud7ff", "\ue000")]
    [InlineData("\U0010ffff", null)]
    public void A_prefix_is_a_range(string prefix, string? after) => Assert.Equal(after, ComparisonSql.After(prefix));

    [Theory]
    [InlineData("""tag_x eq "'; drop table users; --" """)]
    [InlineData("""emails[display eq "'; drop table users; --"]""")]
    [InlineData("urn:example:2.0:drop:table-users eq 1")]
    [InlineData("""tag_x[drop eq "table"]""")]
    [InlineData("tag_x.drop pr")]
    public void What_a_request_says_is_a_parameter(string filter)
    {
        var sql = Compile(filter);
        Assert.Equal(sql.Literals.Count, sql.Parameters.Count + 1);
        Assert.DoesNotContain("drop", string.Concat(sql.Literals), StringComparison.Ordinal);
        Assert.DoesNotContain("table", string.Concat(sql.Literals), StringComparison.Ordinal);
        Assert.DoesNotContain("tag_x", string.Concat(sql.Literals), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""members eq "u1" """, """exists (select from memberships m where m.group_id = g.id and m.member_id collate "C" = $1)""")]
    [InlineData("""members[value eq "u1"]""", """exists (select from memberships m where m.group_id = g.id and m.member_id collate "C" = $1)""")]
    [InlineData("members pr", "exists (select from memberships m where m.group_id = g.id and true)")]
    [InlineData("""members.type eq "User" """, """exists (select from memberships m where m.group_id = g.id and m.type collate "C" = $1)""")]
    [InlineData("""members[type eq "User" and value eq "u1"]""",
        """exists (select from memberships m where m.group_id = g.id and (m.type collate "C" = $1 and m.member_id collate "C" = $2))""")]
    [InlineData("members[type pr]", "exists (select from memberships m where m.group_id = g.id and m.type <> '')")]
    [InlineData("""displayName eq "Sales" """, """g.display_name_key collate "C" = $1""")]
    public void Members_are_rows_of_their_own(string filter, string sql) =>
        Assert.Equal(sql, FilterSql.Compile(FilterParser.Parse(filter, ResourceType.Group), Groups).ToString());

    [Theory]
    [InlineData("""members.display eq "A" """)]
    [InlineData("""members[display eq "A"]""")]
    public void What_no_index_or_document_holds_is_refused(string filter) =>
        Bodies.Refused(() => FilterSql.Compile(FilterParser.Parse(filter, ResourceType.Group), Groups), "invalidFilter");

    [Fact]
    public void Named_resources_are_one_parameter()
    {
        var sql = FilterSql.Compile(new Filter { Ids = new() { Ids = { "a", "b" } } }, Users);
        Assert.Equal("u.id = any($1)", sql.ToString());
        Assert.Equal(["a", "b"], Assert.IsType<string[]>(sql.Parameters[0]));
    }

    [Fact]
    public void Groups_are_sorted_by_their_first_member() => Assert.Equal(
        "(select m.type from memberships m where m.group_id = g.id order by m.member_id limit 1)",
        SortSql.Compile(AttributePaths.ParseSortBy("members.type", ResourceType.Group), Groups).ToString());

    [Fact]
    public void Groups_of_a_user_are_refused_not_ignored() => Bodies.Refused(() => Compile("""groups eq "g1" """), "invalidFilter");

    [Theory]
    [InlineData("userName", "u.user_name_key")]
    [InlineData("externalId", "nullif(u.external_id, '')")]
    [InlineData("title", """(u.doc ->> 'title') collate "C" """)]
    public void Sorting(string sortBy, string sql) => Assert.Equal(
        sql.TrimEnd(), SortSql.Compile(AttributePaths.ParseSortBy(sortBy, ResourceType.User), Users).ToString());

    [Theory]
    [InlineData("groups")]
    [InlineData("password")]
    public void What_users_are_not_sorted_by_is_an_invalid_path(string sortBy) =>
        Bodies.Refused(() => SortSql.Compile(AttributePaths.ParseSortBy(sortBy, ResourceType.User), Users), "invalidPath");

    private static SqlFragment Compile(string filter) => FilterSql.Compile(FilterParser.Parse(filter, ResourceType.User), Users);
}
