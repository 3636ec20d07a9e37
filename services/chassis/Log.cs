using Grpc.Core;
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

    [LoggerMessage(10, LogLevel.Information, "The certificate of {Subject} was read again; it is valid until {NotAfter}")]
    public static partial void CertificateRead(this ILogger logger, string subject, DateTime notAfter);

    [LoggerMessage(11, LogLevel.Warning, "The files of the certificate cannot be read; what was read before counts on")]
    public static partial void CertificateUnreadable(this ILogger logger, Exception exception);

    [LoggerMessage(12, LogLevel.Warning, "The certificate of '{Name}' does not allow {Method}")]
    public static partial void CallerRefused(this ILogger logger, string name, string method);

    [LoggerMessage(13, LogLevel.Warning, "{Store} is reached without verified TLS, on another machine. Set {Setting}")]
    public static partial void StoreInPlaintext(this ILogger logger, string store, string setting);

    [LoggerMessage(20, LogLevel.Information, "ConnectionStrings:Redis is not set: running without a cache")]
    public static partial void WithoutCache(this ILogger logger);

    [LoggerMessage(21, LogLevel.Warning, "Redis is away, PostgreSQL answers what it would: {Why}")]
    public static partial void RedisIsAway(this ILogger logger, string why);

    [LoggerMessage(22, LogLevel.Information, "Redis is back")]
    public static partial void RedisIsBack(this ILogger logger);

    [LoggerMessage(30, LogLevel.Warning, "The change feed cannot reach its store")]
    public static partial void FeedStoreUnavailable(this ILogger logger, Exception exception);

    [LoggerMessage(31, LogLevel.Information, "The change feed begins epoch {Epoch}")]
    public static partial void NewEpoch(this ILogger logger, Guid epoch);

    [LoggerMessage(32, LogLevel.Information, "The feed of {Feed} is not available, trying again in {Seconds} s: {Why}")]
    public static partial void FeedUnavailable(this ILogger logger, string feed, double seconds, string why);

    [LoggerMessage(33, LogLevel.Error, "The feed of {Feed} cannot be applied, trying again in {Seconds} s")]
    public static partial void FeedFailed(this ILogger logger, string feed, double seconds, Exception exception);

    [LoggerMessage(34, LogLevel.Error, "Feed of {Feed}: changes {First} to {Last} (the first a {Type}) cannot be applied")]
    public static partial void ChangeFailed(this ILogger logger, string feed, long first, long last, string type);

    [LoggerMessage(40, LogLevel.Error, "Feed of {Feed}: change {Change}, a {Type}, cannot be applied and is parked; the others go on. Row of parked_changes")]
    public static partial void ChangeParked(this ILogger logger, string feed, long change, string type, Exception exception);

    [LoggerMessage(41, LogLevel.Information, "Feed of {Feed}: change {Change}, a {Type}, was parked and is applied now")]
    public static partial void ParkedChangeApplied(this ILogger logger, string feed, long change, string type);

    [LoggerMessage(35, LogLevel.Warning, "The feed of {Feed} has to be read from scratch: {Why}")]
    public static partial void FeedReset(this ILogger logger, string feed, string why);

    [LoggerMessage(36, LogLevel.Information, "Bootstrap {Bootstrap} from {Feed} begins")]
    public static partial void BootstrapBegins(this ILogger logger, string feed, Guid bootstrap);

    [LoggerMessage(37, LogLevel.Information, "Bootstrap from {Feed}: {Count} resources listed")]
    public static partial void BootstrapListed(this ILogger logger, string feed, int count);

    [LoggerMessage(38, LogLevel.Debug, "Another replica follows the feed of {Feed}")]
    public static partial void PositionTaken(this ILogger logger, string feed);

    [LoggerMessage(39, LogLevel.Debug, "The feed of {Feed} did not take an acknowledgement: {Code}")]
    public static partial void NotAcknowledged(this ILogger logger, string feed, StatusCode code);
}
