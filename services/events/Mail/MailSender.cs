using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Options;
using MimeKit;

namespace DirectorySync.Events.Mail;

/// <summary>What became of a message.</summary>
internal enum MailOutcome
{
    /// <summary>The server took it.</summary>
    Sent,

    /// <summary>The server did not take it, and may later.</summary>
    Later,

    /// <summary>The server could not be spoken to: nor will it be for the next message.</summary>
    Away,

    /// <summary>The server refused it for good.</summary>
    Refused,

    /// <summary>The connection ended after the message was on its way: the server may have taken it.</summary>
    Uncertain,
}

/// <summary>What an attempt came to.</summary>
/// <param name="Outcome">In short.</param>
/// <param name="Error">The server's status, or why there was none; never text of the server's, which can hold addresses.</param>
internal sealed record MailResult(MailOutcome Outcome, string Error = "");

/// <summary>Sends e-mail, over one connection for as long as there is more to send. For one caller at a time.</summary>
internal sealed class MailSender(IOptions<MailOptions> options) : IDisposable
{
    private SmtpClient? client;

    /// <summary>Never throws for what the server does. What has begun is brought to its end, so that its outcome is known.</summary>
    public async Task<MailResult> SendAsync(MimeMessage message)
    {
        using var timeout = new CancellationTokenSource(options.Value.Timeout);
        var progress = new Progress();
        try
        {
            await (await ConnectedAsync(timeout.Token)).SendAsync(message, timeout.Token, progress);
            return new(MailOutcome.Sent);
        }
        catch (SmtpCommandException e) when (e.ErrorCode is SmtpErrorCode.RecipientNotAccepted or SmtpErrorCode.MessageNotAccepted)
        {
            // An answer: the message was not taken, and the connection is as good as before.
            return new((int)e.StatusCode >= 500 ? MailOutcome.Refused : MailOutcome.Later, StatusOf(e));
        }
        catch (NotSupportedException) when (client is { IsConnected: true })
        {
            // An address beyond ASCII, and a server that knows ASCII only.
            return new(MailOutcome.Refused, "ADDRESS_NOT_SUPPORTED");
        }
        catch (Exception e) when (e is OperationCanceledException or ProtocolException or CommandException or System.IO.IOException or SocketException
            or AuthenticationException or ServiceNotAuthenticatedException or SslHandshakeException or NotSupportedException)
        {
            Drop();
            return new(progress.HasBegun ? MailOutcome.Uncertain : MailOutcome.Away, e switch
            {
                OperationCanceledException => "TIMEOUT",
                SmtpCommandException refused => StatusOf(refused),
                AuthenticationException or ServiceNotAuthenticatedException => "AUTHENTICATION_FAILED",
                SslHandshakeException => "CERTIFICATE_NOT_TRUSTED",
                NotSupportedException => "TLS_NOT_SUPPORTED",
                _ => "CONNECTION_FAILED",
            });
        }
    }

    /// <summary>Ends the connection: there is nothing more to send for now.</summary>
    public async Task RestAsync()
    {
        if (client is not { } open)
        {
            return;
        }

        client = null;
        using (open)
        {
            try
            {
                using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
                await open.DisconnectAsync(quit: true, patience.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or ProtocolException or System.IO.IOException or SocketException)
            {
                // It is gone, and that is what was wanted.
            }
        }
    }

    public void Dispose() => client?.Dispose();

    private static string StatusOf(SmtpCommandException e) => ((int)e.StatusCode).ToString(CultureInfo.InvariantCulture);

    private void Drop()
    {
        client?.Dispose();
        client = null;
    }

    private async Task<SmtpClient> ConnectedAsync(CancellationToken ct)
    {
        if (client is { IsConnected: true })
        {
            return client;
        }

        Drop();
        var mail = options.Value;
        client = new SmtpClient { CheckCertificateRevocation = false, ServerCertificateValidationCallback = IsTrusted };
        await client.ConnectAsync(mail.Host, mail.Port, mail.Security switch
        {
            MailSecurity.Tls => SecureSocketOptions.SslOnConnect,
            MailSecurity.None => SecureSocketOptions.None,
            _ => SecureSocketOptions.StartTls,
        }, ct);
        if (mail.UserName.Length > 0)
        {
            await client.AuthenticateAsync(mail.UserName, mail.Password, ct);
        }

        return client;
    }

    private bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is null || options.Value.TrustedCertificate.Length == 0)
        {
            return false;
        }

        using var trusted = X509CertificateLoader.LoadCertificateFromFile(options.Value.TrustedCertificate);
        using var shown = new X509Certificate2(certificate);
        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.Add(trusted);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return own.Build(shown);
    }

    // The message is on its way once the first of its bytes is.
    private sealed class Progress : ITransferProgress
    {
        public bool HasBegun { get; private set; }

        public void Report(long bytesTransferred, long totalSize) => HasBegun = true;

        public void Report(long bytesTransferred) => HasBegun = true;
    }
}
