namespace DirectorySync.Events;

/// <summary>All that this service says in its log. No message holds personal data.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Directory {DirectoryId} is emptied")]
    public static partial void DirectoryPurged(this ILogger logger, string directoryId);

    [LoggerMessage(2, LogLevel.Warning, "Housekeeping failed; it will be tried again")]
    public static partial void HousekeepingFailed(this ILogger logger, Exception exception);

    [LoggerMessage(3, LogLevel.Warning, "Telling failed (directory {DirectoryId}); it will be tried again, and nothing is lost")]
    public static partial void TellingFailed(this ILogger logger, string directoryId, Exception exception);

    [LoggerMessage(4, LogLevel.Information, "{Count} partitions of old events are dropped")]
    public static partial void PartitionsDropped(this ILogger logger, int count);

    [LoggerMessage(5, LogLevel.Warning, "Delivering failed; it will be tried again")]
    public static partial void DeliveryFailed(this ILogger logger, Exception exception);

    [LoggerMessage(6, LogLevel.Warning, "Endpoint {EndpointId} answered that it is gone, and is disabled")]
    public static partial void EndpointDisabled(this ILogger logger, string endpointId);

    [LoggerMessage(7, LogLevel.Error, "Events of directory {DirectoryId} to endpoint {EndpointId} stop: it failed for too long")]
    public static partial void LaneStopped(this ILogger logger, string directoryId, string endpointId);

    [LoggerMessage(20, LogLevel.Information, "Directory {DirectoryId} is reconciled: {Compared} compared, {Healed} healed")]
    public static partial void Reconciled(this ILogger logger, string directoryId, long compared, long healed);

    [LoggerMessage(21, LogLevel.Warning, "Reconciling failed (directory {DirectoryId}); it will be tried again")]
    public static partial void ReconcilingFailed(this ILogger logger, string directoryId, Exception exception);

    [LoggerMessage(22, LogLevel.Information, "It is time to reconcile all directories")]
    public static partial void ReconciliationsScheduled(this ILogger logger);

    [LoggerMessage(23, LogLevel.Warning, "Measuring failed; it will be tried again")]
    public static partial void MeasuringFailed(this ILogger logger, Exception exception);

    [LoggerMessage(30, LogLevel.Warning, "Inviting failed; it will be tried again")]
    public static partial void InvitingFailed(this ILogger logger, Exception exception);

    [LoggerMessage(31, LogLevel.Warning, "The invitation of user {UserId} of directory {DirectoryId} was not sent: {Error}")]
    public static partial void InvitationNotSent(this ILogger logger, string directoryId, string userId, string error);

    [LoggerMessage(32, LogLevel.Warning, "Of {Count} invitations nobody knows whether they were sent")]
    public static partial void InvitationsUncertain(this ILogger logger, int count);

    [LoggerMessage(33, LogLevel.Warning, "Emptying the log of what is erased failed; it will be tried again")]
    public static partial void ErasureFailed(this ILogger logger, Exception exception);

    [LoggerMessage(34, LogLevel.Warning, "Looking for what somebody should hear of failed; it will be tried again")]
    public static partial void AlertsFailed(this ILogger logger, Exception exception);

    [LoggerMessage(35, LogLevel.Warning, "Alert {AlertId} of directory {DirectoryId} was not sent: {Error}")]
    public static partial void AlertNotSent(this ILogger logger, string directoryId, string alertId, string error);

    [LoggerMessage(36, LogLevel.Error, "A webhook secret cannot be read: the key that protected it is missing. Restore data_protection_keys, or rotate the secret")]
    public static partial void SecretUnreadable(this ILogger logger, Exception exception);

    [LoggerMessage(37, LogLevel.Warning, "Webhook secrets could not be encrypted; it will be tried again")]
    public static partial void SecretsNotProtected(this ILogger logger, Exception exception);
}
