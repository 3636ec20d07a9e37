using DirectorySync.Scim;
using Microsoft.Extensions.Primitives;

namespace DirectorySync.Gateway.Scim.Messages;

/// <summary>If-Match and If-None-Match (RFC 7644 §3.14); "version" of a bulk operation is an If-Match. Nobody must send them.</summary>
internal readonly record struct Preconditions(StringValues IfMatch, StringValues IfNoneMatch)
{
    public static Preconditions Of(HttpRequest request) => new(request.Headers.IfMatch, request.Headers.IfNoneMatch);

    /// <summary>True if the client already has this version.</summary>
    public static bool IsNotModified(HttpRequest request, long version) =>
        request.Headers.IfNoneMatch is { Count: > 0 } tags && Matches(tags, version);

    /// <summary>
    /// The version that a write must find; 0: any. One tag goes to the service, which compares it under the row's lock; for anything
    /// more, the version is read, compared here, and then demanded.
    /// </summary>
    /// <param name="read">Reads the present version.</param>
    public async ValueTask<long> ExpectedVersionAsync(Func<Task<long>> read)
    {
        if (IfNoneMatch.Count == 0)
        {
            switch (Tags(IfMatch).ToArray())
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
        return (IfMatch.Count == 0 || Matches(IfMatch, present)) && !Matches(IfNoneMatch, present) ? present : throw Failed();
    }

    private static bool Matches(StringValues header, long version) =>
        Tags(header).Any(tag => tag == "*" || (ETag.TryParse(tag, out var known) && known == version));

    private static IEnumerable<string> Tags(StringValues header) => header
        .SelectMany(value => (value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    private static ScimFailure Failed() =>
        new(412, null, "The resource has changed since it was read. Read it again, and decide anew.");
}
