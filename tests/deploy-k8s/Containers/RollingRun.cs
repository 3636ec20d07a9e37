namespace DirectorySync.DeployK8s.Tests.Containers;

/// <summary>
/// Upgrades the overlay "try" in containers from an older version to this one, restarts it, and rolls it back, as Deployments do it: one more
/// replica, and when it is ready one less. All the while users and groups are written and read, and not one request is refused.
/// </summary>
internal sealed class RollingRun(TrySystem system)
{
    private readonly Checks check = new();

    // Replicas of each process that are running.
    private readonly Dictionary<string, List<int>> running = [];
    private int next = 2;

    public Task<bool> RunAsync() => check.RunAsync(RunStepsAsync);

    private async Task RunStepsAsync()
    {
        await system.StartStoresAsync();
        foreach (var workload in TrySystem.Processes)
        {
            running[workload] = [0, 1];
            await system.StartAsync(workload, 0, TrySystem.Older);
            await system.StartAsync(workload, 1, TrySystem.Older);
        }

        check.That("two replicas of each process of the older version are ready", true);
        await using var customer = await Customer.ComeAsync(system, TrySystem.Older);
        await customer.ProvisionAsync(0, check);
        await using var writers = new Writers(customer.Client, [0, 1]);
        writers.Start();
        var before = await system.CountMigrationsAsync();
        await ReplaceAllAsync(writers, "upgraded", null);
        var after = await system.CountMigrationsAsync();
        check.That($"the newer version brought {after.Values.Sum() - before.Values.Sum()} scripts of tables, while the older one ran: "
            + string.Join(", ", after.Where(service => service.Value > before[service.Key]).Select(service => $"{service.Key} {service.Value - before[service.Key]}")),
            after.Values.Sum() > before.Values.Sum());
        await ReplaceAllAsync(writers, "restarted", null);
        await ReplaceAllAsync(writers, "rolled back, on the newer one's tables", TrySystem.Older);
        await customer.CheckAllAsync(writers, check);
    }

    private async Task ReplaceAllAsync(Writers writers, string what, string? version)
    {
        foreach (var workload in TrySystem.Processes)
        {
            var refused = writers.Refused.Count;
            foreach (var old in running[workload].ToList())
            {
                await writers.GoOnAsync(20);
                var replica = next++;
                await system.StartAsync(workload, replica, version, writers);
                running[workload].Add(replica);
                await writers.GoOnAsync(20);
                await system.RemoveAsync(workload, old, writers);
                running[workload].Remove(old);
            }

            await writers.GoOnAsync(20);
            check.That($"{workload} is {what}: {writers.Refused.Count - refused} requests refused", writers.Refused.Count == refused);
        }
    }
}
