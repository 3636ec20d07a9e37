using System.Globalization;
using System.Text;
using DirectorySync.Identity.V1;
using DirectorySync.Kit;
using Grpc.Net.Client;

namespace DirectorySync.Load.ScimBench;

/// <summary>
/// How many SCIM requests a second the system answers, each beside what could be at most on this machine in this run: A, the same hops
/// without a store; B, the same rows without services. One gateway, one process of each service, all on this machine together with the
/// client.
/// </summary>
internal static class ScimBenchmark
{
    private const int Many = 16;

    /// <summary>Processes that only follow the feeds of others.</summary>
    private static readonly IReadOnlyList<string> Consumers = StackOptions.Followers;

    /// <summary>Whether every ratio was reached.</summary>
    /// <param name="seed">Users that exist before anything is measured.</param>
    public static async Task<bool> RunAsync(int seed)
    {
        await using var stack = await Stack.StartAsync();
        await using var bare = await BareSystem.StartAsync();
        var (directory, token) = await CreateDirectoryAsync(stack);
        using var work = new ScimWorkload($"{stack.GatewayUrl()}/scim/v2/{directory.EndpointKey}", token, Many);
        Console.WriteLine($"{Environment.ProcessorCount} processors; PostgreSQL and Redis as in 'make run'.");
        await work.SeedAsync(Math.Max(seed, ScimWorkload.GroupSize), Many);

        var store = new StoreLimit(stack, directory.Id, work.GroupId, (await CreateDirectoryAsync(stack)).Directory.Id);
        await store.CopyAsync();
        var operations = new Operation[]
        {
            new("GET by id", work.GetAsync, A(work, bare, "get", work.GetAsync), 0.4),
            new("filter by userName", work.FilterAsync, A(work, bare, "filter", work.FilterAsync), 0.3),
            new($"list of {ScimWorkload.PageSize}", work.ListAsync, A(work, bare, "list", work.ListAsync), 0.15),
            new("POST", work.PostAsync, store.PostAsync, 0.35),
            new("PATCH active", work.PatchActiveAsync, store.PatchAsync, 0.35),
            new("PATCH add member", work.AddMemberAsync, store.AddMemberAsync, 0.25),
        };
        foreach (var consumer in Consumers)
        {
            await stack.StopAsync(consumer);
        }

        try
        {
            await WarmUpAsync(operations);
            var reached = await TableAsync("Consumers stopped", operations, judged: true);
            foreach (var consumer in Consumers)
            {
                await stack.StartAgainAsync(consumer);
            }

            await TableAsync("Consumers running", operations, judged: false);
            return reached;
        }
        catch (InvalidOperationException)
        {
            // A request that failed: why, before the logs go with the system.
            foreach (var error in stack.Logs().Values.SelectMany(log => log.Split('\n')).Where(IsError).Take(10))
            {
                Console.Error.WriteLine(error);
            }

            throw;
        }
    }

    // Until what a request runs has been compiled to its end, in the system and in the limit.
    private static async Task WarmUpAsync(IReadOnlyList<Operation> operations)
    {
        foreach (var operation in operations)
        {
            await Rate.MeasureAsync(Many, operation.Request);
            await Rate.MeasureAsync(Many, operation.Request);
            await operation.Limit(Many);
        }
    }

    private static bool IsError(string line) =>
        line.Contains("\"LogLevel\":\"Error\"", StringComparison.Ordinal) || line.Contains(" ERROR: ", StringComparison.Ordinal);

    private static async Task<bool> TableAsync(string title, IReadOnlyList<Operation> operations, bool judged)
    {
        Console.WriteLine($"\n{title,-20} connections  requests   p50 ms   p99 ms      limit   ratio");
        var reached = true;
        foreach (var connections in new[] { 1, Many })
        {
            foreach (var operation in operations)
            {
                // The limit before and after, so that what else the machine does meets both.
                var before = await operation.Limit(connections);
                var rate = await Rate.MeasureAsync(connections, operation.Request);
                var limit = (before + await operation.Limit(connections)) / 2;
                var ratio = rate.PerSecond / limit;
                var isEnough = ratio >= operation.Least;
                var verdict = !judged || connections == 1 ? "" : isEnough ? $"  at least {operation.Least}: reached" : $"  at least {operation.Least}: MISSED";
                reached &= !judged || connections == 1 || isEnough;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{operation.Name,-20} {connections,11} {rate} {limit,8:0}/s {ratio,7:0.00}{verdict}"));
            }
        }

        return reached;
    }

    private static Func<int, Task<double>> A(ScimWorkload work, BareSystem bare, string operation, Func<Task<string>> request)
    {
        string? url = null;
        return async connections =>
        {
            url ??= bare.Url(operation, Encoding.UTF8.GetByteCount(await request()));
            return (await Rate.MeasureAsync(connections, () => work.SendToAsync(url))).PerSecond;
        };
    }

    private static async Task<(Identity.V1.Directory Directory, string Token)> CreateDirectoryAsync(Stack stack)
    {
        using var channel = GrpcChannel.ForAddress(stack.ServiceUrl("identity"));
        var organization = await new OrganizationService.OrganizationServiceClient(channel)
            .CreateOrganizationAsync(new() { Organization = new() { Name = "Bench" } });
        var directory = await new DirectoryService.DirectoryServiceClient(channel).CreateDirectoryAsync(new()
        {
            Directory = new()
            {
                OrganizationId = organization.Organization.Id,
                Name = "Bench",
                Provider = Provider.Okta,
                Policies = new() { RateLimit = 100_000, RateLimitBurst = 100_000 },
            },
        });
        var token = await new CredentialService.CredentialServiceClient(channel)
            .CreateScimTokenAsync(new() { DirectoryId = directory.Directory.Id });
        return (directory.Directory, token.Secret);
    }

    /// <param name="Name">What is asked.</param>
    /// <param name="Request">One request.</param>
    /// <param name="Limit">What could be at most, by the number of connections.</param>
    /// <param name="Least">Least ratio at 16 connections.</param>
    private sealed record Operation(string Name, Func<Task> Request, Func<int, Task<double>> Limit, double Least);
}
