using DirectorySync.AttributeMapping.Engine;

namespace DirectorySync.AttributeMapping.Tests.Engine;

public sealed class SourcePathTests
{
    private const string Body = """
        {"userName":"ada@acme.com","title":"Countess","name":{"givenName":"Ada"},
         "emails":[{"value":"home@x.com","type":"home"},{"value":"work@x.com","type":"work","primary":true}],
         "roles":["admin","dev"],"start_date":"2026-01-02","Nested":{"Deep":"down"},"list":["a","b"],"nothing":null,"empty":"",
         "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"R&D","manager":{"value":"1","displayName":"Bob"}},
         "urn:directorysync:params:scim:schemas:extension:custom:2.0:User":{"shirt":"L"},
         "urn:acme:1.0:User":{"team":"Blue"}}
        """;

    [Theory]
    [InlineData("title", "Countess")]
    [InlineData("TITLE", "Countess")]
    [InlineData("name.givenName", "Ada")]
    [InlineData("emails[type eq \"work\"].value", "work@x.com")]
    [InlineData("emails[type eq \"WORK\"].value", "work@x.com")]
    [InlineData("emails[primary eq true].value", "work@x.com")]
    [InlineData("emails[not (type eq \"work\")].value", "home@x.com")]
    [InlineData("emails.^[type==home].value", "home@x.com")]
    [InlineData("emails.^[type=='home'].value", "home@x.com")]
    [InlineData("emails.^[primary==true].value", "work@x.com")]
    [InlineData("emails.^[primary==true && type==work].value", "work@x.com")]
    [InlineData("emails.value", "work@x.com|home@x.com")]
    [InlineData("roles", "admin|dev")]
    [InlineData("roles.value", "admin|dev")]
    [InlineData("list", "a|b")]
    [InlineData("start_date", "2026-01-02")]
    [InlineData("Start_Date", "2026-01-02")]
    [InlineData("nested.deep", "down")]
    [InlineData("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName", "Bob")]
    [InlineData("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "R&D")]
    [InlineData("urn:acme:1.0:User:team", "Blue")]
    [InlineData("shirt", "L")]
    [InlineData("urn:directorysync:params:scim:schemas:extension:custom:2.0:User:start_date", "2026-01-02")]
    [InlineData("team", "")]
    [InlineData("nothing", "")]
    [InlineData("empty", "")]
    [InlineData("nickName", "")]
    public void A_path_finds_values(string path, string expected)
    {
        using var document = new UserDocument(Users.Read(Body));

        Assert.Equal(expected, string.Join('|', SourcePath.Parse(path).Read(document).Select(v => v.GetString())));
    }

    [Theory]
    [InlineData("emails.^[type==work].value", "emails[type eq \"work\"].value")]
    [InlineData("  Emails[Type eq \"work\"].Value ", "emails[type eq \"work\"].value")]
    [InlineData("URN:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:User:Department",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department")]
    public void A_path_has_one_usual_spelling(string path, string expected) => Assert.Equal(expected, SourcePath.Parse(path).Text);

    [Theory]
    [InlineData("")]
    [InlineData("emails[")]
    [InlineData("emails.^[work].value")]
    [InlineData("a.b.c")]
    [InlineData("urn:acme:1.0:User")]
    [InlineData("password")]
    [InlineData("groups")]
    [InlineData("title.sub")]
    public void A_path_that_names_nothing_is_refused(string path) => Assert.Throws<ScimException>(() => SourcePath.Parse(path));

    [Theory]
    [InlineData("title")]
    [InlineData("start_date")]
    [InlineData("emails[type eq \"work\"].value")]
    public void The_usual_spelling_is_its_own(string path) => Assert.Equal(path, SourcePath.Parse(SourcePath.Parse(path).Text).Text);
}
