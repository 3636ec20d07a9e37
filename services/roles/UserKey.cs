namespace DirectorySync.Roles;

/// <summary>Names a user.</summary>
internal readonly record struct UserKey(string DirectoryId, string Id) : IComparable<UserKey>
{
    public int CompareTo(UserKey other) => string.CompareOrdinal(DirectoryId, other.DirectoryId) is var order and not 0
        ? order
        : string.CompareOrdinal(Id, other.Id);
}
