using System.Net;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Portal.Checks;

/// <summary>The last requests of a directory, the newest first, as the checks ask about them.</summary>
internal sealed class Traffic(IReadOnlyCollection<ScimRequest> requests)
{
    private readonly List<ScimRequest> seen = [.. requests.Where(request => request.Method.Length > 0)];

    /// <summary>The newest that was answered as asked.</summary>
    public ScimRequest? LastServed => seen.Find(IsServed);

    /// <summary>The newest whose token was not accepted.</summary>
    public ScimRequest? LastUnauthorized => seen.Find(request => request.Status == (int)HttpStatusCode.Unauthorized);

    /// <summary>The newest that was refused for another reason than its token; what is merely not there is asked about all the time.</summary>
    public ScimRequest? LastRefused => seen.Find(request => request.Status >= 400 && (HttpStatusCode)request.Status
        is not (HttpStatusCode.Unauthorized or HttpStatusCode.NotFound) && request.Status != 499);

    /// <summary>What Okta asks when the connection is tested.</summary>
    public ScimRequest? LastTest => seen.Find(request => IsServed(request) && request.Method == "GET" && request.Path.TrimEnd('/') == "/Users"
        && request.Query.Contains("startIndex=1", StringComparison.Ordinal) && request.Query.Contains("count=2", StringComparison.Ordinal));

    /// <summary>The newest write to resources of a kind that succeeded.</summary>
    /// <param name="kind">"Users" or "Groups".</param>
    /// <param name="methods">POST, PUT, PATCH, DELETE.</param>
    public ScimRequest? LastWritten(string kind, params string[] methods) => seen.Find(request => IsServed(request) && IsWrite(request, kind, methods));

    /// <summary>The newest write to resources of a kind that was refused, if the same was not done since.</summary>
    public ScimRequest? LastFailed(string kind)
    {
        var failed = seen.Find(request => !IsServed(request) && request.Status is not (401 or 404 or 499) && IsWrite(request, kind, []));
        return failed is null || seen.TakeWhile(request => request != failed)
            .Any(later => IsServed(later) && IsWrite(later, kind, []) && (later.Path == failed.Path || later.Method == failed.Method)) ? null : failed;
    }

    public static DateTimeOffset TimeOf(ScimRequest request) => request.CreateTime.ToDateTimeOffset();

    private static bool IsServed(ScimRequest request) => request.Status is >= 200 and < 300;

    private static bool IsWrite(ScimRequest request, string kind, string[] methods) =>
        (request.Path == $"/{kind}" || request.Path.StartsWith($"/{kind}/", StringComparison.Ordinal))
        && (methods.Length > 0 ? methods.Contains(request.Method) : request.Method is "POST" or "PUT" or "PATCH" or "DELETE")
        && !request.Path.EndsWith("/.search", StringComparison.Ordinal);
}
