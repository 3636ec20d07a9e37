using System.Diagnostics;

namespace DirectorySync.Kit;

/// <summary>Waits for a condition instead of for a time.</summary>
public static class Eventually
{
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(30);

    /// <summary>Returns as soon as the condition holds; fails with the description when it does not before the deadline (30 s).</summary>
    public static Task True(Func<bool> condition, TimeSpan? within = null, string? what = null) =>
        True(() => Task.FromResult(condition()), within, what);

    /// <inheritdoc cref="True(Func{bool}, TimeSpan?, string?)"/>
    public static async Task True(Func<Task<bool>> condition, TimeSpan? within = null, string? what = null)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > (within ?? Usual))
            {
                throw new TimeoutException($"Not true within {within ?? Usual}: {what ?? "the condition"}.");
            }

            await Task.Delay(10);
        }
    }

    /// <summary>Answers the first value that satisfies the condition; fails with the last value when none does before the deadline.</summary>
    public static async Task<T> Get<T>(Func<Task<T>> read, Func<T, bool> condition, TimeSpan? within = null, string? what = null)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var value = await read();
            if (condition(value))
            {
                return value;
            }

            if (Stopwatch.GetElapsedTime(started) > (within ?? Usual))
            {
                throw new TimeoutException($"Not within {within ?? Usual}: {what ?? "the condition"}. Last seen: {value}");
            }

            await Task.Delay(10);
        }
    }
}
