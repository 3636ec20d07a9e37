using DirectorySync.Chassis.Cache;
using DirectorySync.Chassis.Sql;
using Google.Protobuf;

namespace DirectorySync.AttributeMapping.Profiles;

/// <summary>Profiles in Redis (`attribute-mapping:v1:profile:directory:user`).</summary>
internal sealed class ProfileCache(RedisCache redis)
{
    private readonly VersionedCache cache = redis.Of("profile");

    public ValueTask<CacheResult> FindAsync(string directoryId, string userId) => cache.FindAsync(new(directoryId, userId));

    public ValueTask<CacheResult[]> FindAllAsync(string directoryId, string[] userIds) =>
        cache.FindAllAsync([.. userIds.Select(id => new CacheKey(directoryId, id))]);

    public Task FillAsync(CacheResult found, Profile profile) =>
        cache.FillAsync(new(profile.DirectoryId, profile.UserId), found, profile.Version, profile.ToByteArray());

    /// <summary>
    /// Says that these are about to be written by the transaction, and settles them once it has committed: behind the back of what comes
    /// next, for until it is done readers ask PostgreSQL.
    /// </summary>
    public async Task WriteAsync(Transaction tx, IReadOnlyList<ProfileWrite> writes)
    {
        if (writes.Count == 0)
        {
            return;
        }

        var fence = await cache.FenceAsync([.. writes.Select(KeyOf)]);
        tx.AfterCommit(() =>
        {
            _ = Task.WhenAll(writes.Select(write => write.Deleted
                ? fence.SettleDeletedAsync(KeyOf(write), write.Profile.Version)
                : fence.SettleAsync(KeyOf(write), write.Profile.Version, write.Data)));
            return Task.CompletedTask;
        });
    }

    private static CacheKey KeyOf(ProfileWrite write) => new(write.Profile.DirectoryId, write.Profile.UserId);
}
