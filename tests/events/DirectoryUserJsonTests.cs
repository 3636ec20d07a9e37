using System.Buffers;
using System.Text;
using System.Text.Json;
using DirectorySync.DirectoryApi;

namespace DirectorySync.Events.Tests;

public sealed class DirectoryUserJsonTests
{
    [Fact]
    public void E_mail_addresses_and_title_are_also_where_earlier_versions_of_the_contract_have_them()
    {
        var json = Write(new()
        {
            RawJson = """{"title":"Engineer","emails":[{"value":"a@b.c","primary":true,"type":"work"},{"value":null},{"value":7,"type":{}},"x"]}""",
        });

        Assert.Equal("Engineer", json.GetProperty("job_title").GetString());
        Assert.Equal(
            """[{"primary":true,"type":"work","value":"a@b.c"},{"primary":false,"value":null},{"primary":false,"value":null}]""",
            json.GetProperty("emails").GetRawText());
    }

    [Theory]
    [InlineData("""{"title":["x"],"emails":"a@b.c"}""")]
    [InlineData("{}")]
    public void What_is_something_else_is_left_to_the_raw_attributes(string raw)
    {
        var json = Write(new() { RawJson = raw });

        Assert.Equal((JsonValueKind.Null, "[]"), (json.GetProperty("job_title").ValueKind, json.GetProperty("emails").GetRawText()));
        Assert.Equal(raw, json.GetProperty("raw_attributes").GetRawText());
    }

    [Fact]
    public void Whom_a_policy_keeps_raw_attributes_from_is_not_told_them_elsewhere()
    {
        var json = Write(new());

        Assert.False(json.TryGetProperty("emails", out _) || json.TryGetProperty("job_title", out _));
    }

    private static JsonElement Write(DirectoryUser user)
    {
        var text = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(text))
        {
            DirectoryUserJson.Write(writer, user);
        }

        return JsonElement.Parse(Encoding.UTF8.GetString(text.WrittenSpan));
    }
}
