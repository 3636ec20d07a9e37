using Google.Protobuf.WellKnownTypes;
using Npgsql;

namespace DirectorySync.AttributeMapping;

/// <summary>Times as they are stored: whole milliseconds.</summary>
internal static class Clock
{
    public static DateTimeOffset Now(this TimeProvider time)
    {
        var now = time.GetUtcNow();
        return new(now.Ticks - (now.Ticks % TimeSpan.TicksPerMillisecond), TimeSpan.Zero);
    }

    public static Timestamp ToTimestamp(this DateTimeOffset time) => Timestamp.FromDateTimeOffset(time);

    public static Timestamp? FindTime(this NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column).ToTimestamp();
}
