using System.Buffers.Binary;
using DirectorySync.Chassis.Cache;
using DirectorySync.Chassis.Sql;
using DirectorySync.GroupMembership.V1;
using Google.Protobuf;

namespace DirectorySync.GroupMembership;

/// <summary>
/// In which groups a user is, in Redis (`group-membership:v1:user-groups:directory:user`): what every read of a user asks. Who changes few
/// members fences their entries; who changes many, or a name, fences the directory's generation instead (the entry without a user): entries
/// of another generation do not count.
/// </summary>
internal sealed class UserGroupsCache(RedisCache redis, TimeProvider time)
{
    private const int GenerationLength = sizeof(long);

    // Which of two readings of a user is newer is not known. It need not be: nothing is filled while, or soon after, someone writes.
    private const long AnyVersion = 1;

    private readonly VersionedCache cache = redis.Of("user-groups");

    /// <summary>The groups of one user as cached, if they are asked often, else as read by the function.</summary>
    public async Task<UserGroups> GetAsync(string directoryId, string userId, Func<Task<UserGroups>> read)
    {
        var key = new CacheKey(directoryId, userId);
        if (!cache.IsAskedOften(key))
        {
            return await read();
        }

        var found = await cache.FindAllAsync([GenerationOf(directoryId), key]);
        var (generation, entry) = (found[0], found[1]);
        if (generation.IsHit && entry.IsHit && BinaryPrimitives.ReadInt64LittleEndian(entry.Value.Span) == generation.Version)
        {
            return UserGroups.Parser.ParseFrom(entry.Value.Span[GenerationLength..]);
        }

        var groups = await read();
        if (generation.IsHit)
        {
            _ = cache.FillAsync(key, entry, AnyVersion, Entry(generation.Version, groups));
        }
        else
        {
            // The next reading finds it and fills the entry.
            _ = cache.FillAsync(GenerationOf(directoryId), generation, NewGeneration(), default);
        }

        return groups;
    }

    /// <summary>To be called before a statement that changes edges of these members, and released after it.</summary>
    public Task<Fence> FenceAsync(string directoryId, IEnumerable<string> memberIds) =>
        cache.FenceAsync([.. memberIds.Select(id => new CacheKey(directoryId, id))]);

    /// <summary>The same inside a transaction, for members of any directories.</summary>
    public async Task FenceAsync(Transaction tx, IEnumerable<(string DirectoryId, string Id)> members)
    {
        var fence = await cache.FenceAsync([.. members.Select(m => new CacheKey(m.DirectoryId, m.Id))]);
        tx.AfterCommit(() =>
        {
            _ = fence.ReleaseAsync();
            return Task.CompletedTask;
        });
    }

    /// <summary>To be called last in a transaction that changes names, or more edges than can be named.</summary>
    public async Task FenceDirectoryAsync(Transaction tx, string directoryId)
    {
        var fence = await cache.FenceAsync(GenerationOf(directoryId));
        tx.AfterCommit(() =>
        {
            _ = fence.SettleAsync(GenerationOf(directoryId), NewGeneration(), default);
            return Task.CompletedTask;
        });
    }

    private static CacheKey GenerationOf(string directoryId) => new(directoryId, "");

    private long NewGeneration() => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private static byte[] Entry(long generation, UserGroups groups)
    {
        var entry = new byte[GenerationLength + groups.CalculateSize()];
        BinaryPrimitives.WriteInt64LittleEndian(entry, generation);
        groups.WriteTo(entry.AsSpan(GenerationLength));
        return entry;
    }
}
