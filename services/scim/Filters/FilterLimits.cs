namespace DirectorySync.Scim;

/// <summary>How large a filter may be.</summary>
public static class FilterLimits
{
    /// <summary>Characters of text.</summary>
    public const int Length = 8 * 1024;

    /// <summary>Levels of nesting, those of brackets included.</summary>
    public const int Depth = 32;

    /// <summary>Nodes of the tree.</summary>
    public const int Nodes = 100;
}
