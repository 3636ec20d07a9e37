using DirectorySync.Events.Mail;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Events.Invitations;

/// <summary>Decides what becomes of an invitation.</summary>
internal static class InvitationRules
{
    /// <summary>Null: the user can be invited. Else what to do first.</summary>
    public static string? WhyNot(Directory directory, DirectoryUser user) =>
        directory.Policies?.Invitations != true ? "The directory does not invite users. Switch its policy \"invitations\" on."
        : !user.Active ? "The user is not active. Activate it in the identity provider."
        : user.Email.Length == 0 ? "The user has no e-mail address. Give it one in the identity provider."
        : null;

    /// <summary>What a claimed invitation becomes without being sent; null: it is to be sent.</summary>
    public static InvitationState? Instead(ClaimedInvitation claimed) =>
        claimed.Directory.Policies?.Invitations != true || claimed.User is not { Active: true } ? InvitationState.Withdrawn
        : claimed.User.Email.Length == 0 ? InvitationState.NoAddress
        : null;

    /// <summary>What follows from an attempt, and when the next one is.</summary>
    /// <param name="result">What it came to.</param>
    /// <param name="attempt">The how manieth it was.</param>
    /// <param name="waited">Since the period began.</param>
    /// <param name="options">Settings.</param>
    public static (InvitationState State, TimeSpan? Delay) Decide(MailResult result, int attempt, TimeSpan waited, MailOptions options) =>
        result.Outcome switch
        {
            MailOutcome.Sent => (InvitationState.Sent, null),
            MailOutcome.Refused => (InvitationState.Failed, null),
            MailOutcome.Uncertain => (InvitationState.Uncertain, null),
            _ when waited >= options.Patience => (InvitationState.Failed, null),
            _ => (InvitationState.Pending, Delay(attempt, options)),
        };

    /// <summary>The wait before the next attempt.</summary>
    public static TimeSpan Delay(int attempt, MailOptions options)
    {
        var delay = options.FirstDelay * Math.Pow(2, Math.Min(attempt, 20) - 1);
        return delay < options.LongestDelay ? delay : options.LongestDelay;
    }
}
