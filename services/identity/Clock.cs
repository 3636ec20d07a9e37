using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.Identity;

/// <summary>Times as they are stored: whole milliseconds, so that what a client reads compares equal to what a filter searches.</summary>
internal static class Clock
{
    public static DateTimeOffset Now(this TimeProvider time)
    {
        var now = time.GetUtcNow();
        return new(now.Ticks - (now.Ticks % TimeSpan.TicksPerMillisecond), TimeSpan.Zero);
    }

    public static Timestamp ToTimestamp(this DateTimeOffset time) => Timestamp.FromDateTimeOffset(time);
}
