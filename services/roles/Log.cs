namespace DirectorySync.Roles;

/// <summary>All that this service says in its log. No message holds personal data.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Directory {DirectoryId} is emptied")]
    public static partial void DirectoryPurged(this ILogger logger, string directoryId);

    [LoggerMessage(2, LogLevel.Warning, "Housekeeping failed; it will be tried again")]
    public static partial void HousekeepingFailed(this ILogger logger, Exception exception);

    [LoggerMessage(3, LogLevel.Warning, "A recomputation failed; it will go on where it stopped")]
    public static partial void RecomputationFailed(this ILogger logger, Exception exception);

    [LoggerMessage(4, LogLevel.Warning, "How new the feeds are could not be read")]
    public static partial void FreshnessUnknown(this ILogger logger, Exception exception);

    [LoggerMessage(5, LogLevel.Warning, "Whether Redis may be believed could not be read")]
    public static partial void TrustUnknown(this ILogger logger, Exception exception);

    [LoggerMessage(6, LogLevel.Warning, "What lists of roles look at could not be renewed; it is tried again before anything is served")]
    public static partial void ColumnsNotRenewed(this ILogger logger, Exception exception);
}
