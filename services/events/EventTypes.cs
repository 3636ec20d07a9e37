namespace DirectorySync.Events;

/// <summary>Types of events, as the contract names them.</summary>
internal static class EventTypes
{
    public const string Activated = "dsync.activated";
    public const string Deleted = "dsync.deleted";
    public const string UserCreated = "dsync.user.created";
    public const string UserUpdated = "dsync.user.updated";
    public const string UserDeleted = "dsync.user.deleted";
    public const string GroupCreated = "dsync.group.created";
    public const string GroupUpdated = "dsync.group.updated";
    public const string GroupDeleted = "dsync.group.deleted";
    public const string UserAdded = "dsync.group.user_added";
    public const string UserRemoved = "dsync.group.user_removed";
    public const string TokenCreated = "dsync.token.created";
    public const string TokenRevoked = "dsync.token.revoked";

    public const string AlertStarted = "dsync.alert.started";
    public const string AlertEnded = "dsync.alert.ended";

    public static readonly string[] All =
    [
        Activated, Deleted, UserCreated, UserUpdated, UserDeleted, GroupCreated, GroupUpdated, GroupDeleted, UserAdded, UserRemoved,
        TokenCreated, TokenRevoked,
        AlertStarted, AlertEnded,
    ];
}
