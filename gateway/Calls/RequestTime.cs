namespace DirectorySync.Gateway.Calls;

/// <summary>
/// When a request began, and since when it has been meeting a service that is away: its calls share one time, whatever their number, and
/// however many of them are under way at once (bulk).
/// </summary>
internal sealed class RequestTime(long started)
{
    private long awaySince;
    private volatile bool isOver;

    public long Started => started;

    /// <summary>A call gave up: the others do not wait either.</summary>
    public bool IsOver => isOver;

    /// <summary>Notes that a service is away, and answers since when one has been.</summary>
    public long NoteAway(long now)
    {
        var before = Interlocked.CompareExchange(ref awaySince, now, 0);
        return before == 0 ? now : before;
    }

    /// <summary>What was away has answered: the next time counts anew.</summary>
    public void NoteBack() => Interlocked.Exchange(ref awaySince, 0);

    public void GiveUp() => isOver = true;

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
