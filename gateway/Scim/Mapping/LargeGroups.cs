using System.Collections.Concurrent;

namespace DirectorySync.Gateway.Scim.Mapping;

/// <summary>Groups that were seen with many members not long ago. It is no more than a hint.</summary>
internal sealed class LargeGroups(TimeProvider time)
{
    private const int Capacity = 10_000;

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(string DirectoryId, string Id), long> seen = new();

    public bool Contains((string DirectoryId, string Id) group) =>
        seen.TryGetValue(group, out var since) && time.GetElapsedTime(since) < Lifetime;

    public void Add((string DirectoryId, string Id) group)
    {
        if (seen.Count >= Capacity)
        {
            seen.Clear();
        }

        seen[group] = time.GetTimestamp();
    }
}
