using System.Collections.Concurrent;

namespace DirectorySync.Gateway.Auth;

/// <summary>
/// Remembers good answers for a moment, counted from the question, so that a revocation counts everywhere within that moment. Callers
/// with the same question share one; failures are not remembered; the number of entries is bounded.
/// </summary>
internal sealed class AnswerMemory<TKey, TAnswer>(TimeSpan lifetime, int capacity, TimeProvider time)
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Entry> entries = new();
    private int count;
    private long lastSweep = time.GetTimestamp();

    /// <param name="key">The question.</param>
    /// <param name="ask">Asks it; must not depend on the caller's own cancellation, since others wait for the same answer.</param>
    /// <param name="ct">Ends this caller's waiting only.</param>
    public Task<TAnswer> GetAsync(TKey key, Func<Task<TAnswer>> ask, CancellationToken ct)
    {
        if (entries.TryGetValue(key, out var known) && IsFresh(known))
        {
            return known.Answer.WaitAsync(ct);
        }

        if (Volatile.Read(ref count) >= capacity && !Sweep())
        {
            return ask().WaitAsync(ct);
        }

        var mine = new Entry(time.GetTimestamp(), ask);
        var entry = entries.AddOrUpdate(key, mine, (_, existing) => IsFresh(existing) ? existing : mine);
        if (!ReferenceEquals(entry, mine))
        {
            return entry.Answer.WaitAsync(ct);
        }

        Interlocked.Exchange(ref count, entries.Count);
        return AskAsync(key, mine).WaitAsync(ct);
    }

    private async Task<TAnswer> AskAsync(TKey key, Entry mine)
    {
        try
        {
            return await mine.Answer;
        }
        catch
        {
            entries.TryRemove(KeyValuePair.Create(key, mine));
            throw;
        }
    }

    private bool IsFresh(Entry entry) => time.GetElapsedTime(entry.Since) < lifetime;

    /// <summary>Forgets what is old, at most once a lifetime. True if there is room afterwards.</summary>
    private bool Sweep()
    {
        var last = Volatile.Read(ref lastSweep);
        if (time.GetElapsedTime(last) < lifetime || Interlocked.CompareExchange(ref lastSweep, time.GetTimestamp(), last) != last)
        {
            return false;
        }

        foreach (var entry in entries)
        {
            if (!IsFresh(entry.Value))
            {
                entries.TryRemove(entry);
            }
        }

        var left = entries.Count;
        Interlocked.Exchange(ref count, left);
        return left < capacity;
    }

    private sealed class Entry(long since, Func<Task<TAnswer>> ask)
    {
        private readonly Lazy<Task<TAnswer>> answer = new(ask);

        public long Since => since;

        public Task<TAnswer> Answer => answer.Value;
    }
}
