using System.Diagnostics;
using Microsoft.Extensions.Primitives;

namespace DirectorySync.Gateway.Hosting;

/// <summary>
/// Gives every request an id: the caller's X-Request-Id, or a new one. It is answered, logged and passed on, so that one word found in
/// an administrator's ticket leads to every line about the request.
/// </summary>
internal static class RequestIds
{
    public const string Header = "X-Request-Id";

    /// <summary>The same in gRPC metadata, as the chassis reads it.</summary>
    public const string Metadata = "x-request-id";

    private const int MaximalLength = 128;

    public static IApplicationBuilder UseRequestIds(this IApplicationBuilder app)
    {
        var logger = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger("DirectorySync.Gateway.Request");
        return app.Use(async (http, next) =>
        {
            http.TraceIdentifier = Accept(http.Request.Headers[Header]) ?? Guid.CreateVersion7().ToString();
            http.Response.Headers[Header] = http.TraceIdentifier;
            Activity.Current?.SetTag("request.id", http.TraceIdentifier);
            using var scope = logger.BeginScope(new KeyValuePair<string, object>[] { new("request_id", http.TraceIdentifier) });
            await next(http);
        });
    }

    /// <summary>The caller's id if it is fit for headers and logs; null otherwise.</summary>
    public static string? Accept(StringValues header) =>
        header is [{ Length: > 0 and <= MaximalLength } id] && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':')
            ? id : null;
}
