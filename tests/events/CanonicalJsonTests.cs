using System.Text.Json;
using DirectorySync.DirectoryApi;

namespace DirectorySync.Events.Tests;

/// <summary>What JSON.stringify(JSON.parse(…)) answers in Node.</summary>
public sealed class CanonicalJsonTests
{
    [Theory]
    [InlineData("""{"b":1,"a":2}""", """{"b":1,"a":2}""")]
    [InlineData("""{"x":1,"10":2,"9":3,"010":4,"4294967295":5}""", """{"9":3,"10":2,"x":1,"010":4,"4294967295":5}""")]
    [InlineData("""{"a":1,"b":2,"a":3}""", """{"a":3,"b":2}""")]
    [InlineData("""[1.0, 1e2, 1.50, -0, 0.000001, 1e-7, 1.5e21, 123456789012345, 1e20, -2.5]""",
        """[1,100,1.5,0,0.000001,1e-7,1.5e+21,123456789012345,100000000000000000000,-2.5]""")]
    [InlineData("""[12345678901234567890]""", """[12345678901234567890]""")]
    [InlineData("""["\u0041\u00e9\/\"\\\n\u001f\u007f\u2028 < > & + ' 😀"]""", "[\"Aé/\\\"\\\\\\n\\u001f\u007f\u2028 < > & + ' 😀\"]")]
    [InlineData("""[ true , false, null, {} , [] ]""", "[true,false,null,{},[]]")]
    public void Json_is_written_as_JavaScript_writes_it(string json, string expected) =>
        Assert.Equal(expected, CanonicalJson.Of(JsonDocument.Parse(json).RootElement));
}
