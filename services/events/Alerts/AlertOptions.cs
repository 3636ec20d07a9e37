using Microsoft.Extensions.Options;
using MimeKit;

namespace DirectorySync.Events.Alerts;

/// <summary>Who hears of what goes wrong (section Alerts).</summary>
internal sealed class AlertOptions
{
    /// <summary>E-mail addresses, separated by commas. Empty: nobody is written to; alerts are listed and told as events.</summary>
    public string To { get; set; } = "";

    /// <summary>A lane that fails for longer is an occasion.</summary>
    public TimeSpan LanePatience { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How often is looked.</summary>
    public TimeSpan Every { get; set; } = TimeSpan.FromSeconds(10);

    public InternetAddressList Receivers => To.Length == 0 ? [] : InternetAddressList.Parse(To);
}

/// <summary>Refuses what is no list of addresses.</summary>
internal sealed class AlertOptionsValidator : IValidateOptions<AlertOptions>
{
    public ValidateOptionsResult Validate(string? name, AlertOptions options) =>
        options.To.Length > 0 && !AreAddresses(options.To)
            ? ValidateOptionsResult.Fail("Alerts:To is no list of e-mail addresses. Separate them by commas.")
            : options.Every <= TimeSpan.Zero
                ? ValidateOptionsResult.Fail("Alerts:Every is out of range. Give more than 0.")
                : ValidateOptionsResult.Success;

    private static bool AreAddresses(string text) =>
        InternetAddressList.TryParse(text, out var receivers) && receivers.Mailboxes.All(receiver => receiver.Domain.Length > 0);
}
