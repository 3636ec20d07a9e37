namespace DirectorySync.Gateway.Calls;

/// <summary>When a request began, and when it first met a service that was away: its calls share one time, whatever their number.</summary>
internal sealed class RequestTime(long started)
{
    public long Started => started;

    public long? AwaySince { get; set; }

    public bool IsOver { get; set; }

    /// <summary>The request's; it begins now if nobody noted when it began.</summary>
    public static RequestTime Of(HttpContext http, TimeProvider time)
    {
        if (http.Features.Get<RequestTime>() is { } existing)
        {
            return existing;
        }

        var created = new RequestTime(time.GetTimestamp());
        http.Features.Set(created);
        return created;
    }
}

/// <summary>Notes when each request began.</summary>
internal static class RequestTimes
{
    public static IApplicationBuilder UseRequestTimes(this IApplicationBuilder app)
    {
        var time = app.ApplicationServices.GetRequiredService<TimeProvider>();
        return app.Use((http, next) =>
        {
            _ = RequestTime.Of(http, time);
            return next(http);
        });
    }
}
