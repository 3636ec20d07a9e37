using DirectorySync.Errors.V1;

namespace DirectorySync.Scim;

/// <summary>
/// The one exception of this library: a request that cannot be accepted, and why. Services translate <see cref="Reason"/> to gRPC,
/// the gateway <see cref="ScimType"/> to RFC 7644 table 9. The message is written for the administrator who will read it.
/// </summary>
public sealed class ScimException : Exception
{
    private ScimException(ErrorReason reason, string? scimType, string detail, string? attribute = null)
        : base(detail)
    {
        Reason = reason;
        ScimType = scimType;
        Attribute = attribute;
    }

    /// <summary>Reason of the catalogue.</summary>
    public ErrorReason Reason { get; }

    /// <summary>scimType of RFC 7644 table 9; null where the table has none.</summary>
    public string? ScimType { get; }

    /// <summary>The attribute at fault, as a path; null if none is.</summary>
    public string? Attribute { get; }

    public static ScimException InvalidSyntax(string detail) => new(ErrorReason.InvalidValue, "invalidSyntax", detail);

    public static ScimException InvalidValue(string attribute, string detail) =>
        new(ErrorReason.InvalidValue, "invalidValue", detail, attribute);

    public static ScimException InvalidFilter(string detail) => new(ErrorReason.InvalidFilter, "invalidFilter", detail);

    public static ScimException InvalidPath(string path, string detail) => new(ErrorReason.InvalidPath, "invalidPath", detail, path);

    public static ScimException NoTarget(string path, string detail) => new(ErrorReason.NoTarget, "noTarget", detail, path);

    public static ScimException NotMutable(string attribute, string detail) =>
        new(ErrorReason.NotMutable, "mutability", detail, attribute);

    public static ScimException LimitExceeded(string detail) => new(ErrorReason.LimitExceeded, null, detail);
}
