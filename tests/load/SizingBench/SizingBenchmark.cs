using System.Diagnostics;
using System.Net.Http.Json;
using DirectorySync.Kit;
using DirectorySync.Load.PipelineBench;
using DirectorySync.Load.ScimBench;
using DirectorySync.Local;

namespace DirectorySync.Load.SizingBench;

/// <summary>
/// What a change costs: processor time of each process and database on its way from SCIM to the webhook, connections in use, and bytes that stay.
/// From these follow the table of sizes and the plan of scale in deploy-k8s/README.md.
/// </summary>
internal static class SizingBenchmark
{
    private const int Connections = 16;

    public static async Task RunAsync(int users)
    {
        await using var stack = await Stack.StartAsync(new() { Environment = new Dictionary<string, string> { ["Webhooks__AllowPrivate"] = "true" } });
        await using var application = await Receiver.StartAsync();
        var directory = await stack.CreateDirectoryAsync();
        using var rest = new HttpClient { BaseAddress = new(stack.GatewayUrl()), DefaultRequestHeaders = { Authorization = new("Bearer", stack.ApiKey) } };
        using var limit = await rest.PatchAsJsonAsync($"/directories/{directory.Id}", new { policies = new { rate_limit = 100_000, rate_limit_burst = 100_000 } });
        limit.EnsureSuccessStatusCode();
        using var endpoint = await rest.PostAsJsonAsync("/webhook_endpoints", new { endpoint_url = application.Url, events = Array.Empty<string>() });
        endpoint.EnsureSuccessStatusCode();
        using var work = new ScimWorkload(directory.ScimBaseUrl, directory.Token, Connections);
        await work.SeedAsync(2_000, Connections, groupSize: 1_000);
        await DrainAsync(stack);

        var time = await ProcessorTime.OfAsync(stack);
        Print($"Memory at the begin, MB: {Text(time.Megabytes())}");
        await PhaseAsync(stack, time, "a user is created", users, work.PostAsync);
        await PhaseAsync(stack, time, "a user is changed", users, work.PatchTitleAsync);
        await PhaseAsync(stack, time, "a member is added", users / 4, work.AddMemberAsync);
        await PhaseAsync(stack, time, "a user is read", users, work.GetAsync);
        Print($"Memory at the end, MB: {Text(time.Megabytes())}");
        Print($"Webhooks accepted: {application.Accepted.Count}");
    }

    private static async Task PhaseAsync(Stack stack, ProcessorTime time, string what, int requests, Func<Task> request)
    {
        var (bytes, log, seconds, began) = (await BytesAsync(stack), await RequestLogAsync(stack), time.Seconds(), Stopwatch.GetTimestamp());
        using var end = new CancellationTokenSource();
        var busy = BusyAsync(stack, end.Token);
        await Parallel.ForEachAsync(Enumerable.Range(0, requests), new ParallelOptions { MaxDegreeOfParallelism = Connections }, async (_, _) => await request());
        var answered = Stopwatch.GetElapsedTime(began);
        await end.CancelAsync();
        var connections = await busy;
        await DrainAsync(stack);
        var told = Stopwatch.GetElapsedTime(began);
        var spent = time.Seconds().ToDictionary(one => one.Key, one => (one.Value - seconds.GetValueOrDefault(one.Key)) / requests * 1000);
        var (more, logged) = (await BytesAsync(stack), await RequestLogAsync(stack) - log);
        Print($"When {what} ({requests} times, {requests / answered.TotalSeconds:0}/s over {Connections} connections, told by webhooks at {requests / told.TotalSeconds:0}/s):");
        Print($"  processor milliseconds: {Text(spent, "0.000")}; {spent.Values.Sum():0.00} in all");
        Print($"  bytes in the databases: {Text(more.ToDictionary(one => one.Key, one => (double)(one.Value - bytes[one.Key]) / requests))}; of identity's, the request log {(double)logged / requests:0}");
        Print($"  connections with a statement, on average: {Text(connections, "0.0")}");
    }

    // What followers still do counts too.
    private static Task DrainAsync(Stack stack) => Eventually.True(
        async () => await stack.QueryAsync("events", """
            select not exists (select from pending_directories) and not exists (select from webhook_lanes where sequence < last_sequence)
            """, row => row.GetBoolean(0)),
        TimeSpan.FromMinutes(5),
        "everything is told and delivered");

    private static async Task<Dictionary<string, long>> BytesAsync(Stack stack)
    {
        var bytes = new Dictionary<string, long>();
        foreach (var service in Service.All)
        {
            bytes[service.Name] = await stack.QueryAsync(service.Name, "select pg_database_size(current_database())", row => row.GetInt64(0));
        }

        return bytes;
    }

    private static Task<long> RequestLogAsync(Stack stack) => stack.QueryAsync("identity", """
        select coalesce(sum(pg_total_relation_size(oid)), 0)::bigint from pg_class where relname ~ '^scim_requests_day_[0-9]+$' and relkind = 'r'
        """, row => row.GetInt64(0));

    private static async Task<Dictionary<string, double>> BusyAsync(Stack stack, CancellationToken ct)
    {
        var (sums, samples) = (new Dictionary<string, double>(), 0);
        while (!ct.IsCancellationRequested)
        {
            foreach (var (database, active) in await stack.ListAsync("identity", """
                select replace(substr(datname, 15), '_', '-'), count(*)::int from pg_stat_activity
                where datname like 'directorysync%' and state <> 'idle' and pid <> pg_backend_pid() group by 1
                """, row => (row.GetString(0), row.GetInt32(1))))
            {
                sums[database] = sums.GetValueOrDefault(database) + active;
            }

            samples++;
            await Task.Delay(100, CancellationToken.None);
        }

        return sums.ToDictionary(one => one.Key, one => one.Value / Math.Max(1, samples));
    }

    private static string Text(Dictionary<string, double> values, string format = "0") =>
        string.Join(", ", values.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => $"{one.Key} {one.Value.ToString(format, System.Globalization.CultureInfo.InvariantCulture)}"));

    private static void Print(FormattableString line) => PipelineBenchmark.Print(line);
}
