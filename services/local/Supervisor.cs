using System.Globalization;

namespace DirectorySync.Local;

/// <summary>Starts again what ends by itself while the system should be running, and says so; gives up on what cannot stay up.</summary>
internal sealed class Supervisor(Action<string> say)
{
    private const int MostRestarts = 5;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    public async Task WatchAsync(RunningSystem system, PostgresServer? postgres, RedisServer? redis, CancellationToken stop)
    {
        using var all = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var watches = system.All.Select(process => WatchAsync(process.Name, process.LogFile, process.WaitForExitAsync, async ct =>
        {
            await process.RestartAsync(ct);
            RunLock.Note(system.All);
        }, all.Token)).ToList();
        if (postgres is not null)
        {
            watches.Add(WatchAsync("PostgreSQL", postgres.LogFile, postgres.WaitForExitAsync, postgres.StartAsync, all.Token));
        }

        if (redis is not null)
        {
            watches.Add(WatchAsync("Redis", redis.LogFile, redis.WaitForExitAsync, redis.StartAsync, all.Token));
        }

        try
        {
            await await Task.WhenAny(watches);
        }
        finally
        {
            await all.CancelAsync();
        }
    }

    private async Task WatchAsync(
        string name, string logFile, Func<CancellationToken, Task> ended, Func<CancellationToken, Task> start, CancellationToken ct)
    {
        var restarts = new Queue<long>();
        while (true)
        {
            await ended(ct);
            restarts.Enqueue(TimeProvider.System.GetTimestamp());
            while (TimeProvider.System.GetElapsedTime(restarts.Peek()) > Window)
            {
                restarts.Dequeue();
            }

            if (restarts.Count > MostRestarts)
            {
                throw new CannotRunException(string.Create(CultureInfo.InvariantCulture,
                    $"{name} ended {restarts.Count} times within a minute. Its log, {logFile}, says why."));
            }

            say($"{name} ended unexpectedly; starting it again (log: {logFile})");
            await start(ct);
            say($"{name} is back");
        }
    }
}
