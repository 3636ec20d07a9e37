using System.Diagnostics;

namespace DirectorySync.Chassis.Cache;

/// <summary>
/// Keeps requests from waiting for a Redis that does not answer: after three time-outs in a row one operation a second is tried, and the
/// others are not.
/// </summary>
internal sealed class RedisCircuit(TimeSpan timeout)
{
    private const int TimeoutsUntilOpen = 3;

    private static readonly long OpenFor = Stopwatch.Frequency;

    private int timeouts;
    private long openUntil;

    /// <summary>How long an operation may take.</summary>
    public TimeSpan Timeout => timeout;

    /// <summary>Whether to try.</summary>
    public bool Lets()
    {
        if (Volatile.Read(ref timeouts) < TimeoutsUntilOpen)
        {
            return true;
        }

        var until = Volatile.Read(ref openUntil);
        var now = Stopwatch.GetTimestamp();
        return now >= until && Interlocked.CompareExchange(ref openUntil, now + OpenFor, until) == until;
    }

    public void Succeeded()
    {
        if (Volatile.Read(ref timeouts) != 0)
        {
            Volatile.Write(ref timeouts, 0);
        }
    }

    public void TimedOut()
    {
        Volatile.Write(ref openUntil, Stopwatch.GetTimestamp() + OpenFor);
        Interlocked.Increment(ref timeouts);
    }
}
