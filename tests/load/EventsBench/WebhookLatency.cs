using DirectorySync.Load.PipelineBench;

namespace DirectorySync.Load.EventsBench;

/// <summary>How long after SCIM's 2xx the application has the webhook.</summary>
internal static class WebhookLatency
{
    private const int WritesPerSecond = 200;
    private const double MostP50 = 100;
    private const double MostP99 = 1_000;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    public static async Task<bool> RunAsync(Tenants tenants, TimeSpan during)
    {
        await tenants.WriteAsync(WritesPerSecond, WarmUp);
        await tenants.DrainAsync();
        var (scim, webhooks) = await tenants.WriteAsync(WritesPerSecond, during);
        var latency = await webhooks();
        var reached = latency is { P50: < MostP50, P99: < MostP99 };
        PipelineBenchmark.Print($"From SCIM's 2xx to the webhook at {WritesPerSecond} writes/s for {during.TotalSeconds:0} s, p50 below {MostP50:0} ms and p99 below {MostP99:0} ms:");
        PipelineBenchmark.Print($"  SCIM's answer  {scim}");
        PipelineBenchmark.Print($"  to the webhook {latency}: {PipelineBenchmark.Verdict(reached)}");
        return reached;
    }
}
