using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using DirectorySync.Kit;

namespace DirectorySync.DeployK8s.Tests.Containers;

/// <summary>
/// Creates users, reads and changes them and puts them into groups, in several lines at once, through all gateways that are in service, as the
/// address of a Service spreads connections. Whoever cannot be connected to is left for another; any other answer than success is a refusal.
/// </summary>
internal sealed class Writers(Func<int, ScimClient> client, IEnumerable<int> gateways) : IAsyncDisposable
{
    private const int Lines = 4;

    private readonly ConcurrentQueue<string> created = [];
    private readonly ConcurrentQueue<string> refused = [];
    private readonly CancellationTokenSource end = new();
    private readonly List<Task> lines = [];
    private volatile int[] inService = [.. gateways];
    private int number;
    private int turn;
    private int answers;

    /// <summary>Ids of the users.</summary>
    public IReadOnlyCollection<string> Created => created;

    public IReadOnlyCollection<string> Refused => refused;

    /// <summary>Requests that were answered, whatever the answer was.</summary>
    public int Answers => answers;

    public void Start() => lines.AddRange(Enumerable.Range(0, Lines).Select(_ => Task.Run(WriteAsync)));

    /// <summary>A gateway leaves the Service's address, or comes behind it.</summary>
    public void SetInService(int gateway, bool isInService) =>
        inService = isInService ? [.. inService, gateway] : [.. inService.Where(one => one != gateway)];

    /// <summary>Waits for a few more answers, whatever they are.</summary>
    public Task GoOnAsync(int more)
    {
        var before = answers;
        return Eventually.True(() => answers >= before + more, TimeSpan.FromMinutes(2), $"{more} more requests are answered");
    }

    public async Task StopAsync()
    {
        await end.CancelAsync();
        await Task.WhenAll(lines);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        end.Dispose();
    }

    private async Task WriteAsync()
    {
        while (!end.IsCancellationRequested)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"user{Interlocked.Increment(ref number)}");
            if (await SendAsync($"create {name}", scim => scim.CreateUserAsync(name + "@example.com")) is not { } user)
            {
                continue;
            }

            created.Enqueue(user.Id);
            await SendAsync($"read {name}", scim => scim.GetAsync("Users/" + user.Id));
            await SendAsync($"change {name}", scim => scim.PatchOperationsAsync("Users/" + user.Id, """{"op":"replace","value":{"title":"Changed"}}"""));
            if (await SendAsync($"create a group of {name}", scim => scim.CreateGroupAsync("Group of " + name, user.Id)) is { } group)
            {
                await SendAsync($"empty the group of {name}", scim => scim.PatchOperationsAsync(
                    "Groups/" + group.Id, $$"""{"op":"remove","path":"members[value eq \"{{user.Id}}\"]"}"""));
            }
        }
    }

    // Null: refused.
    private async Task<ScimAnswer?> SendAsync(string what, Func<ScimClient, Task<ScimAnswer>> send)
    {
        for (var attempt = Interlocked.Increment(ref turn); ; attempt++)
        {
            var all = inService;
            var gateway = all[(attempt & int.MaxValue) % all.Length];
            try
            {
                using var scim = client(gateway);
                var answer = await send(scim);
                if (answer.Code is >= 200 and < 300)
                {
                    return answer;
                }

                refused.Enqueue($"{what}, gateway {gateway}: {answer.Code} {answer.Body?["detail"]}");
                return null;
            }
            catch (HttpRequestException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.HostUnreachable })
            {
                // Not listening: the address has another behind it.
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                refused.Enqueue($"{what}, gateway {gateway}: {e.Message}");
                return null;
            }
            finally
            {
                Interlocked.Increment(ref answers);
            }
        }
    }
}
