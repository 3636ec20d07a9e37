using System.Security.Cryptography;
using Google.Protobuf;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;

namespace DirectorySync.Events.Webhooks;

/// <summary>
/// Webhook secrets are encrypted wherever they rest: in rows, in memory between reads. They are clear only where a delivery is signed and where
/// an answer shows them.
/// </summary>
internal sealed class WebhookSecrets(
    IDataProtectionProvider protection, Database database, IOptions<WebhookOptions> options, ILogger<WebhookSecrets> logger) : BackgroundService
{
    private const string Mark = "protected:";
    private const int Batch = 100;

    private readonly IDataProtector protector = protection.CreateProtector("webhook secrets");

    public string Protect(string secret) => secret.Length == 0 ? "" : Mark + protector.Protect(secret);

    /// <summary>Null: no key opens it any more; the secret has to be rotated. What was stored before there were keys is clear.</summary>
    public string? Find(string stored)
    {
        if (!stored.StartsWith(Mark, StringComparison.Ordinal))
        {
            return stored;
        }

        try
        {
            return protector.Unprotect(stored[Mark.Length..]);
        }
        catch (CryptographicException e)
        {
            logger.SecretUnreadable(e);
            return null;
        }
    }

    /// <summary>The endpoint as its answers show it.</summary>
    public WebhookEndpoint Reveal(WebhookEndpoint stored)
    {
        var shown = stored.Clone();
        (shown.Secret, shown.PreviousSecret) = (Find(stored.Secret) ?? "", Find(stored.PreviousSecret) ?? "");
        return shown;
    }

    /// <summary>What was stored before there were keys.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Delay(options.Value.ProtectStoredAfter, stoppingToken);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(10));
        do
        {
            try
            {
                while (await ProtectStoredAsync(stoppingToken))
                {
                }

                return;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                logger.SecretsNotProtected(e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>True: there may be more.</summary>
    private Task<bool> ProtectStoredAsync(CancellationToken ct) => database.InTransactionAsync(
        async tx =>
        {
            var clear = (await tx.Sql($"""
                select e.data from webhook_endpoints e where position({Signatures.Prefix}::bytea in e.data) > 0 order by e.id limit {Batch} for update
                """).ListAsync(row => WebhookEndpoint.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), ct))
                .Where(endpoint => IsClear(endpoint.Secret) || IsClear(endpoint.PreviousSecret)).ToList();
            foreach (var endpoint in clear)
            {
                endpoint.Secret = IsClear(endpoint.Secret) ? Protect(endpoint.Secret) : endpoint.Secret;
                endpoint.PreviousSecret = IsClear(endpoint.PreviousSecret) ? Protect(endpoint.PreviousSecret) : endpoint.PreviousSecret;
                tx.ExecuteLater($"update webhook_endpoints e set data = {endpoint.ToByteArray()} where e.id = {endpoint.Id}");
            }

            return clear.Count > 0;
        },
        ct);

    private static bool IsClear(string stored) => stored.Length > 0 && !stored.StartsWith(Mark, StringComparison.Ordinal);
}
