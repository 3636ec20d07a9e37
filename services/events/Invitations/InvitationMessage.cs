using DirectorySync.Events.Mail;
using MimeKit;

namespace DirectorySync.Events.Invitations;

/// <summary>The e-mail that an invitation is.</summary>
internal static class InvitationMessage
{
    /// <summary>Null: the user's address is none.</summary>
    public static MimeMessage? Make(ClaimedInvitation claimed, InvitationTemplate template, MailOptions options, DateTimeOffset now)
    {
        var user = claimed.User!;
        if (!MailboxAddress.TryParse(user.Email, out var parsed) || parsed.Address.Length == 0 || parsed.Domain.Length == 0)
        {
            return null;
        }

        var values = TemplateRules.Values(user, claimed.OrganizationName, claimed.Directory.Name);
        var sender = options.Sender;
        var message = new MimeMessage
        {
            MessageId = $"{claimed.Id}@{sender.Domain}",
            Date = now,
            Subject = TemplateRules.Fill(template.Subject, values).ReplaceLineEndings(" "),
            Body = new BodyBuilder
            {
                TextBody = TemplateRules.Fill(template.Text, values),
                HtmlBody = template.Html.Length == 0 ? null : TemplateRules.FillHtml(template.Html, values),
            }.ToMessageBody(),
        };
        message.From.Add(sender);
        message.To.Add(new MailboxAddress(values["name"] == user.Email ? "" : values["name"], parsed.Address));
        // Out-of-office replies are of no use to anybody.
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        return message;
    }
}
