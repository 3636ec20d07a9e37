namespace DirectorySync.Events.Webhooks;

/// <summary>How webhooks are delivered (section Webhooks).</summary>
internal sealed class WebhookOptions
{
    /// <summary>Also private, loopback and link-local addresses, and plain http. Only where all who create endpoints may reach the whole network.</summary>
    public bool AllowPrivate { get; set; }

    /// <summary>Longest wait for an answer.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Wait before the second attempt; each further one is twice as long.</summary>
    public TimeSpan FirstDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>No wait is longer.</summary>
    public TimeSpan LongestDelay { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long an endpoint that is away or overloaded is tried for an event; then the lane stops.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromDays(3);

    /// <summary>How long an endpoint that refuses an event is tried; then the event is parked.</summary>
    public TimeSpan RefusalPatience { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How often an endpoint that refuses an event is tried; then the event is parked.</summary>
    public int RefusalAttempts { get; set; } = 10;

    /// <summary>Lanes of one endpoint that this process delivers at once.</summary>
    public int LanesOfEndpoint { get; set; } = 16;

    /// <summary>
    /// When secrets of before there were keys are encrypted, after the start: a version that cannot read them may run beside this one during an
    /// upgrade, and again after a rollback.
    /// </summary>
    public TimeSpan ProtectStoredAfter { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Lanes that this process delivers at once.</summary>
    public int Lanes { get; set; } = 512;
}
