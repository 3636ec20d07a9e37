using DirectorySync.Events.Invitations;
using DirectorySync.Events.Mail;
using Microsoft.Extensions.Options;
using MimeKit;

namespace DirectorySync.Events.Alerts;

/// <summary>
/// Writes to whoever the operator named, once for each occasion. After a crash in between it is sent again, under the same Message-ID: better twice
/// than not at all.
/// </summary>
internal sealed class AlertMailer(
    Database database, TimeProvider time, IOptions<AlertOptions> options, IOptions<MailOptions> mail, ILogger<AlertMailer> logger) : IDisposable
{
    private readonly MailSender sender = new(mail);

    public void Dispose() => sender.Dispose();

    public Task RestAsync() => sender.RestAsync();

    /// <summary>Sends what is due.</summary>
    public async Task SendAllAsync(CancellationToken ct)
    {
        if (!mail.Value.IsOn || options.Value.To.Length == 0)
        {
            return;
        }

        while (!ct.IsCancellationRequested && await ClaimAsync(ct) is { } claimed)
        {
            using var message = Message(claimed.Alert, claimed.DirectoryName);
            var result = await sender.SendAsync(message);
            await FinishAsync(claimed, result);
            if (result.Outcome != MailOutcome.Sent)
            {
                logger.AlertNotSent(claimed.Alert.DirectoryId, claimed.Alert.Id, result.Error);
            }

            if (result.Outcome == MailOutcome.Away)
            {
                break;
            }
        }

        await sender.RestAsync();
    }

    // What has ended meanwhile is no news.
    private Task<Claimed?> ClaimAsync(CancellationToken ct) => database.Sql($"""
        with due as materialized (
          select a.directory_id, a.code, a.resource_id from alerts a
          where a.mail_due_time <= clock_timestamp() and a.end_time is null
          order by a.mail_due_time limit 1 for update skip locked
        ),
        claimed as (
          update alerts a set mail_due_time = clock_timestamp() + {mail.Value.Lease}, mail_attempts = a.mail_attempts + 1
          from due
          where a.directory_id = due.directory_id and a.code = due.code and a.resource_id = due.resource_id
          returning a.*
        )
        select {AlertStore.Columns}, d.data from claimed a left join directories d on d.directory_id = a.directory_id
        """).FindAsync(
        row => new Claimed(
            AlertStore.Read(row), row.GetInt32(9),
            row.IsDBNull(10) ? "" : Identity.V1.Directory.Parser.ParseFrom(row.GetFieldValue<byte[]>(10)).Name),
        ct);

    private Task<int> FinishAsync(Claimed claimed, MailResult result)
    {
        var (state, delay) = InvitationRules.Decide(
            result, claimed.Attempt, time.GetUtcNow() - claimed.Alert.StartTime.ToDateTimeOffset(), mail.Value);
        DateTimeOffset? next = state switch
        {
            InvitationState.Pending => time.GetUtcNow() + delay,
            InvitationState.Uncertain => time.GetUtcNow() + mail.Value.FirstDelay,
            _ => null,
        };
        return database.Sql($"""
            update alerts a set mail_due_time = {next}, mail_time = case when {state == InvitationState.Sent} then clock_timestamp() else a.mail_time end
            where a.id = {claimed.Alert.Id}
            """).ExecuteAsync(CancellationToken.None);
    }

    private MimeMessage Message(Alert alert, string directoryName)
    {
        var message = new MimeMessage
        {
            MessageId = $"{alert.Id}@{mail.Value.Sender.Domain}",
            Date = alert.StartTime.ToDateTimeOffset(),
            Subject = $"[Directory Sync] {directoryName}: {alert.Code}".ReplaceLineEndings(" "),
            Body = new TextPart("plain")
            {
                Text = $"""
                    {alert.Detail}

                    {alert.Remedy}

                    Directory: {directoryName} ({alert.DirectoryId})
                    """,
            },
        };
        message.From.Add(mail.Value.Sender);
        message.To.AddRange(options.Value.Receivers);
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        return message;
    }

    private sealed record Claimed(Alert Alert, int Attempt, string DirectoryName);
}
