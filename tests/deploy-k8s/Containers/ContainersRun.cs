using System.Globalization;
using DirectorySync.Local;

namespace DirectorySync.DeployK8s.Tests.Containers;

/// <summary>
/// Runs the overlay "try" in containers: a user that comes in by SCIM leaves by a webhook, and while users are written, each replica of each
/// process is removed and comes back, without one request refused or one user that the application was not told of.
/// </summary>
internal sealed class ContainersRun(TrySystem system)
{
    private const double LargestImage = 130e6;
    private const int Starts = 3;
    private static readonly string[] NeededByGateway = ["identity", "group-membership"];
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(2);

    private readonly Checks check = new();

    /// <param name="startsOnly">Only how soon each process is ready, for a machine that has nothing else to do.</param>
    public Task<bool> RunAsync(bool startsOnly) => check.RunAsync(() => RunStepsAsync(startsOnly));

    private async Task RunStepsAsync(bool startsOnly)
    {
        await CheckImagesAsync();
        await system.StartStoresAsync();
        foreach (var workload in TrySystem.Processes)
        {
            var needed = new[] { await system.StartAsync(workload, 0), await system.StartAsync(workload, 1) };
            check.That($"two replicas of {workload} are ready, after {Seconds(needed[0])} (with its tables to make) and {Seconds(needed[1])}", true);
            await CheckRightsAsync(workload);
        }

        if (!startsOnly)
        {
            await using var customer = await Customer.ComeAsync(system);
            await customer.ProvisionAsync(1, check);
            await RemoveEachAsync(customer);
        }

        await CheckStartAsync();
    }

    private async Task CheckImagesAsync()
    {
        foreach (var image in system.Images)
        {
            if (!await Podman.HasImageAsync(image))
            {
                throw new CannotRunException($"There is no image {image}.");
            }

            if (!image.Contains("/directory-sync/", StringComparison.Ordinal))
            {
                continue;
            }

            var size = (long)(await Podman.InspectAsync("image", image))["Size"]!;
            check.That(string.Create(CultureInfo.InvariantCulture, $"{image} has {size / 1e6:0.0} MB, under {LargestImage / 1e6:0}"), size < LargestImage);
        }
    }

    /// <summary>What the manifest says about the container is so where it runs.</summary>
    private async Task CheckRightsAsync(string workload)
    {
        var container = await system.InspectAsync(workload, 0);
        check.That($"{workload} runs as nobody in particular, without capabilities, and can write nowhere",
            (string)container["Config"]!["User"]! == "1654:1654" && (bool)container["HostConfig"]!["ReadonlyRootfs"]!
            && (container["EffectiveCaps"]?.AsArray().Count ?? 0) == 0);
    }

    private async Task RemoveEachAsync(Customer customer)
    {
        await using var writers = new Writers(customer.Client, [0, 1]);
        writers.Start();
        foreach (var (workload, abruptly) in TrySystem.Processes.Select(process => (process, false))
            .Concat(TrySystem.Processes.Where(process => process != "gateway").Select(process => (process, true))))
        {
            await writers.GoOnAsync(20);
            var replica = abruptly ? 1 : 0;
            var refused = writers.Refused.Count;
            await (abruptly ? TrySystem.KillAsync(workload, replica) : system.RemoveAsync(workload, replica, writers));
            await writers.GoOnAsync(20);
            var needed = await system.StartAsync(workload, replica, writers: writers);
            await writers.GoOnAsync(20);
            check.That($"a replica of {workload} is {(abruptly ? "killed" : "removed")} and replaced (ready after {Seconds(needed)}): "
                + $"{writers.Refused.Count - refused} requests refused", writers.Refused.Count == refused);
        }

        await customer.CheckAllAsync(writers, check);
    }

    /// <summary>
    /// Beside what a gateway is ready by, since a dozen idle processes would have the processors too; the best of some starts, since others may
    /// have work for this machine.
    /// </summary>
    private async Task CheckStartAsync()
    {
        foreach (var workload in TrySystem.Processes.Reverse())
        {
            await system.RemoveAsync(workload, 1);
            if (!NeededByGateway.Contains(workload))
            {
                await system.RemoveAsync(workload, 0);
            }
        }

        foreach (var workload in TrySystem.Processes)
        {
            var best = TimeSpan.MaxValue;
            for (var i = 0; i < Starts && best >= LongestStart; i++)
            {
                var needed = await system.StartAsync(workload, 1);
                await system.RemoveAsync(workload, 1);
                best = needed < best ? needed : best;
            }

            check.That($"{workload} is ready {Seconds(best)} after its start, in less than {Seconds(LongestStart)}", best < LongestStart);
        }
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
}
