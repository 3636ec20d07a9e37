using System.Text;
using DirectorySync.Gateway.Scim.Requests;

namespace DirectorySync.Gateway.Tests.Scim.Requests;

public sealed class RedactionTests
{
    private const string Secret = "pw-Kx81";

    [Theory]
    [InlineData("""{"userName":"a","password":"pw-Kx81"}""", """{"userName":"a","password":"[redacted]"}""")]
    [InlineData("""{"PASSWORD":{"clear":["pw-Kx81"]},"x":1.50}""", """{"PASSWORD":"[redacted]","x":1.50}""")]
    [InlineData("""{"p\u0061ssword":"pw-Kx81"}""", """{"password":"[redacted]"}""")]
    [InlineData("""{"urn:ietf:params:scim:schemas:core:2.0:User:password":"pw-Kx81"}""",
        """{"urn:ietf:params:scim:schemas:core:2.0:User:password":"[redacted]"}""")]
    [InlineData("""{"Operations":[{"op":"replace","path":"password","value":"pw-Kx81"}]}""",
        """{"Operations":[{"op":"replace","path":"password","value":"[redacted]"}]}""")]
    [InlineData("""{"Operations":[{"op":"replace","value":"pw-Kx81","path":"password"}]}""",
        """{"Operations":[{"op":"replace","value":"[redacted]","path":"password"}]}""")]
    [InlineData("""{"Operations":[{"op":"replace","value":{"password":"pw-Kx81","active":false}}]}""",
        """{"Operations":[{"op":"replace","value":{"password":"[redacted]","active":false}}]}""")]
    [InlineData("""{"Operations":[{"op":"replace","path":"what is it[","value":"pw-Kx81"}]}""",
        """{"Operations":[{"op":"replace","path":"what is it[","value":"[redacted]"}]}""")]
    [InlineData("""{"Operations":[{"method":"POST","path":"/Users","data":{"password":"pw-Kx81"}}]}""",
        """{"Operations":[{"method":"POST","path":"/Users","data":{"password":"[redacted]"}}]}""")]
    [InlineData("""{"filter":"password eq \"pw-Kx81\"","count":1}""", """{"filter":"[redacted]","count":1}""")]
    public void What_may_be_a_secret_is_replaced(string body, string kept) => Assert.Equal((kept, true), Read(body));

    [Theory]
    [InlineData("""{"Operations":[{"op":"add","path":"emails[type eq \"work\"].value","value":"a@b.c"}]}""")]
    [InlineData("""{"Operations":[{"op":"add","path":"members","value":[{"value":"1","display":"Zoë"}]}]}""")]
    [InlineData("""{"emails":[{"type":"work","value":"a@b.c","primary":true}],"big":12345678901234567890,"none":null}""")]
    public void All_else_stays_as_it_came(string body) => Assert.Equal((body, true), Read(body));

    [Theory]
    [InlineData("""{"userName":"a","password":"pw-Kx81""", """{"userName":"a","password":""")]
    [InlineData("""{"userName":"a","nickName":"pw-Kx""", """{"userName":"a","nickName":""")]
    [InlineData("""{"userName":"a","password":pw-Kx81}""", """{"userName":"a","password":""")]
    [InlineData("""password=pw-Kx81""", "")]
    [InlineData("""{"Operations":[{"op":"replace","value":"pw-Kx81","pa""", """{"Operations":[{"op":"replace","value":"[redacted]""")]
    [InlineData("""{"active":true} password=pw-Kx81""", """{"active":true}""")]
    public void What_cannot_be_read_is_left_out(string body, string kept)
    {
        var (text, isWhole) = Read(body);

        Assert.False(isWhole);
        Assert.DoesNotContain(Secret, text, StringComparison.Ordinal);
        Assert.StartsWith(kept.TrimEnd('"'), text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?filter=userName%20eq%20%22a%40b.c%22&startIndex=1&count=100", "filter=userName eq \"a@b.c\"&startIndex=1&count=100")]
    [InlineData("?filter=password+eq+%22pw-Kx81%22", "filter=[redacted]")]
    [InlineData("?access_token=pw-Kx81&attributes=id", "access_token=[redacted]&attributes=id")]
    [InlineData("?pw", "pw")]
    [InlineData("?", "")]
    public void A_query_keeps_the_values_of_parameters_that_scim_has(string query, string kept) => Assert.Equal(kept, new Redaction().Query(query));

    [Theory]
    [InlineData("""{"password":"pw-Kx81"}""", "")]
    [InlineData("{}", "?filter=password%20eq%20%22pw-Kx81%22%20and")]
    public void What_was_a_secret_is_one_in_the_answer_too(string body, string query)
    {
        var redaction = new Redaction();
        redaction.Json(Encoding.UTF8.GetBytes(body));
        redaction.Query(query);

        Assert.Equal("There is no '[redacted]'.", redaction.Echo("There is no 'pw-Kx81'."));
    }

    private static (string Text, bool IsWhole) Read(string body) => new Redaction().Json(Encoding.UTF8.GetBytes(body));
}
