using DirectorySync.AttributeMapping.V1;
using DirectorySync.Feed.V1;

namespace DirectorySync.Roles;

/// <summary>What a batch of the feed says of a user.</summary>
/// <param name="Change">The last change.</param>
/// <param name="Active">As it says.</param>
/// <param name="DeactivatedVersion">Version of the user in the last change of the batch that made it inactive; 0: none.</param>
/// <param name="WasActive">The batch itself says that the user was active before that; else what is held of the user does.</param>
internal sealed record ProfileChange(Change Change, bool Active, long DeactivatedVersion, bool WasActive)
{
    /// <summary>The same after one more change of the user.</summary>
    public static ProfileChange After(ProfileChange? before, Change change)
    {
        var profile = Profile.Parser.ParseFrom(change.Resource.Value);
        return before switch
        {
            null or { Active: true } when !profile.Active => new(change, false, profile.UserVersion, before is not null),
            null => new(change, true, 0, false),
            _ => before with { Change = change, Active = profile.Active },
        };
    }
}
