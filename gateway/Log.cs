using Grpc.Core;

namespace DirectorySync.Gateway;

/// <summary>All that the gateway says in its log. No message holds personal data, tokens or bodies.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "A service was away; given up after {Attempts} attempts: {Status}")]
    public static partial void ServiceAway(this ILogger logger, int attempts, StatusCode status, Exception exception);

    [LoggerMessage(2, LogLevel.Error, "{Method} {Route} failed")]
    public static partial void Unforeseen(this ILogger logger, string method, string route, Exception exception);

    [LoggerMessage(3, LogLevel.Warning, "The groups of users could not be read; answered without them: {Status}")]
    public static partial void GroupsAway(this ILogger logger, StatusCode status);

    [LoggerMessage(4, LogLevel.Warning, "An answer broke off: {Status}")]
    public static partial void AnswerBrokeOff(this ILogger logger, StatusCode status);

    [LoggerMessage(5, LogLevel.Warning, "A deletion had not reached group-membership when it was answered")]
    public static partial void DeletionNotAwaited(this ILogger logger);

    [LoggerMessage(6, LogLevel.Warning, "The replicas behind {Name} could not be looked up; those known before are used")]
    public static partial void NameNotResolved(this ILogger logger, string name, Exception exception);

    [LoggerMessage(7, LogLevel.Warning, "The groups of directories could not be counted; answered without counts: {Status}")]
    public static partial void CountsAway(this ILogger logger, StatusCode status);

    [LoggerMessage(8, LogLevel.Error, "{Count} entries of the log of requests were refused and are left out: {Status}")]
    public static partial void EntriesRefused(this ILogger logger, int count, Status status);

    [LoggerMessage(9, LogLevel.Warning, "Requests cannot be counted together: until they can, each replica keeps the rate of directories alone: {Status}")]
    public static partial void RatesNotShared(this ILogger logger, StatusCode status);

    [LoggerMessage(20, LogLevel.Information, "The vendor's own attributes could not be asked; those known before are advertised: {Status}")]
    public static partial void AttributesNotAsked(this ILogger logger, StatusCode status);

    [LoggerMessage(30, LogLevel.Warning, "A sign-in by the OpenID provider failed: {Kind}")]
    public static partial void SignInFailed(this ILogger logger, string kind, Exception? exception);
}
