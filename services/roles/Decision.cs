using DirectorySync.AttributeMapping.V1;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.Roles;

/// <summary>What is about to become of one user's roles.</summary>
/// <param name="Key">The user.</param>
/// <param name="Directory">What is known of the directory.</param>
/// <param name="Profile">As it is; null: the user is deleted.</param>
/// <param name="Before">As told last; null: nothing was told yet.</param>
/// <param name="Version">For what will be told.</param>
/// <param name="Wanted">Roles that the rules give, highest priority first.</param>
internal sealed record Decision(
    UserKey Key, DirectoryTerms Directory, Profile? Profile, UserRoles? Before, long Version, IReadOnlyList<string> Wanted)
{
    /// <summary>Roles that the guard does not let go.</summary>
    public List<string> Kept { get; } = [];

    public bool IsActive => Profile is { Active: true };

    /// <summary>True if the user has the role now and the rules do not give it any more.</summary>
    public bool Loses(string role) => Before is not null && Before.Roles.Any(held => held.Slug == role) && !Wanted.Contains(role);

    /// <summary>What will be told.</summary>
    public UserRoles After(Ruling ruling, Timestamp now) => new()
    {
        DirectoryId = Key.DirectoryId,
        UserId = Key.Id,
        Version = Version,
        UserVersion = Profile!.UserVersion,
        Active = Profile.Active,
        Roles = { ruling.Order(Wanted.Concat(Kept)).Select(slug => new EffectiveRole { Slug = slug, Kept = Kept.Contains(slug) }) },
        UpdateTime = now,
    };

    /// <summary>True if both say the same, whenever they were made.</summary>
    public static bool Same(UserRoles before, UserRoles after) =>
        before.UserVersion == after.UserVersion && before.Active == after.Active && before.Roles.Equals(after.Roles);
}
