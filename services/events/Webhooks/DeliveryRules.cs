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
    /// <param name="attempts">How often this event was tried, this time included.</param>
    /// <param name="failing">Since the first of them.</param>
    /// <param name="options">Settings.</param>
    public static DeliveryOutcome Decide(DeliveryResult result, int attempts, TimeSpan failing, WebhookOptions options) => result.Status switch
    {
        >= 200 and <= 299 => DeliveryOutcome.Delivered,
        410 => DeliveryOutcome.Disable,
        0 or 408 or 425 or 429 or >= 500 => failing >= options.Patience ? DeliveryOutcome.Stop : DeliveryOutcome.Retry,
        _ => attempts >= options.RefusalAttempts || failing >= options.RefusalPatience ? DeliveryOutcome.Park : DeliveryOutcome.Retry,
    };

    /// <summary>How long to wait before the next attempt; the upper half is left to chance, so that many do not come back together.</summary>
    public static TimeSpan Delay(int attempts, TimeSpan? retryAfter, WebhookOptions options, Random random)
    {
        var longest = options.FirstDelay * Math.Pow(2, Math.Min(attempts, 30) - 1);
        longest = (longest < options.LongestDelay ? longest : options.LongestDelay) * (0.5 + (random.NextDouble() / 2));
        return retryAfter is { } asked && asked > longest ? (asked < options.LongestDelay ? asked : options.LongestDelay) : longest;
    }
}
