using Microsoft.Extensions.Logging;

namespace DirectorySync.Chassis;

/// <summary>All that the chassis says in its log. No message holds personal data.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "{Method}: the store cannot be reached")]
    public static partial void StoreUnavailable(this ILogger logger, string method, Exception exception);

    [LoggerMessage(2, LogLevel.Error, "{Method} failed")]
    public static partial void Unforeseen(this ILogger logger, string method, Exception exception);

    [LoggerMessage(3, LogLevel.Information, "Migrated: {Script}")]
    public static partial void Migrated(this ILogger logger, string script);

    [LoggerMessage(4, LogLevel.Warning, "PostgreSQL cannot be reached yet; trying again in {Seconds} s")]
    public static partial void MigrationWaits(this ILogger logger, double seconds, Exception exception);

    [LoggerMessage(5, LogLevel.Information, "{Service} is ready")]
    public static partial void Ready(this ILogger logger, string service);

    [LoggerMessage(20, LogLevel.Information, "ConnectionStrings:Redis is not set: running without a cache")]
    public static partial void WithoutCache(this ILogger logger);

    [LoggerMessage(21, LogLevel.Warning, "Redis is away, PostgreSQL answers what it would: {Why}")]
    public static partial void RedisIsAway(this ILogger logger, string why);

    [LoggerMessage(22, LogLevel.Information, "Redis is back")]
    public static partial void RedisIsBack(this ILogger logger);
}
