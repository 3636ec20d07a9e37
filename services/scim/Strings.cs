namespace DirectorySync.Scim;

/// <summary>What text may be stored.</summary>
internal static class Strings
{
    /// <summary>What is wrong with a text, as the end of a sentence; null if nothing.</summary>
    public static string? Fault(ReadOnlySpan<char> value)
    {
        if (value.Contains('\0'))
        {
            return "contains the character U+0000";
        }

        for (var i = value.IndexOfAnyInRange('\ud800', '\udfff'); i >= 0 && i < value.Length; i++)
        {
            if (!char.IsSurrogate(value[i]))
            {
                continue;
            }

            if (i + 1 == value.Length || !char.IsSurrogatePair(value[i], value[i + 1]))
            {
                return "contains half of a character (a lone surrogate)";
            }

            i++;
        }

        return null;
    }
}
