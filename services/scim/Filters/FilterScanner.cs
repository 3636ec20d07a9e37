using System.Globalization;
using System.Text;

namespace DirectorySync.Scim;

/// <summary>Cuts the text of a filter or a path into words, strings and brackets, and knows where it is.</summary>
internal ref struct FilterScanner(string text, Func<string, ScimException> error, int start = 0)
{
    private readonly ReadOnlySpan<char> text = text;
    private int position = start;

    public readonly bool AtEnd => position >= text.Length;

    /// <summary>The next character behind white space, or '\0'.</summary>
    public char Peek()
    {
        while (position < text.Length && text[position] is ' ' or '\t' or '\r' or '\n')
        {
            position++;
        }

        return AtEnd ? '\0' : text[position];
    }

    public void Take() => position++;

    /// <summary>The character right here, white space included.</summary>
    public readonly char Here => AtEnd ? '\0' : text[position];

    /// <summary>A run of characters up to white space, a bracket or a quotation mark; may be empty.</summary>
    public ReadOnlySpan<char> Word()
    {
        Peek();
        var start = position;
        while (position < text.Length && text[position] is not (' ' or '\t' or '\r' or '\n' or '(' or ')' or '[' or ']' or '"'))
        {
            position++;
        }

        return text[start..position];
    }

    /// <summary>The next word, left where it is.</summary>
    public ReadOnlySpan<char> PeekWord()
    {
        Peek();
        var start = position;
        var word = Word();
        position = start;
        return word;
    }

    public void Expect(char wanted, string where)
    {
        if (Peek() != wanted)
        {
            throw Error($"expected '{wanted}' {where}");
        }

        position++;
    }

    /// <summary>A JSON string with its escapes.</summary>
    public string String()
    {
        var start = position;
        var result = new StringBuilder();
        for (position++; position < text.Length; position++)
        {
            var c = text[position];
            switch (c)
            {
                case '"':
                    position++;
                    return Checked(result.ToString(), start);
                case '\\':
                    position++;
                    result.Append(Escape());
                    break;
                case < ' ' and not '\t':
                    throw Error("a string has a control character that is not escaped");
                default:
                    result.Append(c);
                    break;
            }
        }

        position = start;
        throw Error("a string has no closing quotation mark");
    }

    public readonly ScimException Error(string what) =>
        error(string.Create(CultureInfo.InvariantCulture, $"{what} at position {position + 1}."));

    private char Escape()
    {
        var c = Here;
        switch (c)
        {
            case '"' or '\\' or '/':
                return c;
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u' when position + 4 < text.Length
                && ushort.TryParse(text.Slice(position + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code):
                position += 4;
                return (char)code;
            default:
                throw Error("a string has an unknown escape");
        }
    }

    private string Checked(string value, int start)
    {
        if (Strings.Fault(value) is { } fault)
        {
            position = start;
            throw Error($"a string {fault}");
        }

        return value;
    }
}
