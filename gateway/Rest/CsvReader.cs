using System.Runtime.CompilerServices;
using System.Text;

namespace DirectorySync.Gateway.Rest;

/// <summary>Reads CSV (RFC 4180) row by row; a byte order mark and rows that are empty are left out.</summary>
/// <param name="input">The text.</param>
/// <param name="longestRow">Characters of a row, beyond which it is refused.</param>
internal sealed class CsvReader(TextReader input, int longestRow)
{
    private readonly char[] buffer = new char[8_192];
    private int at;
    private int end;

    /// <summary>Throws FormatException for what is not CSV, and names the row.</summary>
    public async IAsyncEnumerable<IReadOnlyList<string>> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var (row, cell, number, length) = (new List<string>(), new StringBuilder(), 1, 0);
        var (inQuotes, wasQuoted) = (false, false);
        while (await NextAsync(ct) is var next and >= 0)
        {
            var c = (char)next;
            if (++length > longestRow)
            {
                throw new FormatException($"Row {number} has more than {longestRow} characters.");
            }

            if (inQuotes)
            {
                if (c != '"')
                {
                    cell.Append(c);
                }
                else if (await PeekAsync(ct) == '"')
                {
                    await NextAsync(ct);
                    cell.Append('"');
                }
                else
                {
                    (inQuotes, wasQuoted) = (false, true);
                }
            }
            else if (c == '"')
            {
                inQuotes = cell.Length == 0 && !wasQuoted ? true : throw new FormatException($"Row {number} has a quotation mark inside a value.");
            }
            else if (c == ',' || c == '\n')
            {
                row.Add(cell.ToString());
                cell.Clear();
                wasQuoted = false;
                if (c == '\n')
                {
                    if (row is not [""])
                    {
                        yield return row;
                    }

                    (row, length) = ([], 0);
                    number++;
                }
            }
            else if (c != '\r' || await PeekAsync(ct) != '\n')
            {
                cell.Append(wasQuoted ? throw new FormatException($"Row {number} goes on behind a quoted value.") : c);
            }
        }

        if (inQuotes)
        {
            throw new FormatException($"Row {number} ends inside a quoted value.");
        }

        if (row.Count > 0 || cell.Length > 0 || wasQuoted)
        {
            row.Add(cell.ToString());
            yield return row;
        }
    }

    private async ValueTask<int> NextAsync(CancellationToken ct)
    {
        var next = await PeekAsync(ct);
        at++;
        return next;
    }

    private async ValueTask<int> PeekAsync(CancellationToken ct)
    {
        if (at >= end)
        {
            (at, end) = (0, await input.ReadAsync(buffer, ct));
        }

        return at < end ? buffer[at] : -1;
    }
}
