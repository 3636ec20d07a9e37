using DirectorySync.Events.Mail;
using DirectorySync.Events.Telling;
using Microsoft.Extensions.Options;

namespace DirectorySync.Events.Invitations;

/// <summary>Sends what is due, one after the other, in every replica; together no faster than the pace.</summary>
internal sealed class Inviter(
    InvitationStore invitations,
    TemplateStore templates,
    TellerSignal signal,
    TimeProvider time,
    IOptions<MailOptions> options,
    ILogger<Inviter> logger) : BackgroundService
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Breath = TimeSpan.FromSeconds(10);

    private readonly MailSender sender = new(options);

    public override void Dispose()
    {
        sender.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.IsOn)
        {
            return;
        }

        var idle = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            var told = signal.NextTold;
            var pace = TimeSpan.FromSeconds(1 / options.Value.PerSecond);
            try
            {
                idle = await SendNextAsync(stoppingToken) ? 0 : idle + 1;
                if (idle == 1)
                {
                    // The pace may be what there was to wait for.
                    await Task.Delay(pace < Poll ? pace : Poll, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
                else if (idle > 1)
                {
                    await sender.RestAsync();
                    await told.WaitAsync(Poll, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                logger.InvitingFailed(e);
                await Task.Delay(Poll, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        await sender.RestAsync();
    }

    // False: nothing is due.
    private async Task<bool> SendNextAsync(CancellationToken ct)
    {
        if (await invitations.GiveUpAsync(ct) is > 0 and var count)
        {
            logger.InvitationsUncertain(count);
        }

        if (await invitations.ClaimAsync(options.Value.PerSecond, options.Value.Lease, ct) is not { } claimed)
        {
            return false;
        }

        // What came of it is recorded also while the process stops.
        if (InvitationRules.Instead(claimed) is { } instead)
        {
            await invitations.FinishAsync(claimed, instead, "", null, CancellationToken.None);
            if (claimed.Directory.Policies?.Invitations != true)
            {
                await invitations.WithdrawAllAsync(claimed.Key.DirectoryId, ct);
            }

            return true;
        }

        var now = time.GetUtcNow();
        if (InvitationMessage.Make(claimed, await templates.GetAsync(CancellationToken.None), options.Value, now) is not { } message)
        {
            await invitations.FinishAsync(claimed, InvitationState.Failed, "INVALID_ADDRESS", null, CancellationToken.None);
            return true;
        }

        using (message)
        {
            var result = await sender.SendAsync(message);
            var (state, delay) = InvitationRules.Decide(result, claimed.Attempt, now - claimed.Created, options.Value);
            await invitations.FinishAsync(claimed, state, result.Error, time.GetUtcNow() + delay, CancellationToken.None);
            if (result.Outcome != MailOutcome.Sent)
            {
                logger.InvitationNotSent(claimed.Key.DirectoryId, claimed.Key.Id, result.Error);
            }

            if (result.Outcome == MailOutcome.Away)
            {
                var pause = options.Value.FirstDelay < Breath ? options.Value.FirstDelay : Breath;
                await invitations.PauseAsync(time.GetUtcNow() + pause, CancellationToken.None);
            }
        }

        return true;
    }
}
