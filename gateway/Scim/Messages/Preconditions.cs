using DirectorySync.Scim;
using Microsoft.Extensions.Primitives;

namespace DirectorySync.Gateway.Scim.Messages;

/// <summary>If-Match and If-None-Match (RFC 7644 §3.14). Nobody must send them.</summary>
internal static class Preconditions
{
    /// <summary>True if the client already has this version.</summary>
    public static bool IsNotModified(HttpRequest request, long version) =>
        request.Headers.IfNoneMatch is { Count: > 0 } tags && Matches(tags, version);

    /// <summary>
    /// The version that a write must find; 0: any. One tag goes to the service, which compares it under the row's lock; for anything
    /// more, the version is read, compared here, and then demanded.
    /// </summary>
    /// <param name="request">The write.</param>
    /// <param name="read">Reads the present version.</param>
    public static async ValueTask<long> ExpectedVersionAsync(HttpRequest request, Func<Task<long>> read)
    {
        var ifMatch = request.Headers.IfMatch;
        var ifNoneMatch = request.Headers.IfNoneMatch;
        if (ifNoneMatch.Count == 0)
        {
            switch (Tags(ifMatch).ToArray())
            {
                case [] or ["*"]:
                    return 0;
                case [var tag] when ETag.TryParse(tag, out var version) && version > 0:
                    return version;
                case [_]:
                    throw Failed();
            }
        }

        var present = await read();
        return (ifMatch.Count == 0 || Matches(ifMatch, present)) && !Matches(ifNoneMatch, present) ? present : throw Failed();
    }

    private static bool Matches(StringValues header, long version) =>
        Tags(header).Any(tag => tag == "*" || (ETag.TryParse(tag, out var known) && known == version));

    private static IEnumerable<string> Tags(StringValues header) => header
        .SelectMany(value => (value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    private static ScimFailure Failed() =>
        new(412, null, "The resource has changed since it was read. Read it again, and decide anew.");
}
