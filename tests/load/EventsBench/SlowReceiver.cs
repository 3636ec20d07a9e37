using DirectorySync.Load.PipelineBench;

namespace DirectorySync.Load.EventsBench;

/// <summary>What SCIM's answers take while the application sleeps, in relation to while it answers at once: both in turn, in one run.</summary>
internal static class SlowReceiver
{
    private const int WritesPerSecond = 100;
    private const int Rounds = 3;
    private const double MostRatio = 1.2;

    private static readonly TimeSpan Sleep = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    public static async Task<bool> RunAsync(Tenants tenants, TimeSpan during)
    {
        await tenants.WriteAsync(WritesPerSecond, WarmUp);
        var (quick, slow) = (new List<Latency>(), new List<Latency>());
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var (sleep, latencies) in new[] { (TimeSpan.Zero, quick), (Sleep, slow) })
            {
                await tenants.DrainAsync();
                tenants.Sleep = sleep;
                latencies.Add((await tenants.WriteAsync(WritesPerSecond, during)).Scim);
            }

            tenants.Sleep = TimeSpan.Zero;
        }

        var ratio = Median(slow, one => one.P50) / Median(quick, one => one.P50);
        PipelineBenchmark.Print($"SCIM's answers at {WritesPerSecond} writes/s, the application sleeping {Sleep.TotalSeconds:0} s or answering at once (medians of {Rounds} rounds of {during.TotalSeconds:0} s):");
        PipelineBenchmark.Print($"  asleep {Text(slow)}, awake {Text(quick)}");
        PipelineBenchmark.Print($"  ratio {ratio:0.00} of p50, at most {MostRatio:0.00}: {PipelineBenchmark.Verdict(ratio <= MostRatio)}; {Median(slow, one => one.P99) / Median(quick, one => one.P99):0.00} of p99");
        return ratio <= MostRatio;
    }

    private static string Text(List<Latency> latencies) =>
        FormattableString.Invariant($"p50 {Median(latencies, one => one.P50):0.0} ms, p99 {Median(latencies, one => one.P99):0.0} ms");

    private static double Median(List<Latency> latencies, Func<Latency, double> of) => latencies.Select(of).Order().ElementAt(latencies.Count / 2);
}
