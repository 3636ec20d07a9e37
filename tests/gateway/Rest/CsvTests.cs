using System.Buffers;
using System.Text;
using DirectorySync.Gateway.Rest;

namespace DirectorySync.Gateway.Tests.Rest;

public sealed class CsvTests
{
    [Theory]
    [InlineData("a,b\r\n1,2\r\n", "a|b/1|2")]
    [InlineData("a,b\n1,2", "a|b/1|2")]
    [InlineData("\"a,\"\"x\"\"\",\"b\r\nc\"\n,\n\n\"\"", "a,\"x\"|b\r\nc/|/")]
    [InlineData("", "")]
    public async Task Rows_are_read_as_they_were_meant(string text, string rows) => Assert.Equal(rows, string.Join('/', await ReadAsync(text)));

    [Theory]
    [InlineData("a,b\n1,\"2", "Row 2 ends inside")]
    [InlineData("a\"b", "Row 1 has a quotation mark")]
    [InlineData("\"a\"b", "Row 1 goes on")]
    [InlineData("a,bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "Row 1 has more than")]
    public async Task What_is_not_csv_is_refused_and_the_row_is_named(string text, string message) =>
        Assert.StartsWith(message, (await Assert.ThrowsAsync<FormatException>(() => ReadAsync(text))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData(null, "")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"x\"", "\"say \"\"x\"\"\"")]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("  +491", "'  +491")]
    [InlineData("-1", "'-1")]
    [InlineData("@x", "'@x")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("=a,b", "\"'=a,b\"")]
    public void Cells_are_quoted_and_no_formula(string? value, string written)
    {
        var output = new ArrayBufferWriter<byte>();
        var csv = new CsvWriter(output);
        csv.Cell(value);
        csv.EndRow();
        Assert.Equal(written + "\r\n", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    private static async Task<List<string>> ReadAsync(string text)
    {
        var rows = new List<string>();
        await foreach (var row in new CsvReader(new StringReader(text), 40).ReadAsync(CancellationToken.None))
        {
            rows.Add(string.Join('|', row));
        }

        return rows;
    }
}
