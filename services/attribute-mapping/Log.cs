namespace DirectorySync.AttributeMapping;

/// <summary>All that this service says in its log. No message holds personal data.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "Removing what deleted directories held failed; it will be tried again")]
    public static partial void PurgeFailed(this ILogger logger, Exception exception);

    [LoggerMessage(2, LogLevel.Information, "Profiles of directory {DirectoryId} follow mapping {Mapping} and definitions {Definitions}: "
        + "{Done} users, {Changed} changed")]
    public static partial void Recomputed(this ILogger logger, string directoryId, long mapping, long definitions, long done, long changed);

    [LoggerMessage(3, LogLevel.Warning, "Recomputing profiles failed; it goes on where it was")]
    public static partial void RecomputationFailed(this ILogger logger, Exception exception);
}
