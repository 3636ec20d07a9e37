using System.Diagnostics.Metrics;
using DirectorySync.Chassis.Hosting;

namespace DirectorySync.Gateway.Scim.Requests;

/// <summary>Rate, errors and duration of SCIM: by operation, and by directory as far as directories are named.</summary>
internal sealed class ScimMetrics(BoundedLabels directories)
{
    public static readonly Meter Meter = new(Telemetry.Prefix + "Gateway");

    private const string Elsewhere = "none";

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "directorysync.scim.duration", "s", "Duration of SCIM requests by operation (method and route) and outcome.", advice: Telemetry.Seconds);

    private static readonly Counter<long> Requests = Meter.CreateCounter<long>(
        "directorysync.scim.requests", "{request}", "SCIM requests by directory and outcome: ok, refused, unauthorized, limited, failed or gone.");

    private static readonly Counter<double> Time = Meter.CreateCounter<double>(
        "directorysync.scim.time", "s", "Time spent on the SCIM requests of a directory: by their number, their mean duration.");

    public void Record(HttpContext http, RequestTrail trail)
    {
        // The route's pattern: a path holds ids. Its methods are a few; others get no route.
        var route = (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText?.Replace("/scim/v2/{endpoint}", "", StringComparison.Ordinal);
        var operation = route is null ? Elsewhere : $"{Known(trail.Method)} {route}";
        var outcome = Outcome(trail.Status);
        var directory = new KeyValuePair<string, object?>("directory", directories.Of(trail.DirectoryId));
        var seconds = trail.Duration.TotalSeconds;
        Duration.Record(seconds, new KeyValuePair<string, object?>("operation", operation), new KeyValuePair<string, object?>("outcome", outcome));
        Requests.Add(1, directory, new KeyValuePair<string, object?>("outcome", outcome));
        Time.Add(seconds, directory);
    }

    public static string Outcome(int status) => status switch
    {
        < 400 => "ok",
        StatusCodes.Status401Unauthorized => "unauthorized",
        StatusCodes.Status429TooManyRequests => "limited",
        StatusCodes.Status499ClientClosedRequest => "gone",
        < 500 => "refused",
        _ => "failed",
    };

    private static string Known(string method) => method is "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" ? method : "other";
}
