using System.Buffers;
using System.Text;

namespace DirectorySync.Gateway.Rest;

/// <summary>
/// Writes CSV (RFC 4180) for spreadsheets. What a spreadsheet would run as a formula gets an apostrophe in front, for the values come from people
/// whom the reader need not trust.
/// </summary>
internal sealed class CsvWriter(IBufferWriter<byte> output)
{
    private static readonly SearchValues<char> Quoted = SearchValues.Create(",\"\r\n");

    private bool isFirst = true;

    public void Cell(string? value)
    {
        Raw(isFirst ? "" : ",");
        isFirst = false;
        var text = value ?? "";
        if (text.AsSpan().TrimStart() is ['=' or '+' or '-' or '@', ..] || text is ['\t' or '\r' or '\n', ..])
        {
            text = "'" + text;
        }

        Raw(text.AsSpan().ContainsAny(Quoted) ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text);
    }

    public void EndRow()
    {
        Raw("\r\n");
        isFirst = true;
    }

    private void Raw(string text) => Encoding.UTF8.GetBytes(text, output);
}
