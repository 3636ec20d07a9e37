namespace DirectorySync.Scim;

/// <summary>How large a PATCH may be.</summary>
public static class PatchLimits
{
    /// <summary>Operations in a body for a user, and attribute changes that they come to.</summary>
    public const int Operations = 1000;

    /// <summary>Operations in a body for a group: Okta removes members one operation each.</summary>
    public const int GroupOperations = 10_000;

    /// <summary>Members in one message.</summary>
    public const int MemberBatch = 5000;
}
