namespace DirectorySync.Scim;

/// <summary>Numbers as JSON writes them.</summary>
internal static class Numbers
{
    /// <summary>The grammar of RFC 8259 §6.</summary>
    public static bool IsJson(ReadOnlySpan<char> text)
    {
        var i = text is ['-', ..] ? 1 : 0;
        var whole = Digits(text, ref i);
        if (whole == 0 || (whole > 1 && text[i - whole] == '0'))
        {
            return false;
        }

        if (i < text.Length && text[i] == '.')
        {
            i++;
            if (Digits(text, ref i) == 0)
            {
                return false;
            }
        }

        if (i < text.Length && text[i] is 'e' or 'E')
        {
            i++;
            if (i < text.Length && text[i] is '+' or '-')
            {
                i++;
            }

            if (Digits(text, ref i) == 0)
            {
                return false;
            }
        }

        return i == text.Length;
    }

    private static int Digits(ReadOnlySpan<char> text, ref int i)
    {
        var start = i;
        while (i < text.Length && char.IsAsciiDigit(text[i]))
        {
            i++;
        }

        return i - start;
    }
}
