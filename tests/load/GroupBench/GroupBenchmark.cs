using System.Diagnostics;
using System.Globalization;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Kit;

namespace DirectorySync.Load.GroupBench;

/// <summary>
/// What adding a member costs by the size of the group and by the number of writers: ratios of measurements that alternate within one run
/// on one machine, over gRPC, against real processes on a PostgreSQL that syncs every commit.
/// </summary>
internal static class GroupBenchmark
{
    private const int Large = 100_000;
    private const int Small = 10;
    private const int Samples = 1_500;
    private const int Writers = 16;
    private const int Rounds = 5;
    private const double MostForSize = 1.2;
    private const double LeastForSharing = 2.0 / 3;

    private static readonly TimeSpan RoundLength = TimeSpan.FromSeconds(3);

    public static async Task<bool> RunAsync()
    {
        await using var stack = await Stack.StartAsync(new() { NotStarted = StackOptions.Followers });
        await using var bench = await GroupBenchClient.StartAsync(stack);
        var size = await CompareSizesAsync(bench);
        var sharing = await CompareSharingAsync(bench);
        return size <= MostForSize && sharing >= LeastForSharing;
    }

    private static async Task<double> CompareSizesAsync(GroupBenchClient bench)
    {
        var small = await bench.CreateAsync("Small", await bench.NewMembersAsync(Small));
        var large = await bench.CreateAsync("Large", await bench.NewMembersAsync(Large));
        var members = await bench.NewMembersAsync(Samples);
        var (inSmall, inLarge) = (new List<double>(), new List<double>());
        foreach (var member in members)
        {
            inSmall.Add(await MillisecondsAsync(() => bench.AddAsync(small, member)));
            inLarge.Add(await MillisecondsAsync(() => bench.AddAsync(large, member)));
        }

        // The first ones warm up.
        var (ofSmall, ofLarge) = (Median(inSmall[(Samples / 5)..]), Median(inLarge[(Samples / 5)..]));
        var ratio = ofLarge / ofSmall;
        Print($"adding a member to a group of {Large:N0}: {ofLarge:0.00} ms, of {Small}: {ofSmall:0.00} ms (medians of {Samples})");
        Print($"  ratio {ratio:0.00}, at most {MostForSize:0.00}: {Verdict(ratio <= MostForSize)}");
        return ratio;
    }

    private static async Task<double> CompareSharingAsync(GroupBenchClient bench)
    {
        var one = await bench.CreateAsync("One for all", []);
        var own = new List<Group>();
        for (var i = 0; i < Writers; i++)
        {
            own.Add(await bench.CreateAsync($"Own {i}", []));
        }

        await PerSecondAsync(bench, _ => own[0]);
        var (shared, apart) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            shared.Add(await PerSecondAsync(bench, _ => one));
            apart.Add(await PerSecondAsync(bench, writer => own[writer]));
        }

        var ratio = Median(shared) / Median(apart);
        Print($"{Writers} writers adding to one group: {Median(shared):N0}/s, to {Writers} groups: {Median(apart):N0}/s");
        Print($"  ratio {ratio:0.00}, at least {LeastForSharing:0.00}: {Verdict(ratio >= LeastForSharing)}");
        return ratio;
    }

    private static async Task<double> PerSecondAsync(GroupBenchClient bench, Func<int, Group> groupOf)
    {
        // More than can be added in a round.
        var members = await bench.NewMembersAsync(40_000);
        var next = -1;
        var added = 0;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
        {
            while (clock.Elapsed < RoundLength && Interlocked.Increment(ref next) is var number && number < members.Length)
            {
                await bench.AddAsync(groupOf(writer), members[number]);
                Interlocked.Increment(ref added);
            }
        }));
        return added / clock.Elapsed.TotalSeconds;
    }

    private static async Task<double> MillisecondsAsync(Func<Task> work)
    {
        var started = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string Verdict(bool reached) => reached ? "reached" : "NOT REACHED";

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
