using DirectorySync.Chassis.Cache;
using DirectorySync.Chassis.Sql;
using Google.Protobuf;

namespace DirectorySync.Roles;

/// <summary>
/// The roles of users in Redis (`roles:v1:user-roles:directory:user`), and whether their directories are open (`roles:v1:open:directory:`):
/// both are asked at once, so that a check is one round trip.
/// </summary>
internal sealed class UserRolesCache(RedisCache redis, CacheTrust trust)
{
    // A closed directory does not open again but by a restore; until what says so has ended, PostgreSQL is asked.
    private const int Open = 1;
    private const int Closed = 2;

    private readonly VersionedCache cache = redis.Of("user-roles");
    private readonly VersionedCache directories = redis.Of("open");

    public async ValueTask<CachedRoles> FindAsync(UserKey user)
    {
        var directory = directories.FindAsync(KeyOfDirectory(user.DirectoryId));
        var roles = await cache.FindAsync(KeyOf(user));
        var found = new CachedRoles(await directory, roles);
        return found with { IsTrusted = trust.IsGiven };
    }

    /// <summary>Offers what PostgreSQL said; not waited for.</summary>
    public void Fill(UserRoles roles, CachedRoles found)
    {
        _ = directories.FillAsync(KeyOfDirectory(roles.DirectoryId), found.Directory, Open, ReadOnlyMemory<byte>.Empty);
        _ = cache.FillAsync(KeyOf(new(roles.DirectoryId, roles.UserId)), found.Roles, roles.Version, roles.ToByteArray());
    }

    /// <summary>To be called before the transaction commits that closes a directory.</summary>
    public async Task FenceClosedAsync(Transaction tx, string directoryId, CancellationToken ct)
    {
        var fence = await directories.FenceAsync(KeyOfDirectory(directoryId));
        await RequireAsync(fence, ct);
        tx.AfterCommit(() =>
        {
            _ = fence.SettleDeletedAsync(KeyOfDirectory(directoryId), Closed);
            return Task.CompletedTask;
        });
    }

    /// <summary>
    /// To be called before the transaction commits, with what will be true then: from now on readers ask PostgreSQL, until it is told.
    /// </summary>
    public async Task FenceAsync(Transaction tx, IReadOnlyList<UserRoles> changed, IReadOnlyList<UserRoles> deleted, CancellationToken ct)
    {
        if (changed.Count + deleted.Count == 0)
        {
            return;
        }

        var fence = await cache.FenceAsync([.. changed.Concat(deleted).Select(roles => KeyOf(new(roles.DirectoryId, roles.UserId)))]);
        await RequireAsync(fence, ct);
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

    private Task RequireAsync(Fence fence, CancellationToken ct) => fence.IsSet ? Task.CompletedTask : trust.WithdrawAsync(ct);

    private static CacheKey KeyOf(UserKey user) => new(user.DirectoryId, user.Id);

    private static CacheKey KeyOfDirectory(string id) => new(id, "");
}

/// <summary>What the cache knows of a user and of its directory.</summary>
internal readonly record struct CachedRoles(CacheResult Directory, CacheResult Roles)
{
    /// <summary>What was found may be believed.</summary>
    public bool IsTrusted { get; init; }

    public bool IsHit => IsTrusted && Directory.IsHit && Roles.IsHit;
}
