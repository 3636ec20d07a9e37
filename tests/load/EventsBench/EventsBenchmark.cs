using DirectorySync.Kit;

namespace DirectorySync.Load.EventsBench;

/// <summary>
/// From SCIM's 2xx to the application's webhook handler, a page of a long log, and what a receiver that does not answer costs SCIM: on real
/// processes.
/// </summary>
internal static class EventsBenchmark
{
    private const int Events = 10_000_000;
    private const int Seconds = 20;

    /// <summary>Whether all that must hold does.</summary>
    /// <param name="part">"latency", "log" or "slow"; empty: all.</param>
    /// <param name="amount">How many events the log has, or how many seconds the others measure; 0: as many as are promised.</param>
    public static async Task<bool> RunAsync(string part, int amount)
    {
        var seconds = TimeSpan.FromSeconds(part is "log" or "" || amount == 0 ? Seconds : amount);
        await using var stack = await Stack.StartAsync(new()
        {
            Environment = new Dictionary<string, string> { ["Webhooks__AllowPrivate"] = "true" },
        });
        var reached = true;
        if (part is "" or "latency" or "slow")
        {
            await using var tenants = await Tenants.StartAsync(stack);
            if (part != "slow")
            {
                reached &= await WebhookLatency.RunAsync(tenants, seconds);
            }

            if (part != "latency")
            {
                reached &= await SlowReceiver.RunAsync(tenants, seconds);
            }
        }

        return part is not ("" or "log") || (await LongLog.RunAsync(stack, amount == 0 ? Events : amount) && reached);
    }
}
