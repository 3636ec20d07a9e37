namespace DirectorySync.Scim;

/// <summary>How much a resource may say about itself: what is worked on for each name or value must not grow with the body.</summary>
public static class BodyLimits
{
    /// <summary>Attributes of a resource, or of one of its values, that no schema declares.</summary>
    public const int UndeclaredAttributes = 1000;

    /// <summary>Values of a multi-valued attribute. Members are counted by whoever keeps them.</summary>
    public const int Values = 1000;

    /// <summary>Properties of an object in a group's body.</summary>
    public const int Properties = 1000;

    /// <summary>Bytes of a group's body, if whoever reads it has no limit of their own: 100,000 members with their names fit.</summary>
    public const int GroupBytes = 32 * 1024 * 1024;

    /// <summary>Bytes of a group's body that are not members.</summary>
    public const int GroupAttributeBytes = 1024 * 1024;

    internal static ScimException TooManyUndeclared() => ScimException.LimitExceeded(
        $"A resource may have {UndeclaredAttributes} attributes that no schema declares; send fewer.");

    internal static ScimException TooManyValues(string attribute) => ScimException.LimitExceeded(
        $"'{attribute}' may have {Values} values; send fewer.");
}
