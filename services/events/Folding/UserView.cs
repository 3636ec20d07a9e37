using DirectorySync.AttributeMapping.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Roles.V1;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.Events.Folding;

/// <summary>What each service says of a user.</summary>
/// <param name="UserVersion">Identity's version; null: identity has no such user.</param>
/// <param name="User">Identity's times; the whole user where applications see what was sent.</param>
/// <param name="Profile">attribute-mapping's part.</param>
/// <param name="Roles">roles' part.</param>
internal sealed record UserParts(long? UserVersion, User? User, Profile? Profile, UserRoles? Roles)
{
    /// <summary>No service says anything of it any more.</summary>
    public bool AreNone => UserVersion is null && Profile is null && Roles is null;

    /// <summary>All are of one version of the user: together they are what it was at one time.</summary>
    public bool Agree => Profile?.UserVersion == UserVersion && Roles?.UserVersion == UserVersion;
}

/// <summary>Decides what applications shall see of a user.</summary>
internal static class UserView
{
    private const string RequiredMissing = "REQUIRED_MISSING";

    /// <summary>What applications shall see; null: nothing.</summary>
    /// <param name="parts">What each service says.</param>
    /// <param name="terms">The directory.</param>
    /// <param name="id">The user.</param>
    /// <param name="before">What they should see until now. It stays while the parts do not agree.</param>
    public static DirectoryUser? Decide(UserParts parts, DirectoryTerms terms, string id, DirectoryUser? before)
    {
        if (parts.UserVersion is null)
        {
            return null;
        }

        if (!parts.Agree)
        {
            return before;
        }

        if (!parts.Profile!.Active && !terms.RetainsInactive)
        {
            return null;
        }

        var after = Make(parts, parts.Profile, terms, id);
        return before is not null && LooksSame(before, after) ? before : after;
    }

    /// <summary>True if applications would notice no difference.</summary>
    public static bool LooksSame(DirectoryUser one, DirectoryUser other) => Shown(one).Equals(Shown(other));

    private static DirectoryUser Shown(DirectoryUser user)
    {
        var shown = user.Clone();
        shown.UpdateTime = null;
        shown.UserVersion = 0;
        return shown;
    }

    private static DirectoryUser Make(UserParts parts, Profile profile, DirectoryTerms terms, string id)
    {
        var user = new DirectoryUser
        {
            DirectoryId = terms.Id,
            Id = id,
            IdpId = profile.IdpId,
            Email = profile.Email,
            FirstName = profile.FirstName,
            LastName = profile.LastName,
            UserName = profile.UserName,
            Active = profile.Active,
            Attributes = { profile.Attributes },
            Tags = { profile.Tags },
            Roles = { parts.Roles!.Roles.Select(role => role.Slug) },
            CreateTime = parts.User!.CreateTime,
            UpdateTime = Latest(parts.User.UpdateTime, profile.UpdateTime, parts.Roles.UpdateTime),
            UserVersion = parts.UserVersion!.Value,
            RawJson = terms.ShowsRaw && parts.User.UserName.Length > 0 ? RawAttributesJson.Of(parts.User) : "",
        };
        var missing = profile.Problems.Where(problem => problem.Code == RequiredMissing).Select(problem => problem.Attribute)
            .Except(profile.Attributes.Select(attribute => attribute.Name)).Order(StringComparer.Ordinal);
        user.Attributes.AddRange(missing.Select(name => new ProfileAttribute { Name = name, Json = "null" }));
        return user;
    }

    private static Timestamp? Latest(params ReadOnlySpan<Timestamp?> times)
    {
        Timestamp? latest = null;
        foreach (var time in times)
        {
            latest = latest is null || (time is not null && time.CompareTo(latest) > 0) ? time : latest;
        }

        return latest;
    }
}
