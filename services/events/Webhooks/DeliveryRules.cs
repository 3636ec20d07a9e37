namespace DirectorySync.Events.Webhooks;

/// <summary>What an attempt came to.</summary>
/// <param name="Status">HTTP status; 0: no answer.</param>
/// <param name="Error">Why there was none; empty: there was one.</param>
/// <param name="ResponseStart">First bytes of the answer.</param>
/// <param name="Latency">How long it took.</param>
/// <param name="RetryAfter">What the answer asked for.</param>
internal sealed record DeliveryResult(int Status, string Error, string ResponseStart, TimeSpan Latency, TimeSpan? RetryAfter = null)
{
    public bool Succeeded => Status is >= 200 and <= 299;

    /// <summary>The endpoint is there and does not want this event.</summary>
    public bool Refused => !Succeeded && Status is not (0 or 408 or 425 or 429 or >= 500);

    /// <summary>In short.</summary>
    public string Text => Error.Length > 0 ? Error : $"{Status}";
}

/// <summary>What happens to the lane.</summary>
internal enum DeliveryOutcome
{
    /// <summary>The next event.</summary>
    Delivered,

    /// <summary>The same event again, later.</summary>
    Retry,

    /// <summary>The event is recorded as refused; the next event.</summary>
    Park,

    /// <summary>Nothing until a person looks.</summary>
    Stop,

    /// <summary>The endpoint is disabled.</summary>
    Disable,
}

/// <summary>Decides what follows from an attempt.</summary>
internal static class DeliveryRules
{
    /// <param name="result">What it came to.</param>
    /// <param name="failing">Since the first attempt at this event.</param>
    /// <param name="refusals">How often this event was refused, this time included: it may have failed otherwise too.</param>
    /// <param name="refused">Since the first refusal.</param>
    /// <param name="options">Settings.</param>
    public static DeliveryOutcome Decide(
        DeliveryResult result, TimeSpan failing, int refusals, TimeSpan refused, WebhookOptions options) => result switch
    {
        { Succeeded: true } => DeliveryOutcome.Delivered,
        { Status: 410 } => DeliveryOutcome.Disable,
        { Refused: true } => refusals >= options.RefusalAttempts || refused >= options.RefusalPatience ? DeliveryOutcome.Park : DeliveryOutcome.Retry,
        _ => failing >= options.Patience ? DeliveryOutcome.Stop : DeliveryOutcome.Retry,
    };

    /// <summary>How long to wait before the next attempt; the upper half is left to chance, so that many do not come back together.</summary>
    public static TimeSpan Delay(int attempts, TimeSpan? retryAfter, WebhookOptions options, Random random)
    {
        var longest = options.FirstDelay * Math.Pow(2, Math.Min(attempts, 30) - 1);
        longest = (longest < options.LongestDelay ? longest : options.LongestDelay) * (0.5 + (random.NextDouble() / 2));
        return retryAfter is { } asked && asked > longest ? (asked < options.LongestDelay ? asked : options.LongestDelay) : longest;
    }
}
