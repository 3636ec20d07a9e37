namespace DirectorySync.GroupMembership;

/// <summary>Time as PostgreSQL keeps it, so that what an answer says is what a later read says.</summary>
internal static class Clock
{
    /// <summary>Now, in whole microseconds.</summary>
    public static DateTimeOffset Now(TimeProvider time)
    {
        var now = time.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
