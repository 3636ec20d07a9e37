using System.Globalization;

namespace DirectorySync.Identity.Directories;

/// <summary>What is wrong with a directory itself, and what to do about it in the words of its identity provider.</summary>
internal static class DirectoryProblems
{
    /// <param name="directory">With what was observed of it.</param>
    /// <param name="enabledTime">When it was enabled after having been disabled; null: it was not.</param>
    /// <param name="tokens">Its SCIM tokens.</param>
    /// <param name="options">How long is too long.</param>
    /// <param name="now">The time.</param>
    public static IEnumerable<Problem> Of(
        Directory directory, DateTimeOffset? enabledTime, IEnumerable<ScimToken> tokens, IdentityOptions options, DateTimeOffset now)
    {
        if (!DirectoryStates.AcceptsUsers(directory.State))
        {
            yield break;
        }

        var connection = directory.Connection;
        var okta = directory.Provider == Provider.Okta;
        var lastContact = connection.LastContactTime?.ToDateTimeOffset();
        if (connection.State == ConnectionState.FailingCredentials)
        {
            yield return Problem(
                "FAILING_CREDENTIALS",
                "The last request to this directory's SCIM endpoint had credentials that are not valid.",
                okta ? "Create a token here, and in Okta open Provisioning > Integration > Edit, paste it, choose Test API Credentials, and Save."
                    : "Create a token here, paste it into the identity provider's provisioning settings, and test the connection.",
                connection.LastFailureTime.ToDateTimeOffset());
        }

        if (connection.FirstContactTime is { } first && directory.UserCounts is { Active: 0, Inactive: 0 })
        {
            yield return Problem(
                "NO_USERS_RECEIVED",
                "No directory users received: the connection was tested, but nobody was provisioned.",
                okta ? "In Okta, assign people or a group to the application in its Assignments tab, and check that Create Users is enabled "
                    + "under Provisioning > To App."
                    : "Assign users or groups to the application in the identity provider, and start provisioning.",
                first.ToDateTimeOffset());
        }
        else if (lastContact is { } last && last < now.AddDays(-options.SilentAfterDays))
        {
            yield return Problem(
                "SILENT",
                string.Create(CultureInfo.InvariantCulture, $"Nothing was heard from the identity provider for {(now - last).Days} days."),
                okta ? "If nobody joined, changed or left, nothing is wrong. Else check in Okta that provisioning is enabled (Provisioning > "
                    + "To App) and that no task waits under Dashboard > Tasks."
                    : "If nobody joined, changed or left, nothing is wrong. Else check that provisioning is switched on.",
                last);
        }

        if (enabledTime is { } enabled && enabled > now.AddDays(-options.PushNowReminderDays))
        {
            yield return Problem(
                "PUSH_NOW_NEEDED",
                "The directory was disabled and works again. What the identity provider sent meanwhile was refused and is missing.",
                okta ? "In Okta, open Push Groups and choose Push now for each group, and retry the failed tasks under Dashboard > Tasks."
                    : "Restart provisioning in the identity provider, so that it sends everything once more.",
                enabled);
        }

        foreach (var token in tokens)
        {
            if (token.RevokeTime is null && token.ExpireTime?.ToDateTimeOffset() is { } end
                && end > now && end <= now.AddDays(options.TokenExpiresSoonDays))
            {
                yield return Problem(
                    "TOKEN_EXPIRES_SOON",
                    string.Create(CultureInfo.InvariantCulture, $"The SCIM token \"{token.Name}\" (…{token.Suffix}) expires on {end:yyyy-MM-dd}."),
                    okta ? "Create another token, and in Okta paste it under Provisioning > Integration > Edit before that day. Both work until then."
                        : "Create another token and paste it into the identity provider before that day. Both work until then.",
                    end.AddDays(-options.TokenExpiresSoonDays),
                    token.Id);
            }
        }
    }

    /// <summary>Two active users with one address.</summary>
    public static Problem DuplicateEmail(string email, string userId, DateTimeOffset since, Provider provider) => new()
    {
        Code = "DUPLICATE_EMAIL",
        Detail = $"emails.value: \"{email}\" is also the address of another active user of this directory.",
        Remedy = provider == Provider.Okta
            ? "In Okta, correct the e-mail address of one of the two people (Directory > People > Profile), or unassign the one who left."
            : "Correct the address of one of the two people, or deactivate the one who left.",
        ResourceId = userId,
        Attribute = "emails.value",
        Since = since.ToTimestamp(),
    };

    private static Problem Problem(string code, string detail, string remedy, DateTimeOffset since, string resourceId = "") =>
        new() { Code = code, Detail = detail, Remedy = remedy, Since = since.ToTimestamp(), ResourceId = resourceId };
}
