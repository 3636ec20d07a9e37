using System.Globalization;

namespace DirectorySync.Load.PipelineBench;

/// <summary>How long the middle one and the slowest hundredth took, in milliseconds.</summary>
internal sealed record Latency(int Count, double P50, double P99, double Most)
{
    public const double MostP50 = 50;
    public const double MostP99 = 500;

    public bool IsReached => P50 < MostP50 && P99 < MostP99;

    public static Latency Of(IEnumerable<double> milliseconds)
    {
        var sorted = milliseconds.Order().ToList();
        return new(sorted.Count, At(0.5), At(0.99), sorted[^1]);

        double At(double share) => sorted[(int)((sorted.Count - 1) * share)];
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"p50 {P50,6:0.0} ms, p99 {P99,6:0.0} ms, most {Most,6:0.0} ms of {Count:N0}");
}
