using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using DirectorySync.AttributeMapping.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Kit;
using DirectorySync.Roles.V1;

namespace DirectorySync.EndToEnd.Tests.Chaos;

/// <summary>
/// Twenty identity providers write while services and stores are killed and the application fails. Afterwards the application, the REST API,
/// SCIM and the identity providers know the same, and every event came once and in order.
/// </summary>
internal sealed class ChaosRun(int kills, int seed, int replicas, TimeSpan patience, Action<string> report)
{
    private const int Directories = 20;
    private const int AnswersBetween = 60;

    private static readonly TimeSpan GoesOn = TimeSpan.FromMinutes(1);

    private readonly long began = Stopwatch.GetTimestamp();
    private readonly TestSystem system = new(new()
    {
        Replicas = replicas,
        Gateways = replicas,
        Environment = new Dictionary<string, string>
        {
            ["Webhooks__AllowPrivate"] = "true", ["Webhooks__FirstDelay"] = "00:00:00.050", ["Webhooks__LongestDelay"] = "00:00:01",
            ["Webhooks__Timeout"] = ChaosApplication.SenderPatience.ToString("c"), ["Gateway__RetryWindow"] = "00:00:03",
        },
    });

    /// <summary>Throws if anything was lost, came twice or out of order, or is not what it should be.</summary>
    public async Task RunAsync()
    {
        await system.InitializeAsync();
        try
        {
            await using var application = await ChaosApplication.StartAsync(seed);
            await RunAsync(application);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"With seed {seed}, after {Elapsed}: {e.Message}", e);
        }
        finally
        {
            await system.DisposeAsync();
        }
    }

    private string Elapsed => string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(began).TotalSeconds:0} s");

    private async Task RunAsync(ChaosApplication application)
    {
        using var rest = new HttpClient { BaseAddress = new(system.Stack.GatewayUrl()) };
        rest.DefaultRequestHeaders.Authorization = new("Bearer", system.ApiKey);
        using var endpoint = await rest.PostAsJsonAsync("/webhook_endpoints", new { endpoint_url = application.Url, events = Array.Empty<string>() });
        Assert.Equal(201, (int)endpoint.StatusCode);
        var writers = await PrepareAsync();
        var killing = new ChaosKills(system.Stack, seed, replicas);
        report($"{writers.Count} directories after {Elapsed}; seed {seed}");

        using var end = new CancellationTokenSource();
        var work = writers.Select(writer => writer.RunAsync(end.Token)).ToArray();
        try
        {
            for (var done = 0; done < kills; done = killing.Count.Values.Sum())
            {
                await GoOnAsync(writers, work);
                var victims = await killing.KillAsync(kills - done);
                report($"{killing.Count.Values.Sum()} of {kills} killed: {victims}; {writers.Sum(writer => writer.Answered)} answers, {application.Events} events, {Elapsed}");
            }

            await GoOnAsync(writers, work);
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(work);
        }

        application.IsWell = true;
        var stopped = Stopwatch.GetTimestamp();
        await Task.WhenAll(writers.Select(writer => writer.EndAsync()));
        var comparison = new ChaosComparison(rest, application, patience);
        await Task.WhenAll(writers.Select(comparison.CompareAsync));
        await comparison.CompareLogAsync([.. writers.Select(writer => writer.Directory.Id)]);
        report($"""
            seed {seed}: {string.Join(", ", killing.Count.OrderBy(victim => victim.Key).Select(victim => $"{victim.Key} {victim.Value}"))} killed
            {writers.Sum(writer => writer.Answered)} answers; {application.Events} events in {application.Requests} requests, {application.Repeated} repeated
            0 lost, 0 out of order; all equal {Stopwatch.GetElapsedTime(stopped).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s after the last write; {Elapsed} in all
            """);
    }

    // A writer that met what should not be has ended.
    private static Task GoOnAsync(List<ChaosWriter> writers, Task[] work)
    {
        var before = writers.Sum(writer => writer.Answered);
        return Eventually.True(
            () => Array.Find(work, task => task.IsFaulted) is { } failed
                ? throw new InvalidOperationException("A request was answered in a way that it should not be.", failed.Exception)
                : writers.Sum(writer => writer.Answered) > before + AnswersBetween,
            GoesOn, "the identity providers get on");
    }

    private async Task<List<ChaosWriter>> PrepareAsync()
    {
        await new DefinitionService.DefinitionServiceClient(system.Channel()).UpdateDefinitionAsync(
            new() { Definition = new() { Name = "job_title", Enabled = true }, UpdateMask = new() { Paths = { "enabled" } } }, system.Headers());
        foreach (var (slug, priority) in new[] { ("member", 1), ("manager", 2), ("operator", 3) })
        {
            await new RoleService.RoleServiceClient(system.Channel()).CreateRoleAsync(
                new() { Role = new() { Slug = slug, Priority = priority } }, system.Headers());
        }

        return [.. await Task.WhenAll(Enumerable.Range(0, Directories).Select(PrepareAsync))];
    }

    private async Task<ChaosWriter> PrepareAsync(int number)
    {
        var directory = await system.CreateDirectoryAsync(adjust: policies =>
        {
            policies.InactiveUsers = number % 3 == 0 ? InactiveUsers.Removed : InactiveUsers.Retained;
            policies.InactiveMemberships = number % 3 == 1 ? InactiveMemberships.Kept : InactiveMemberships.Dropped;
        });
        var writer = new ChaosWriter(directory, new(directory.Policies), (seed * 31) + number, replicas);
        writer.Model.Operators = await writer.CreateGroupAsync("Operators");
        await new RoleRulesService.RoleRulesServiceClient(system.Channel()).UpdateRoleRulesAsync(
            new()
            {
                Rules = new()
                {
                    DirectoryId = directory.Id,
                    Mode = RoleMode.Priority,
                    DefaultRole = "member",
                    Rules =
                    {
                        new RoleRule { Role = "manager", Attribute = new() { Attribute = "job_title", Operator = AttributeOperator.Equals, Value = ChaosModel.Manager } },
                        new RoleRule { Role = "operator", GroupId = writer.Model.Operators },
                    },
                },
            },
            system.Headers());
        return writer;
    }
}
