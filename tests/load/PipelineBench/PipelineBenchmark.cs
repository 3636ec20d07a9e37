using System.Globalization;
using DirectorySync.Kit;

namespace DirectorySync.Load.PipelineBench;

/// <summary>
/// From SCIM's 2xx to profile and roles, on real processes: how long it takes under load, how fast a backlog is caught up with, and what a
/// changed mapping of a large directory does to both.
/// </summary>
internal static class PipelineBenchmark
{
    private const int WritesPerSecond = 200;
    private const int Users = 40_000;
    private const int LargeDirectory = 100_000;

    private static readonly TimeSpan LatencyFor = TimeSpan.FromSeconds(20);

    /// <summary>Whether all that must hold does.</summary>
    public static async Task<bool> RunAsync(string part)
    {
        var reached = true;
        if (part is "" or "latency")
        {
            reached &= await InNewSystemAsync(LatencyAsync);
        }

        if (part is "" or "catch-up")
        {
            reached &= await InNewSystemAsync(CatchUpAsync);
        }

        if (part is "" or "remap")
        {
            Print($"A mapping of {LargeDirectory:N0} users changes:");
            reached &= await InNewSystemAsync(directory => new Remapping(directory).RunAsync(LargeDirectory, WritesPerSecond));
        }

        return reached;
    }

    public static string Verdict(bool reached) => reached ? "reached" : "NOT REACHED";

    public static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    // So that none measures what another one has written.
    private static async Task<bool> InNewSystemAsync(Func<PipelineDirectory, Task<bool>> measure)
    {
        await using var stack = await Stack.StartAsync(new() { NotStarted = ["events"] });
        await using var directory = await PipelineDirectory.StartAsync(stack, users: 4_000);
        return await measure(directory);
    }

    private static async Task<bool> LatencyAsync(PipelineDirectory directory)
    {
        var live = new LiveWrites(directory, WritesPerSecond);
        // The first ones warm up.
        await live.WhileAsync(Task.Delay(TimeSpan.FromSeconds(5)));
        var (profiles, roles) = await live.WhileAsync(Task.Delay(LatencyFor));
        Print($"From SCIM's 2xx at {WritesPerSecond} writes/s, p50 below {Latency.MostP50} ms and p99 below {Latency.MostP99} ms:");
        Print($"  to the profile {profiles}: {Verdict(profiles.IsReached)}");
        Print($"  to the roles   {roles}: {Verdict(roles.IsReached)}");
        return profiles.IsReached && roles.IsReached;
    }

    private static async Task<bool> CatchUpAsync(PipelineDirectory directory)
    {
        const int membersAtOnce = 100;
        var catchUp = new CatchUp(directory);
        Print($"Catching up, both stopped while SCIM wrote, one started after the other:");
        var reached = await catchUp.RunAsync(
            "new users", Users, ["attribute-mapping", "roles"], () => ManyAsync(Users, directory.Work.PostAsync));
        reached &= await catchUp.RunAsync(
            "updates", Users, ["attribute-mapping", "roles"], () => ManyAsync(Users, directory.Work.PatchTitleAsync));
        reached &= await catchUp.RunAsync(
            "memberships", Users, ["roles"], () => ManyAsync(Users / membersAtOnce, () => directory.Work.AddMembersAsync(membersAtOnce)));
        return reached;
    }

    private static Task ManyAsync(int count, Func<Task> write) => Parallel.ForEachAsync(
        Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = PipelineDirectory.Connections }, async (_, _) => await write());
}
