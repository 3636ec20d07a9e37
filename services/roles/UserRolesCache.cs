using DirectorySync.Chassis.Cache;
using DirectorySync.Chassis.Sql;
using Google.Protobuf;

namespace DirectorySync.Roles;

/// <summary>The roles of users in Redis (`roles:v1:user-roles:directory:user`), so that a check is one round trip.</summary>
internal sealed class UserRolesCache(RedisCache redis)
{
    private readonly VersionedCache cache = redis.Of("user-roles");

    public ValueTask<CacheResult> FindAsync(UserKey user) => cache.FindAsync(KeyOf(user));

    /// <summary>Offers what PostgreSQL said; not waited for.</summary>
    public void Fill(UserRoles roles, CacheResult found) =>
        _ = cache.FillAsync(KeyOf(new(roles.DirectoryId, roles.UserId)), found, roles.Version, roles.ToByteArray());

    /// <summary>
    /// To be called before the transaction commits, with what will be true then: from now on readers ask PostgreSQL, until it is told.
    /// </summary>
    public async Task FenceAsync(Transaction tx, IReadOnlyList<UserRoles> changed, IReadOnlyList<UserRoles> deleted)
    {
        if (changed.Count + deleted.Count == 0)
        {
            return;
        }

        var fence = await cache.FenceAsync([.. changed.Concat(deleted).Select(roles => KeyOf(new(roles.DirectoryId, roles.UserId)))]);
        tx.AfterCommit(() =>
        {
            foreach (var roles in changed)
            {
                _ = fence.SettleAsync(KeyOf(new(roles.DirectoryId, roles.UserId)), roles.Version, roles.ToByteArray());
            }

            foreach (var roles in deleted)
            {
                _ = fence.SettleDeletedAsync(KeyOf(new(roles.DirectoryId, roles.UserId)), roles.Version);
            }

            return Task.CompletedTask;
        });
    }

    private static CacheKey KeyOf(UserKey user) => new(user.DirectoryId, user.Id);
}
