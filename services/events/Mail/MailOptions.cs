using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;
using MimeKit;

namespace DirectorySync.Events.Mail;

/// <summary>How the connection to the mail server is secured.</summary>
public enum MailSecurity
{
    /// <summary>It begins in the open and must change to TLS.</summary>
    StartTls,

    /// <summary>TLS from the first byte.</summary>
    Tls,

    /// <summary>Not at all: for a relay on the same machine.</summary>
    None,
}

/// <summary>How e-mail is sent (section Mail).</summary>
internal sealed class MailOptions
{
    /// <summary>The mail server. Empty: no e-mail is sent; what is to be sent waits.</summary>
    public string Host { get; set; } = "";

    public int Port { get; set; } = 587;

    public MailSecurity Security { get; set; } = MailSecurity.StartTls;

    /// <summary>Empty: without authentication.</summary>
    public string UserName { get; set; } = "";

    public string Password { get; set; } = "";

    /// <summary>A PEM file with a certificate, of the server or of its authority, that is trusted beside those of the machine.</summary>
    public string TrustedCertificate { get; set; } = "";

    /// <summary>The sender, for example "Acme &lt;no-reply@acme.com&gt;".</summary>
    public string From { get; set; } = "";

    /// <summary>Longest time for one message, connecting included.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Invitations a second, all replicas together.</summary>
    public double PerSecond { get; set; } = 5;

    /// <summary>Wait before the second attempt; each further one is twice as long.</summary>
    public TimeSpan FirstDelay { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>No wait is longer.</summary>
    public TimeSpan LongestDelay { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a mail server that is away or overloaded is tried for a message.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromDays(2);

    public bool IsOn => Host.Length > 0;

    /// <summary>A message whose sender said nothing for so long is of unknown fate.</summary>
    public TimeSpan Lease => Timeout * 2;

    public MailboxAddress Sender => MailboxAddress.Parse(From);
}

/// <summary>Refuses settings with which no e-mail could be sent.</summary>
internal sealed class MailOptionsValidator : IValidateOptions<MailOptions>
{
    public ValidateOptionsResult Validate(string? name, MailOptions options)
    {
        if (!options.IsOn)
        {
            return ValidateOptionsResult.Success;
        }

        var faults = new List<string>();
        if (!MailboxAddress.TryParse(options.From, out var from) || from.Domain.Length == 0)
        {
            faults.Add("Mail:From is no e-mail address. Give one such as Acme <no-reply@acme.com>.");
        }

        if (options.PerSecond is not (> 0 and <= 1000))
        {
            faults.Add("Mail:PerSecond is out of range. Give more than 0 and at most 1000.");
        }

        if (options.Timeout <= TimeSpan.Zero)
        {
            faults.Add("Mail:Timeout is out of range. Give more than 0.");
        }

        if (options.TrustedCertificate.Length > 0 && !IsCertificate(options.TrustedCertificate))
        {
            faults.Add("Mail:TrustedCertificate is no PEM file with a certificate.");
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static bool IsCertificate(string path)
    {
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificateFromFile(path);
            return true;
        }
        catch (Exception e) when (e is System.Security.Cryptography.CryptographicException or System.IO.IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
