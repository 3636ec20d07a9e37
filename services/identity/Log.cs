namespace DirectorySync.Identity;

/// <summary>All that identity says in its log. No message holds personal data or a secret.</summary>
internal static partial class Log
{
    [LoggerMessage(101, LogLevel.Information, "Directory {Directory} is removed")]
    public static partial void DirectoryRemoved(this ILogger logger, string directory);

    [LoggerMessage(102, LogLevel.Error, "Removing deleted directories failed; the next round goes on")]
    public static partial void RemovalFailed(this ILogger logger, Exception exception);

    [LoggerMessage(103, LogLevel.Error, "Writing what was seen of credentials failed; it is kept for the next round")]
    public static partial void UseFlushFailed(this ILogger logger, Exception exception);

    [LoggerMessage(104, LogLevel.Error, "Folding the user counts of {Directory} failed; the next round goes on")]
    public static partial void FoldFailed(this ILogger logger, string directory, Exception exception);

    [LoggerMessage(105, LogLevel.Error, "Erasing users failed; the next round goes on")]
    public static partial void ErasureFailed(this ILogger logger, Exception exception);

    [LoggerMessage(106, LogLevel.Information, "{Count} users of directory {Directory} who had been inactive are erased")]
    public static partial void InactiveErased(this ILogger logger, string directory, int count);

    [LoggerMessage(107, LogLevel.Error, "Looking for what somebody should hear of failed; the next round looks again")]
    public static partial void AlertsFailed(this ILogger logger, Exception exception);

    [LoggerMessage(108, LogLevel.Information, "{Count} days of the log of requests are dropped")]
    public static partial void DaysDropped(this ILogger logger, int count);

    [LoggerMessage(109, LogLevel.Error, "Making and dropping days of the log of requests failed; the next round tries again")]
    public static partial void KeepingFailed(this ILogger logger, Exception exception);

    [LoggerMessage(110, LogLevel.Error, "Removing portal links that are over failed; the next round tries again")]
    public static partial void LinksNotRemoved(this ILogger logger, Exception exception);
}
