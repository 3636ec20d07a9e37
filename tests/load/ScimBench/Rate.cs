using System.Diagnostics;
using System.Globalization;

namespace DirectorySync.Load.ScimBench;

/// <summary>How many requests a second were answered, and how long the middle one and the slowest hundredth took.</summary>
internal sealed record Rate(double PerSecond, double P50, double P99)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(4);

    /// <summary>Sends requests over so many connections, each as soon as the one before is answered.</summary>
    public static async Task<Rate> MeasureAsync(int connections, Func<Task> request)
    {
        var begin = Stopwatch.GetTimestamp();
        var times = await Task.WhenAll(Enumerable.Range(0, connections).Select(async _ =>
        {
            var mine = new List<double>();
            for (var elapsed = TimeSpan.Zero; elapsed < WarmUp + Measured; elapsed = Stopwatch.GetElapsedTime(begin))
            {
                var started = Stopwatch.GetTimestamp();
                await request();
                if (elapsed >= WarmUp)
                {
                    mine.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                }
            }

            return mine;
        }));
        var sorted = times.SelectMany(mine => mine).Order().ToList();
        return new(sorted.Count / Measured.TotalSeconds, At(0.5), At(0.99));

        double At(double share) => sorted[(int)((sorted.Count - 1) * share)];
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{PerSecond,9:0}/s {P50,8:0.00} {P99,8:0.00}");
}
