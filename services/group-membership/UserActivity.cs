using DirectorySync.Feed.V1;
using DirectorySync.Identity.V1;

namespace DirectorySync.GroupMembership;

/// <summary>What a batch of the feed says of whether a user is active.</summary>
/// <param name="DirectoryId">The directory.</param>
/// <param name="Id">The user.</param>
/// <param name="Active">At the end of the batch.</param>
/// <param name="DeactivatedVersion">Version of the last change in the batch that made the user inactive; 0: none.</param>
/// <param name="DeactivatedTime">When that was.</param>
/// <param name="WasActive">The batch itself says that the user was active before; else what is held of the user does.</param>
internal sealed record UserActivity(
    string DirectoryId, string Id, bool Active, long DeactivatedVersion, DateTimeOffset DeactivatedTime, bool WasActive)
{
    /// <summary>The same after one more change of the user.</summary>
    public static UserActivity After(UserActivity? before, Change change)
    {
        var user = User.Parser.ParseFrom(change.Resource.Value);
        var active = !user.HasActive || user.Active;
        return before switch
        {
            null or { Active: true } when !active => new(
                change.DirectoryId, change.ResourceId, false, change.Version, user.UpdateTime?.ToDateTimeOffset() ?? default, before is not null),
            null => new(change.DirectoryId, change.ResourceId, active, 0, default, false),
            _ => before with { Active = active },
        };
    }
}
